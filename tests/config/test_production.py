"""Production starts with everything named, and with nothing missing."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from config.cache import parse_cache_url
from config.checks import check_production
from core.errors import Unavailable
from core.kms import KeyServiceRefused, LocalKeyring
from tests.check_deployment import check


def test_the_production_settings_pass_djangos_deployment_checks() -> None:
    done = check()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "SITE_ORIGIN",
        "LEDGER_ORIGIN",
        "DATABASE_URL",
        "SUBJECT_KEYS_URL",
        "EMAIL_HOST",
        "DEFAULT_FROM_EMAIL",
    ],
)
def test_production_does_not_start_without(name: str) -> None:
    done = check(without=name)
    assert done.returncode != 0
    assert f"Set the environment variable {name}" in done.stderr


SOUND: dict[str, Any] = {
    "FAILPOINT": "",
    "CACHES": {"default": parse_cache_url("database://")},
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "EMAIL_HOST": "mail.hospital.example",
    "EMAIL_USE_TLS": True,
    "EMAIL_USE_SSL": False,
    "DEFAULT_FROM_EMAIL": "Ithaca <ithaca@hospital.example>",
    "SITE_ORIGIN": "https://ithaca.hospital.example",
    "ALLOWED_HOSTS": ["ithaca.hospital.example"],
    "CELERY_BROKER_URL": "redis://broker/0",
    "DATABASES": {"default": {"HOST": "db.example", "OPTIONS": {"sslmode": "verify-full"}}},
    "SUBJECT_KEYS_URL": "postgresql://ithaca@keys.example/keys?sslmode=verify-full",
    "TRUSTED_PROXIES": ["10.0.0.7"],
    "KEY_SERVICE": "local",
    "KEY_SERVICE_BEFORE": "",
    "VAULT_ADDRESS": {"url": "https://vault.example", "token_file": "/run/token", "role_id": "", "secret_id": ""},
    "AWS_KMS_ADDRESS": {"region": "eu-central-1"},
}


@pytest.fixture(autouse=True)
def _answering_key_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("config.checks.key_service", lambda: LocalKeyring(tmp_path))


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}}, "E001"),
        ({"EMAIL_BACKEND": "config.mailbox.PrivateFiles"}, "E002"),
        ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, "E002"),
        ({"EMAIL_USE_TLS": False}, "E003"),
        ({"DEFAULT_FROM_EMAIL": "Ithaca <ithaca@localhost>"}, "E004"),
        ({"SITE_ORIGIN": "http://ithaca.hospital.example"}, "E005"),
        ({"ALLOWED_HOSTS": ["other.example"]}, "E006"),
        ({"SITE_ORIGIN": "https://ithaca.hospital.example/app"}, "E007"),
        ({"CELERY_BROKER_URL": "files://localhost/"}, "E008"),
        ({"DATABASES": {"default": {"HOST": "db.example", "OPTIONS": {}}}}, "E009"),
        ({"SUBJECT_KEYS_URL": "postgresql://ithaca@keys.example/keys"}, "E009"),
        ({"TRUSTED_PROXIES": ["0.0.0.0/0"]}, "E010"),
        ({"FAILPOINT": "checkpoint stored"}, "E011"),
        ({"KEY_SERVICE": "vault", "VAULT_ADDRESS": SOUND["VAULT_ADDRESS"] | {"url": "http://vault"}}, "E012"),
        ({"KEY_SERVICE_BEFORE": "vault", "VAULT_ADDRESS": SOUND["VAULT_ADDRESS"] | {"token_file": ""}}, "E013"),
        ({"KEY_SERVICE": "aws", "AWS_KMS_ADDRESS": {"region": ""}}, "E014"),
    ],
)
def test_a_rule_refuses_what_is_unsafe(changed: dict[str, Any], rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.checks.settings", SimpleNamespace(**SOUND | changed))
    assert [error.id for error in check_production(None)] == [f"installation.{rule}"]


def test_the_rules_accept_what_is_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.checks.settings", SimpleNamespace(**SOUND))
    assert check_production(None) == []


STARTS = {
    "web": ["-c", "import config.wsgi"],
    "worker": ["-m", "celery", "-A", "config.celery", "worker", "--pool", "solo"],
    "beat": ["-m", "celery", "-A", "config.celery", "beat"],
}


@pytest.mark.parametrize("command", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [({"SECRET_KEY": "short"}, "security.W009"), ({"BROKER_URL": "files://localhost/"}, "installation.E008")],
)
def test_nothing_starts_with_unsound_settings(command: list[str], changed: dict[str, str], sentence: str) -> None:
    done = check(command=command, **changed)
    assert done.returncode != 0
    assert sentence in done.stderr


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        (Unavailable("The key service does not answer."), "E016"),
        (KeyServiceRefused("The key service denies it."), "E016"),
        (ImportError("botocore"), "E015"),
    ],
)
def test_production_does_not_start_with_a_key_service_that_is_of_no_use(
    error: Exception, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("config.checks.settings", SimpleNamespace(**SOUND))
    monkeypatch.setattr("config.checks.key_service", lambda: SimpleNamespace(check=fail))
    assert [found.id for found in check_production(None)] == [f"installation.{rule}"]


def test_a_vault_where_nobody_listens_stops_the_start() -> None:
    done = check(KEY_SERVICE="vault", VAULT_ADDR="https://127.0.0.1:9", VAULT_TOKEN_FILE="/etc/hostname")
    assert done.returncode != 0
    assert "The key service does not answer" in done.stderr


def test_an_unknown_key_service_is_named() -> None:
    done = check(KEY_SERVICE="pkcs11")
    assert done.returncode != 0
    assert "KEY_SERVICE must be one of local, vault, aws" in done.stderr

"""What must be true of a hospital's installation before it may serve anybody. `check --deploy` and every start ask."""

import os
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, register

from config.database import parse_database_url
from core.errors import Unavailable
from core.kms import key_service
from ledger_bridge.failpoints import VARIABLE

_NEAR = {"", "localhost", "127.0.0.1", "::1"}
_ENCRYPTED_OR_DECIDED = {"disable", "require", "verify-ca", "verify-full"}


@register(Tags.security, deploy=True)
def check_production(app_configs: Any, **kwargs: Any) -> list[Error]:
    rules = [_cache, _mail, _origin, _broker, _database, _proxies, _failpoints, _key_service]
    return [error for rule in rules for error in rule()]


def _cache() -> Iterator[Error]:
    backend = settings.CACHES["default"]["BACKEND"].rpartition(".")[2]
    if backend in {"LocMemCache", "DummyCache", "FileBasedCache"}:
        yield _error(
            1, "Every process would count attempts to sign in for itself. Set CACHE_URL to database:// or redis."
        )


def _mail() -> Iterator[Error]:
    module = settings.EMAIL_BACKEND
    if any(word in module for word in ("filebased", "console", "locmem", "dummy", "mailbox")):
        yield _error(2, "Mails would reach nobody. Set EMAIL_BACKEND to one that sends, and EMAIL_HOST to your server.")
    elif "smtp" in module and settings.EMAIL_HOST not in _NEAR and not _mail_is_encrypted():
        yield _error(3, "Mails hold links that open accounts. Set EMAIL_USE_TLS=true or EMAIL_USE_SSL=true.")
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost>"):
        yield _error(4, "Set DEFAULT_FROM_EMAIL to an address that people can answer.")


def _mail_is_encrypted() -> bool:
    return bool(settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL)


def _origin() -> Iterator[Error]:
    parts = urlsplit(settings.SITE_ORIGIN)
    if parts.scheme != "https":
        yield _error(5, "SITE_ORIGIN must begin with https://: links in mails and passkeys depend on it.")
    if parts.hostname not in settings.ALLOWED_HOSTS:
        yield _error(6, "SITE_ORIGIN names a host that is not in ALLOWED_HOSTS.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        yield _error(7, "SITE_ORIGIN is scheme and host only, such as https://ithaca.hospital.example.")


def _broker() -> Iterator[Error]:
    if urlsplit(settings.CELERY_BROKER_URL).scheme in {"files", "filesystem", "memory"}:
        yield _error(8, "BROKER_URL names a broker for one machine. Set it to redis:// or amqp://.")


def _database() -> Iterator[Error]:
    addressed = [("DATABASE_URL", database) for database in settings.DATABASES.values()]
    for name, database in [*addressed, ("SUBJECT_KEYS_URL", parse_database_url(settings.SUBJECT_KEYS_URL))]:
        host, chosen = database["HOST"], database["OPTIONS"].get("sslmode")
        if host not in _NEAR and not host.startswith("/") and chosen not in _ENCRYPTED_OR_DECIDED:
            # PostgreSQL's own default falls back to plain text without a word.
            yield _error(9, f"{name} must name sslmode: verify-full, or disable within a network of its own.")


def _proxies() -> Iterator[Error]:
    for proxy in settings.TRUSTED_PROXIES:
        if proxy != "unix" and ip_network(proxy).prefixlen == 0:
            yield _error(10, "TRUSTED_PROXIES names everybody, so anybody could claim any address.")


def _failpoints() -> Iterator[Error]:
    if settings.FAILPOINT or VARIABLE in os.environ:
        yield _error(11, f"{VARIABLE} kills processes on purpose: it belongs to tests only. Unset it.")


def _key_service() -> Iterator[Error]:
    names = {settings.KEY_SERVICE, settings.KEY_SERVICE_BEFORE}
    if "vault" in names:
        yield from _vault()
    if "aws" in names and not settings.AWS_KMS_ADDRESS["region"]:
        yield _error(14, "Set AWS_KMS_REGION to the region that the root keys are in.")
    try:
        key_service().check()
    except ImportError:
        yield _error(15, "KEY_SERVICE=aws needs one more package: uv sync --group aws.")
    except Unavailable as error:
        yield _error(16, f"The key service is not of use: {error.sentence}")


def _vault() -> Iterator[Error]:
    address = settings.VAULT_ADDRESS
    if urlsplit(address["url"]).scheme != "https":
        yield _error(12, "VAULT_ADDR must begin with https://: keys travel there.")
    if not address["token_file"] and not (address["role_id"] and address["secret_id"]):
        yield _error(13, "Set VAULT_TOKEN_FILE, or VAULT_ROLE_ID and VAULT_SECRET_ID_FILE.")


def _error(number: int, sentence: str) -> Error:
    return Error(sentence, id=f"installation.E{number:03}")

"""Gives every run its databases, and introduces the people that they speak about."""

import os
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as property_settings

from config.database import make_database
from tests.emptying import empty_quickly
from tests.template import make_template

if TYPE_CHECKING:
    from accounts.models import Institution, TermsVersion, User

# How long an example takes says how busy the machine is, not whether the code is right.
property_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
property_settings.load_profile("untimed")

empty_quickly()


# Files with few tests that take long: they begin first, so that no core waits for them at the end.
LONG = (
    "browser/test_pages.py",
    "browser/test_hostile_texts.py",
    "architecture/test_matrix.py",
    "config/test_launcher.py",
    "ithaca_client/test_command_line.py",
    "ledger_bridge/test_rolling_check.py",
    "ledger_bridge/test_succession.py",
    "ledger_bridge/anchors/test_timestamps.py",
    "config/test_backup.py",
    "config/test_production.py",
    "ledger_bridge/test_restores.py",
    "config/test_embedded_postgres.py",
    "witness/test_wheel.py",
    "verifier/test_agreement.py",
    "properties/test_access_rules.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {f"tests/{name}": place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.location[0], len(rank)))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: object) -> None:
    """Give every xdist worker a database of its own, copied from one that is migrated already."""
    from django.db import connection

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.settings_dict["TEST"]["TEMPLATE"] = make_template(os.environ["DATABASE_URL"])


@pytest.fixture(scope="session", autouse=True)
def _subject_keys() -> None:
    """Begin with no subject keys: those of an earlier run were wrapped under another keyring."""
    from django.conf import settings

    make_database(settings.SUBJECT_KEYS_URL, afresh=True)


@pytest.fixture(autouse=True)
def _forget_streams() -> Iterator[None]:
    """Rows of one test's database must not be remembered in the next, nor what was published of it."""
    from django.conf import settings

    from ledger_bridge.streams import forget_streams

    yield
    forget_streams()
    shutil.rmtree(settings.LEDGER_DIRECTORY, ignore_errors=True)


@pytest.fixture(autouse=True)
def _whole_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `client.force_login` stand for a whole sign-in, with a second factor a moment ago.

    Without it every page would send the person to enrol one, as accounts.middleware must.
    """
    from allauth.account.internal.userkit import user_id_to_str
    from django.test import Client

    with_password_only = Client.force_login

    def force_login(self: Client, user: "User", backend: str | None = None) -> None:
        with_password_only(self, user, backend)
        session = self.session
        session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
        session["account_authentication_methods_user"] = user_id_to_str(user)
        session.save()

    monkeypatch.setattr(Client, "force_login", force_login)


@pytest.fixture
def charite(db: None) -> "Institution":
    return make_institution("Charité, Berlin", "DE")


@pytest.fixture
def necker(db: None) -> "Institution":
    return make_institution("Hôpital Necker, Paris", "FR")


@pytest.fixture
def alice(charite: "Institution") -> "User":
    """An approved contributor who owns things."""
    return make_person("Alice Brandt", charite)


@pytest.fixture
def bob(necker: "Institution") -> "User":
    """An approved contributor who is let in."""
    return make_person("Bob Lefèvre", necker)


@pytest.fixture
def charlie(necker: "Institution") -> "User":
    """An approved contributor who is never let in."""
    return make_person("Charlie Moreau", necker)


@pytest.fixture
def dana(charite: "Institution") -> "User":
    """A commission admin."""
    return make_person("Dana Okafor", charite, role="commission_admin")


@pytest.fixture
def erik(necker: "Institution") -> "User":
    """Another commission admin."""
    return make_person("Erik Lindqvist", necker, role="commission_admin")


@pytest.fixture
def olga(db: None) -> "User":
    """An auditor."""
    return make_person("Olga Petrova", None, role="auditor")


def make_institution(name: str, country: str) -> "Institution":
    from django.contrib.auth.models import Group

    from accounts.models import Institution

    return Institution.objects.create(
        name=name, kind="hospital", country=country, members=Group.objects.create(name=name)
    )


def make_person(name: str, institution: "Institution | None", *, role: str = "contributor") -> "User":
    from django.utils import timezone

    from accounts.models import User

    email = name.split(maxsplit=1)[0].lower() + "@example.org"
    until = timezone.now() + timedelta(days=365)
    return User.objects.create_user(
        email, "correct horse battery", name=name, role=role, institution=institution, approved_until=until
    )


@pytest.fixture
def terms(db: None) -> "TermsVersion":
    """The terms of the migration, also after a test that emptied the tables."""
    from django.utils import timezone

    from accounts.models import TermsVersion

    found, _ = TermsVersion.objects.get_or_create(
        version="1", defaults={"text": "Be kind.", "effective_at": timezone.now()}
    )
    return found

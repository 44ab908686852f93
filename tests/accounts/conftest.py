"""People of this room's tests, and what they do at the door."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.fakes.vault import MemoryVault

if TYPE_CHECKING:
    from accounts.models import Application, Institution, TermsVersion, User
    from accounts.services import Particulars

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Attempts of one test must not count against the next."""
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> MemoryVault:
    memory = MemoryVault()
    monkeypatch.setattr("accounts.documents._vault", memory)
    return memory


@pytest.fixture
def particulars(terms: "TermsVersion", charite: "Institution") -> "Particulars":
    from accounts.services import Particulars

    return Particulars(
        institution=charite,
        profession="Paediatric neurologist",
        registration_number="BE-4711",
        orcid="0000-0002-1825-0097",
        reason="I care for children with leukodystrophy.",
        terms=terms,
    )


@pytest.fixture
def application(particulars: "Particulars") -> "Application":
    """Frida's application, with her address confirmed."""
    from accounts.services import apply

    made = apply(email="frida@example.org", password=PASSWORD, name="Frida Nilsson", particulars=particulars)
    assert made is not None
    confirm_address(made.applicant)
    return made


@pytest.fixture
def frida(application: "Application") -> "User":
    """An applicant."""
    return application.applicant


def confirm_address(user: "User") -> None:
    from allauth.account.models import EmailAddress

    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"primary": True, "verified": True})


def give_totp(user: "User") -> str:
    """Enrol an authenticator app and return its secret."""
    from allauth.mfa.models import Authenticator

    from accounts import totp

    confirm_address(user)
    secret = totp.new_secret()
    Authenticator.objects.create(user=user, type="totp", data={"secret": totp.seal_secret(secret, user.pk)})
    return secret


def current_code(secret: str) -> str:
    from accounts import totp

    return totp.code_at(secret, totp.current_step())


def with_password(client: Client, user: "User", password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": user.email, "password": password})


def sign_in(client: Client, user: "User", secret: str) -> Any:
    with_password(client, user)
    return client.post("/accounts/2fa/authenticate/", {"code": current_code(secret)})


def kinds() -> list[str]:
    """Return what was recorded, oldest first."""
    from ledger_bridge.models import Entry

    return list(Entry.objects.order_by("recorded_at", "id").values_list("kind", flat=True))


def end_of(person: "User") -> datetime:
    """Return when the person's approval ends, which everybody but an applicant has."""
    person.refresh_from_db()
    assert person.approved_until is not None
    return person.approved_until

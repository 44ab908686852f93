"""Enrolling and removing second factors."""

import json
from base64 import b32decode
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client

from accounts import totp
from accounts.models import User
from core.kms import KeyServiceRefused
from ledger_bridge.models import Entry
from tests.accounts.conftest import confirm_address, current_code, give_totp, kinds, sign_in, with_password


@pytest.fixture
def enrolling(client: Client, alice: User) -> Client:
    confirm_address(alice)
    with_password(client, alice)
    return client


def test_it_enrols_an_authenticator_app(enrolling: Client, alice: User) -> None:
    secret = _offered_secret(enrolling)
    answer = enrolling.post("/accounts/2fa/totp/activate/", {"code": current_code(secret)})
    assert answer["Location"] == "/account/recovery-codes/"
    assert enrolling.get("/account/security/").status_code == 200
    assert Entry.objects.get(kind="factor.added").actor == alice.pk


def test_it_shows_the_code_as_a_picture_that_the_policy_allows(enrolling: Client) -> None:
    page = enrolling.get("/accounts/2fa/totp/activate/")
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    assert "img-src 'self' blob: data:" in page["Content-Security-Policy"]


def test_it_keeps_the_secret_sealed_in_every_table(enrolling: Client, alice: User) -> None:
    secret = _offered_secret(enrolling)
    assert not _anywhere(secret)
    enrolling.post("/accounts/2fa/totp/activate/", {"code": current_code(secret)})
    assert not _anywhere(secret)


def test_it_refuses_a_wrong_first_code(enrolling: Client, alice: User) -> None:
    _offered_secret(enrolling)
    enrolling.post("/accounts/2fa/totp/activate/", {"code": "123"})
    assert not Authenticator.objects.filter(user=alice).exists()


def test_it_does_not_accept_the_enrolment_code_to_sign_in(enrolling: Client, alice: User) -> None:
    secret = _offered_secret(enrolling)
    code = current_code(secret)
    enrolling.post("/accounts/2fa/totp/activate/", {"code": code})
    other = Client()
    with_password(other, alice)
    other.post("/accounts/2fa/authenticate/", {"code": code})
    assert "_auth_user_id" not in other.session


def test_it_ends_other_sessions_when_a_factor_is_added(enrolling: Client, alice: User) -> None:
    other = Client()
    with_password(other, alice)
    secret = _offered_secret(enrolling)
    enrolling.post("/accounts/2fa/totp/activate/", {"code": current_code(secret)})
    assert other.get("/account/enrol/")["Location"].startswith("/accounts/login/")


def test_it_asks_to_enrol_again_after_the_last_factor_is_removed(client: Client, alice: User) -> None:
    sign_in(client, alice, give_totp(alice))
    client.post("/accounts/2fa/totp/deactivate/")
    assert "factor.removed" in kinds()
    assert client.get("/account/security/")["Location"] == "/account/enrol/"


def test_it_does_not_open_a_secret_that_was_moved_to_another_person(alice: User, bob: User) -> None:
    sealed = totp.seal_secret(totp.new_secret(), alice.pk)
    with pytest.raises(KeyServiceRefused):
        totp.unseal_secret(sealed, bob.pk)


def test_it_makes_secrets_of_160_bits() -> None:
    assert len(b32decode(totp.new_secret())) == 20
    assert totp.new_secret() != totp.new_secret()


def test_it_agrees_with_the_published_code() -> None:
    """RFC 6238, appendix B: the last six digits at 59 seconds."""
    assert totp.code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1) == "287082"


def test_it_offers_a_passkey_with_a_fresh_challenge(enrolling: Client) -> None:
    first, second = (_creation_options(enrolling) for _ in range(2))
    assert first["rp"]["id"] == "localhost"
    assert first["authenticatorSelection"]["userVerification"] == "required"
    assert len(first["challenge"]) >= 22
    assert first["challenge"] != second["challenge"]


@pytest.mark.parametrize("credential", ["", "null", "[]", "{}", '"x"', '{"id": 1}', "{", '{"response": {}}'])
def test_it_refuses_what_is_no_passkey(enrolling: Client, alice: User, credential: str) -> None:
    enrolling.get("/accounts/2fa/webauthn/add/")
    answer = enrolling.post("/accounts/2fa/webauthn/add/", {"name": "x", "credential": credential})
    assert answer.status_code == 200
    assert not Authenticator.objects.filter(user=alice).exists()


@pytest.mark.parametrize("credential", ["", "null", "[]", "{}", '"x"', '{"id": 1}', "{", '{"response": {}}'])
def test_it_lets_nobody_in_with_what_is_no_passkey(client: Client, db: None, credential: str) -> None:
    client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    answer = client.post("/accounts/2fa/webauthn/login/", {"credential": credential})
    assert answer.status_code in {200, 302}
    assert "_auth_user_id" not in client.session


def _offered_secret(client: Client) -> str:
    return str(client.get("/accounts/2fa/totp/activate/").context["form"].secret)


def _creation_options(client: Client) -> dict[str, Any]:
    page = client.get("/accounts/2fa/webauthn/add/").content.decode()
    text = page.partition('<script id="passkey_options" type="application/json">')[2].partition("</script>")[0]
    options: dict[str, Any] = json.loads(text)["creation_options"]["publicKey"]
    return options


def _anywhere(text: str) -> bool:
    """Return whether any row of any table holds the text, also inside a decoded session."""
    from django.contrib.sessions.models import Session

    if any(text in str(session.get_decoded()) for session in Session.objects.all()):
        return True
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            query = f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s'  # noqa: S608  names of our own tables
            cursor.execute(query, [f"%{text}%"])
            if cursor.fetchone()[0]:
                return True
    return False

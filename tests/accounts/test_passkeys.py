"""Passkeys: as second factor, and alone."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from ledger_bridge.models import Entry
from tests.accounts.conftest import confirm_address, with_password
from tests.fakes.passkey import SoftwarePasskey


@pytest.fixture
def passkey(client: Client, alice: User) -> SoftwarePasskey:
    """Alice's passkey, enrolled in the session of `client`."""
    confirm_address(alice)
    with_password(client, alice)
    passkey = SoftwarePasskey()
    credential = passkey.create(_options(client, "/accounts/2fa/webauthn/add/", "creation_options"))
    client.post("/accounts/2fa/webauthn/add/", {"name": "Phone", "credential": credential, "passwordless": "on"})
    return passkey


def test_it_is_enrolled_and_opens_the_session(client: Client, alice: User, passkey: SoftwarePasskey) -> None:
    assert Authenticator.objects.get(user=alice).wrap().name == "Phone"
    assert "Phone" in client.get("/account/security/").content.decode()
    assert Entry.objects.get(kind="factor.added").detail == {"type": "webauthn"}


def test_it_is_the_second_factor_after_the_password(alice: User, passkey: SoftwarePasskey) -> None:
    client = Client()
    with_password(client, alice)
    page = "/accounts/2fa/authenticate/"
    client.post(page, {"credential": passkey.prove(_options(client, page, "request_options"))})
    assert client.get("/account/security/").status_code == 200


def test_it_signs_in_alone(passkey: SoftwarePasskey) -> None:
    client = Client()
    assert _sign_in_alone(client, passkey)["Location"] == "/"
    assert client.get("/account/security/").status_code == 200
    methods = [(entry.detail or {})["methods"] for entry in Entry.objects.filter(kind="signin.succeeded")]
    assert methods.count("webauthn") == 1


def test_it_is_refused_when_another_key_signs(passkey: SoftwarePasskey) -> None:
    passkey.key = SoftwarePasskey().key
    client = Client()
    _sign_in_alone(client, passkey)
    assert "_auth_user_id" not in client.session
    assert Entry.objects.get(kind="signin.failed").detail == {"factor": "passkey"}


def test_it_is_refused_from_another_origin(passkey: SoftwarePasskey) -> None:
    passkey.origin = "https://ithaca.example.net"
    client = Client()
    _sign_in_alone(client, passkey)
    assert "_auth_user_id" not in client.session


def test_it_is_refused_for_an_old_challenge(passkey: SoftwarePasskey) -> None:
    client = Client()
    options = _login_options(client)
    _login_options(client)
    client.post("/accounts/2fa/webauthn/login/", {"credential": passkey.prove(options)})
    assert "_auth_user_id" not in client.session


def test_it_is_refused_when_its_answer_comes_a_second_time(passkey: SoftwarePasskey) -> None:
    client = Client()
    answer = passkey.prove(_login_options(client))
    client.post("/accounts/2fa/webauthn/login/", {"credential": answer})
    client.post("/accounts/logout/")
    client.post("/accounts/2fa/webauthn/login/", {"credential": answer})
    assert "_auth_user_id" not in client.session


def test_it_lets_nobody_in_for_a_suspended_person(alice: User, passkey: SoftwarePasskey) -> None:
    User.objects.update(suspended_at="2026-01-01T00:00:00Z")
    client = Client()
    assert _sign_in_alone(client, passkey)["Location"] == "/accounts/inactive/"


def test_it_is_renamed(client: Client, alice: User, passkey: SoftwarePasskey) -> None:
    key = Authenticator.objects.get(user=alice)
    client.post(f"/accounts/2fa/webauthn/keys/{key.pk}/edit/", {"name": "Old phone"})
    assert Authenticator.objects.get(user=alice).wrap().name == "Old phone"
    assert Entry.objects.filter(kind="factor.renamed").exists()


def test_it_stops_working_when_it_is_removed(client: Client, alice: User, passkey: SoftwarePasskey) -> None:
    key = Authenticator.objects.get(user=alice)
    client.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/")
    assert client.get("/account/security/")["Location"] == "/account/enrol/"
    other = Client()
    _sign_in_alone(other, passkey)
    assert "_auth_user_id" not in other.session


def test_it_cannot_be_removed_by_another_person(alice: User, bob: User, passkey: SoftwarePasskey) -> None:
    key = Authenticator.objects.get(user=alice)
    client = Client()
    client.force_login(bob)
    assert client.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/").status_code == 404


def _sign_in_alone(client: Client, passkey: SoftwarePasskey) -> Any:
    return client.post("/accounts/2fa/webauthn/login/", {"credential": passkey.prove(_login_options(client))})


def _login_options(client: Client) -> dict[str, Any]:
    answer = client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    options: dict[str, Any] = answer.json()["request_options"]["publicKey"]
    return options


def _options(client: Client, page: str, name: str) -> dict[str, Any]:
    text = client.get(page).content.decode()
    written = text.partition('<script id="passkey_options" type="application/json">')[2].partition("</script>")[0]
    options: dict[str, Any] = json.loads(written)[name]["publicKey"]
    return options

"""Asking again for a factor before what is hard to undo."""

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client

from accounts.models import Application, User
from accounts.stepup import requires_recent_authentication
from accounts.views.own_account import profile
from tests.accounts.conftest import current_code, give_totp

PAGE = "/account/recovery-codes/"


def test_it_lets_a_fresh_sign_in_pass(client: Client, alice: User) -> None:
    give_totp(alice)
    client.force_login(alice)
    assert client.get(PAGE).status_code == 200


def test_it_asks_after_five_minutes_and_repeats_what_was_sent(client: Client, alice: User) -> None:
    secret = give_totp(alice)
    client.force_login(alice)
    _age(client.session)
    asked = client.post(PAGE)
    assert asked["Location"].startswith("/accounts/2fa/reauthenticate/")
    answer = client.post(asked["Location"], {"code": current_code(secret)})
    assert "shown only now" in answer.content.decode()


def test_it_does_not_take_the_password_for_a_factor(client: Client, alice: User) -> None:
    give_totp(alice)
    client.force_login(alice)
    _age(client.session)
    answer = client.post(f"/accounts/reauthenticate/?next={PAGE}", {"password": "correct horse battery"})
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert client.get(PAGE).status_code == 302


def test_it_refuses_a_wrong_code(client: Client, alice: User) -> None:
    give_totp(alice)
    client.force_login(alice)
    _age(client.session)
    client.post(f"/accounts/2fa/reauthenticate/?next={PAGE}", {"code": "1"})
    assert client.get(PAGE).status_code == 302


def test_it_tells_programs_what_is_missing(client: Client, alice: User) -> None:
    give_totp(alice)
    client.force_login(alice)
    _age(client.session)
    answer = client.get(PAGE, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "recent_authentication_required")


def test_it_does_not_send_anybody_elsewhere_afterwards(client: Client, alice: User) -> None:
    secret = give_totp(alice)
    client.force_login(alice)
    answer = client.post("/accounts/2fa/reauthenticate/?next=https://evil.example/", {"code": current_code(secret)})
    assert "evil" not in answer["Location"]


def test_it_keeps_the_name_of_the_view() -> None:
    assert requires_recent_authentication(profile).__name__ == "profile"


def _age(session: SessionBase) -> None:
    session["account_authentication_methods"][0]["at"] -= 301
    session.save()


@pytest.mark.parametrize("page", ["suspend", "renew", "lift", "appoint"])
def test_it_asks_before_somebodys_standing_changes(client: Client, alice: User, dana: User, page: str) -> None:
    give_totp(dana)
    client.force_login(dana)
    _age(client.session)
    asked = client.post(f"/people/{alice.pk}/{page}/", {"reason": "x"})
    assert asked["Location"].startswith("/accounts/2fa/reauthenticate/")


def test_it_asks_before_an_application_is_approved(client: Client, application: Application, dana: User) -> None:
    give_totp(dana)
    client.force_login(dana)
    _age(client.session)
    asked = client.post(f"/review/{application.pk}/approve/", {})
    assert asked["Location"].startswith("/accounts/2fa/reauthenticate/")

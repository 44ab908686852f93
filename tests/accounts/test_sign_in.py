"""Signing in: password, then a second factor, on every path."""

import time_machine
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from ledger_bridge.models import Entry
from tests.accounts.conftest import PASSWORD, confirm_address, current_code, give_totp, kinds, sign_in, with_password


def test_it_lets_a_person_in_with_password_and_code(client: Client, alice: User) -> None:
    answer = sign_in(client, alice, give_totp(alice))
    assert answer["Location"] == "/"
    assert client.get("/account/security/").status_code == 200
    assert Entry.objects.get(kind="signin.succeeded").detail == {"methods": "password, totp"}


def test_it_asks_for_the_second_factor_after_the_password(client: Client, alice: User) -> None:
    give_totp(alice)
    assert with_password(client, alice)["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session


def test_it_sends_somebody_without_a_factor_to_enrol_one(client: Client, alice: User) -> None:
    confirm_address(alice)
    with_password(client, alice)
    assert client.get("/account/security/")["Location"] == "/account/enrol/"


def test_it_does_not_let_in_before_the_address_is_confirmed(client: Client, alice: User) -> None:
    assert with_password(client, alice)["Location"] == "/accounts/confirm-email/"
    assert "_auth_user_id" not in client.session


def test_it_records_a_wrong_password_as_being_about_the_account(client: Client, alice: User) -> None:
    assert with_password(client, alice, "wrong horse battery").status_code == 200
    entry = Entry.objects.get(kind="signin.failed")
    assert (entry.outcome, entry.actor, entry.person) == ("deny", None, alice.pk)


def test_it_records_a_wrong_code(client: Client, alice: User) -> None:
    give_totp(alice)
    with_password(client, alice)
    client.post("/accounts/2fa/authenticate/", {"code": "000000x"})
    assert Entry.objects.get(kind="signin.failed").detail == {"factor": "code"}


def test_it_refuses_a_code_that_was_used_even_after_the_cache_is_lost(client: Client, alice: User) -> None:
    secret = give_totp(alice)
    with time_machine.travel("2026-11-23 12:00:05", tick=False):
        sign_in(client, alice, secret)
        client.post("/accounts/logout/")
        cache.clear()
        again = sign_in(client, alice, secret)
    assert again.status_code == 200
    assert "_auth_user_id" not in client.session


def test_it_refuses_the_code_of_the_last_half_minute(client: Client, alice: User) -> None:
    secret = give_totp(alice)
    with time_machine.travel("2026-11-23 12:00:25", tick=False) as clock:
        code = current_code(secret)
        with_password(client, alice)
        clock.shift(10)
        client.post("/accounts/2fa/authenticate/", {"code": code})
    assert "_auth_user_id" not in client.session


def test_it_throttles_the_sixth_wrong_code_of_an_account(client: Client, alice: User) -> None:
    secret = give_totp(alice)
    with_password(client, alice)
    for _ in range(5):
        client.post("/accounts/2fa/authenticate/", {"code": "1"})
    answer = client.post("/accounts/2fa/authenticate/", {"code": current_code(secret)})
    assert "Too many attempts" in answer.content.decode()


def test_it_throttles_wrong_passwords(client: Client, alice: User) -> None:
    for _ in range(6):
        answer = with_password(client, alice, "wrong")
    assert "Too many attempts" in answer.content.decode()


def test_it_answers_the_same_for_an_unknown_address(client: Client, alice: User) -> None:
    known = with_password(client, alice, "wrong horse battery").content.decode()
    stranger = User(email="nobody@example.org")
    unknown = with_password(client, stranger, "wrong horse battery").content.decode()
    assert "is not right" in known
    assert _without_tokens(known, alice.email) == _without_tokens(unknown, stranger.email)


def test_it_refuses_a_suspended_person_at_the_door(client: Client, alice: User) -> None:
    secret = give_totp(alice)
    User.objects.update(suspended_at="2026-01-01T00:00:00Z")
    assert with_password(client, alice)["Location"] == "/accounts/inactive/"
    assert "_auth_user_id" not in client.session
    assert "access.refused" in kinds()
    assert secret


def test_it_ignores_a_password_in_an_authorization_header(client: Client, alice: User) -> None:
    basic = "Basic YWxpY2VAZXhhbXBsZS5vcmc6Y29ycmVjdCBob3JzZSBiYXR0ZXJ5"
    assert client.get("/account/security/", headers={"Authorization": basic}).status_code == 302


def test_it_records_signing_out(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.post("/accounts/logout/")
    assert kinds()[-1] == "signin.ended"


def test_it_has_no_sign_up_but_the_application(client: Client, db: None) -> None:
    assert client.get("/accounts/signup/")["Location"] == "/apply/"
    assert client.post("/accounts/signup/", {"email": "x@example.org", "password1": PASSWORD}).status_code == 302
    assert not User.objects.exists()


def test_it_shows_the_walk_through_on_the_sign_in_page(client: Client, db: None) -> None:
    assert "/walk-through/" in client.get("/accounts/login/").content.decode()


def _without_tokens(page: str, email: str) -> str:
    kept = [line for line in page.replace(email, "").splitlines() if "nonce" not in line and "csrf" not in line]
    return "\n".join(kept)

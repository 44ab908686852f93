"""The walk-through page, and that it is nowhere else."""

from typing import Any

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from accounts.checks import refuse_unsafe_settings
from accounts.models import User
from accounts.walkthrough import logins, prepare_login

LONG = "sunny paper boat"


def test_it_shows_what_is_needed_to_sign_in(client: Client, alice: User) -> None:
    prepare_login(user=alice, password=LONG)
    code = logins()[0].code
    page = client.get("/walk-through/").content.decode()
    assert all(text in page for text in (alice.email, LONG, "Charité, Berlin"))
    client.post("/accounts/login/", {"login": alice.email, "password": LONG})
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert client.get("/account/profile/").status_code == 200


def test_the_page_that_asks_for_the_code_says_where_it_is(client: Client, alice: User) -> None:
    prepare_login(user=alice, password=LONG)
    client.post("/accounts/login/", {"login": alice.email, "password": LONG})
    assert "/walk-through/" in client.get("/accounts/2fa/authenticate/").content.decode()


def test_it_says_when_the_code_is_used_up(client: Client, alice: User) -> None:
    with time_machine.travel("2026-11-23 12:00:05", tick=False):
        prepare_login(user=alice, password=LONG)
        client.post("/accounts/login/", {"login": alice.email, "password": LONG})
        client.post("/accounts/2fa/authenticate/", {"code": logins()[0].code})
        assert "used; wait 25 s" in Client().get("/walk-through/").content.decode()


def test_it_shows_only_people_who_were_prepared(client: Client, alice: User, bob: User) -> None:
    prepare_login(user=alice, password=LONG)
    assert bob.email not in client.get("/walk-through/").content.decode()


def test_it_prepares_twice_without_harm(alice: User) -> None:
    prepare_login(user=alice, password=LONG)
    prepare_login(user=alice, password=LONG)
    assert len(logins()) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"ITHACA_WALKTHROUGH": False},
        {"SITE_ORIGIN": "https://ithaca.example.org"},
        {"SESSION_COOKIE_SECURE": True},
    ],
)
def test_it_is_gone_in_every_other_installation(
    client: Client, alice: User, settings: Any, changed: dict[str, Any]
) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    assert client.get("/walk-through/").status_code == 404
    with pytest.raises(ImproperlyConfigured):
        prepare_login(user=alice, password=LONG)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"SITE_ORIGIN": "https://ithaca.example.org"}, "accounts.E004"),
        ({"SESSION_COOKIE_SECURE": True}, "accounts.E004"),
        ({"MFA_TOTP_INSECURE_BYPASS_CODE": "000000"}, "accounts.E001"),
        ({"MFA_TRUST_ENABLED": True}, "accounts.E002"),
        ({"ALLOWED_HOSTS": ["*"]}, "accounts.E003"),
        ({"ALLOWED_HOSTS": [".example.org"]}, "accounts.E003"),
    ],
)
def test_it_refuses_to_start_with_unsafe_settings(settings: Any, changed: dict[str, Any], code: str) -> None:
    assert refuse_unsafe_settings(None) == []
    for name, value in changed.items():
        setattr(settings, name, value)
    assert [error.id for error in refuse_unsafe_settings(None)] == [code]

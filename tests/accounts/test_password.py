"""Changing and resetting the password."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.accounts.conftest import PASSWORD, confirm_address, give_totp, kinds, sign_in, with_password

NEW = "nine green lanterns"


@pytest.fixture
def reset_link(
    client: Client,
    alice: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> str:
    give_totp(alice)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/password/reset/", {"email": alice.email})
    found = re.search(r"http://localhost:8000(/accounts/password/reset/key/\S+)", str(mailoutbox[0].body))
    assert found
    return found[1]


def test_it_is_reset_by_mail_and_keeps_the_second_factor(client: Client, alice: User, reset_link: str) -> None:
    form = client.get(reset_link)["Location"]
    client.post(form, {"password1": NEW, "password2": NEW})
    assert "_auth_user_id" not in client.session
    assert kinds()[-1] == "password.changed"
    assert with_password(client, alice, NEW)["Location"] == "/accounts/2fa/authenticate/"


def test_its_link_works_once(client: Client, alice: User, reset_link: str) -> None:
    form = client.get(reset_link)["Location"]
    client.post(form, {"password1": NEW, "password2": NEW})
    assert "no longer works" in Client().get(reset_link).content.decode()


def test_its_link_works_for_ten_minutes(client: Client, reset_link: str) -> None:
    with time_machine.travel(timezone.now() + timedelta(seconds=605), tick=False):
        assert "no longer works" in client.get(reset_link).content.decode()


def test_it_answers_the_same_for_an_unknown_address(client: Client, alice: User) -> None:
    answers = [client.post("/accounts/password/reset/", {"email": e}) for e in (alice.email, "nobody@example.org")]
    assert [(one.status_code, one["Location"]) for one in answers] == [(302, "/accounts/password/reset/done/")] * 2


def test_it_is_changed_with_the_old_one_and_ends_other_sessions(
    client: Client,
    alice: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    secret = give_totp(alice)
    other = Client()
    other.force_login(alice)
    sign_in(client, alice, secret)
    typed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/accounts/password/change/", typed)["Location"] == "/account/security/"
    assert other.get("/account/profile/").status_code == 302
    assert client.get("/account/profile/").status_code == 200
    assert mailoutbox[0].subject == "Your password was changed"
    assert kinds()[-1] == "password.changed"


def test_it_is_not_changed_without_a_factor_a_moment_ago(client: Client, alice: User) -> None:
    confirm_address(alice)
    give_totp(alice)
    client.force_login(alice)
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 301
    session.save()
    answer = client.get("/accounts/password/change/")
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")


@pytest.mark.parametrize("length", [64, 128])
def test_it_may_be_long(client: Client, alice: User, length: int) -> None:
    long = ("x1 " * 50)[: length - 1] + "z"
    alice.set_password(long)
    alice.save()
    give_totp(alice)
    assert with_password(client, alice, long)["Location"] == "/accounts/2fa/authenticate/"


def test_it_is_never_due_for_a_change(client: Client, alice: User) -> None:
    give_totp(alice)
    with time_machine.travel(timezone.now() + timedelta(days=364), tick=False):
        assert with_password(client, alice)["Location"] == "/accounts/2fa/authenticate/"

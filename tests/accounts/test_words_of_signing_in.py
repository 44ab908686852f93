"""What the pages and mails of signing in say."""

import re

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from accounts import services
from accounts.mail import day
from accounts.models import User
from accounts.sessions import device_name
from tests.accounts.conftest import end_of, give_totp

AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0": "Firefox on Windows",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36": (
        "Chrome on Linux"
    ),
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0": "Edge on Windows",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1": (
        "Safari on iPhone"
    ),
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36": "Chrome on Android",
    "curl/8.5": "curl",
    "": "Unknown browser",
    "<script>": "Unknown browser",
}


@pytest.mark.parametrize(("agent", "name"), AGENTS.items())
def test_a_browser_has_a_name_that_people_know(agent: str, name: str) -> None:
    assert device_name(agent) == name


def test_the_way_to_a_new_password_stands_there_once_and_after_the_fields(client: Client, db: None) -> None:
    page = client.get("/accounts/login/").content.decode()
    links = [match.start() for match in re.finditer("/accounts/password/reset/", page)]
    assert len(links) == 1
    assert links[0] > page.index('name="password"')


def test_recovery_codes_can_be_copied_and_kept_as_a_file(client: Client, alice: User) -> None:
    give_totp(alice)
    client.force_login(alice)
    page = client.post("/account/recovery-codes/").content.decode()
    codes = re.findall(r"<li>([^<]+)</li>", page)
    assert len(codes) == 10
    assert 'data-copy="' + "\n".join(codes) + '"' in page
    assert "%0A".join(codes) in page


def test_a_mail_says_a_day_in_words_and_with_its_time_zone(
    alice: User, dana: User, mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        services.renew_approval(actor=dana, person=alice)
    assert day(end_of(alice)) in mailoutbox[0].body
    assert re.search(r"\d{1,2} [A-Z][a-z]+ 20\d\d \(UTC\)", str(mailoutbox[0].body))

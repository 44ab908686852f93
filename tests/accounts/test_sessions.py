"""How long a session lasts, and how it is ended."""

from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.models import User
from accounts.services import end_session
from core.errors import Refused
from ledger_bridge.models import Entry
from tests.accounts.conftest import give_totp, sign_in

NOON = "2026-11-23 12:00:00+00:00"


@pytest.mark.parametrize(("who", "minutes"), [("alice", 30), ("dana", 15), ("olga", 15)])
def test_it_ends_after_the_idle_limit(request: pytest.FixtureRequest, client: Client, who: str, minutes: int) -> None:
    person = request.getfixturevalue(who)
    with time_machine.travel(NOON, tick=False) as clock:
        person.approved_until = person.date_joined + timedelta(days=999)
        person.save()
        client.force_login(person)
        client.get("/account/profile/")
        clock.shift(timedelta(minutes=minutes - 2))
        assert client.get("/account/profile/").status_code == 200
        clock.shift(timedelta(minutes=minutes))
        assert client.get("/account/profile/")["Location"].startswith("/accounts/login/")
    assert Entry.objects.get(kind="signin.session_ended").detail == {"count": 1, "reason": "idle limit"}


def test_it_ends_after_twelve_hours_even_when_busy(client: Client, alice: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client.force_login(alice)
        for _ in range(12 * 3 - 1):
            client.get("/account/profile/")
            clock.shift(timedelta(minutes=20))
        assert client.get("/account/profile/").status_code == 200
        clock.shift(timedelta(minutes=20))
        assert client.get("/account/profile/").status_code == 302
    assert Entry.objects.get(kind="signin.session_ended").detail["reason"] == "absolute limit"


def test_it_lists_them_and_ends_one(client: Client, alice: User) -> None:
    secret = give_totp(alice)
    other = Client(headers={"User-Agent": "Lost laptop"})
    with time_machine.travel(NOON, tick=False) as clock:
        sign_in(other, alice, secret)
        clock.shift(60)
        sign_in(client, alice, secret)
        assert "Lost laptop" in client.get("/account/sessions/").content.decode()
        lost = UserSession.objects.get(user_agent="Lost laptop")
        client.post(f"/account/sessions/{lost.pk}/end/")
        assert other.get("/account/profile/").status_code == 302
        assert client.get("/account/profile/").status_code == 200


def test_it_ends_all_others(client: Client, alice: User) -> None:
    secret = give_totp(alice)
    other = Client()
    with time_machine.travel(NOON, tick=False) as clock:
        sign_in(other, alice, secret)
        clock.shift(60)
        sign_in(client, alice, secret)
        client.post("/account/sessions/end-others/")
        assert other.get("/account/profile/").status_code == 302
    assert Entry.objects.get(kind="signin.session_ended").detail["reason"] == "by hand"


def test_it_hides_other_peoples_sessions(client: Client, alice: User, bob: User) -> None:
    sign_in(Client(), bob, give_totp(bob))
    session = UserSession.objects.get(user=bob)
    client.force_login(alice)
    assert client.post(f"/account/sessions/{session.pk}/end/").status_code == 404
    with pytest.raises(Refused):
        end_session(actor=alice, session=session)


def test_it_changes_its_key_at_sign_in(client: Client, alice: User) -> None:
    secret = give_totp(alice)
    client.get("/accounts/login/")
    client.session.save()
    before = client.session.session_key
    sign_in(client, alice, secret)
    assert client.session.session_key != before

"""Standing: renewal, suspension, expiry, and what they do to the next request."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import User
from accounts.permissions import Right
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from tests.accounts.conftest import end_of, give_totp, kinds, sign_in


def test_it_refuses_a_suspended_person_at_the_next_request(client: Client, alice: User, dana: User) -> None:
    sign_in(client, alice, give_totp(alice))
    assert client.get("/account/profile/").status_code == 200
    services.suspend_contributor(actor=dana, person=alice, reason="Left the hospital.")
    assert client.get("/account/profile/")["Location"].startswith("/accounts/login/")
    assert Entry.objects.get(kind="contributor.suspended").detail["sessions_ended"] == 1


def test_it_refuses_a_suspended_person_whose_session_is_not_listed(client: Client, alice: User, dana: User) -> None:
    client.force_login(alice)
    services.suspend_contributor(actor=dana, person=alice, reason="Left the hospital.")
    answer = client.get("/account/profile/")
    assert answer.status_code == 403
    assert "suspended" in answer.content.decode()
    assert client.post("/accounts/logout/").status_code == 302


def test_it_takes_all_rights_away_at_once(alice: User, dana: User) -> None:
    assert alice.has_perm(Right.CREATE_WORKSPACES)
    services.suspend_contributor(actor=dana, person=alice, reason="Left the hospital.")
    assert not User.objects.get(pk=alice.pk).has_perm(Right.CREATE_WORKSPACES)


def test_it_gives_them_back_when_lifted(client: Client, alice: User, dana: User) -> None:
    client.force_login(dana)
    client.post(f"/people/{alice.pk}/suspend/", {"reason": "Check"})
    client.post(f"/people/{alice.pk}/lift/", {"reason": "All is well"})
    assert User.objects.get(pk=alice.pk).has_perm(Right.CREATE_WORKSPACES)
    assert kinds()[-2:] == ["contributor.suspended", "contributor.suspension_lifted"]


@pytest.mark.parametrize("deed", [services.suspend_contributor, services.lift_suspension])
def test_it_needs_a_reason(deed: Callable[..., Any], alice: User, dana: User) -> None:
    with pytest.raises(InvalidInput):
        deed(actor=dana, person=alice, reason=" ")


def test_it_is_not_done_twice(alice: User, dana: User) -> None:
    services.suspend_contributor(actor=dana, person=alice, reason="One")
    with pytest.raises(Conflict):
        services.suspend_contributor(actor=dana, person=alice, reason="Two")


@pytest.mark.parametrize("page", ["renew", "suspend", "lift", "appoint"])
def test_it_needs_the_right(client: Client, alice: User, bob: User, page: str) -> None:
    client.force_login(alice)
    assert client.post(f"/people/{bob.pk}/{page}/", {"reason": "x"}).status_code == 403
    assert kinds()[-1] == "access.refused"


def test_it_lets_no_admin_renew_themselves(dana: User) -> None:
    with pytest.raises(Refused, match="own approval"):
        services.renew_approval(actor=dana, person=dana)


def test_it_adds_a_year_to_what_is_left(client: Client, alice: User, dana: User) -> None:
    before = end_of(alice)
    client.force_login(dana)
    assert client.get(f"/people/{alice.pk}/renew/").status_code == 200
    client.post(f"/people/{alice.pk}/renew/")
    alice.refresh_from_db()
    assert end_of(alice) == before + timedelta(days=365)
    assert kinds()[-1] == "approval.renewed"


def test_it_starts_again_today_when_the_approval_had_ended(alice: User, dana: User) -> None:
    User.objects.filter(pk=alice.pk).update(approved_until=timezone.now() - timedelta(days=100))
    renewed = services.renew_approval(actor=dana, person=alice)
    assert end_of(renewed) > timezone.now() + timedelta(days=364)


def test_it_does_not_renew_an_applicant(frida: User, dana: User) -> None:
    with pytest.raises(Conflict):
        services.renew_approval(actor=dana, person=frida)


def test_it_ends_by_itself_and_is_noted_once(alice: User) -> None:
    with time_machine.travel(end_of(alice) + timedelta(minutes=1), tick=False):
        assert not User.objects.get(pk=alice.pk).has_perm(Right.CREATE_WORKSPACES)
        assert services.expire_approvals() == 1
        assert services.expire_approvals() == 0
    entry = Entry.objects.get(kind="approval.expired")
    assert (entry.actor, entry.actor_kind, entry.person) == (None, "service", alice.pk)


def test_it_is_noted_again_after_a_renewal(alice: User, dana: User) -> None:
    with time_machine.travel(end_of(alice) + timedelta(minutes=1), tick=False):
        services.expire_approvals()
    services.renew_approval(actor=dana, person=alice)
    alice.refresh_from_db()
    User.objects.filter(pk=dana.pk).update(approved_until=end_of(alice) + timedelta(days=9))
    with time_machine.travel(end_of(alice) + timedelta(minutes=1), tick=False):
        assert services.expire_approvals() == 1


def test_it_reminds_thirty_and_seven_days_before(
    alice: User, mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    for days, sent in ((31, 0), (30, 1), (20, 0), (7, 1), (3, 0)):
        with (
            time_machine.travel(end_of(alice) - timedelta(days=days), tick=False),
            django_capture_on_commit_callbacks(execute=True),
        ):
            assert services.remind_of_expiry() == sent, days
    assert len(mailoutbox) == 2


def test_it_lets_only_the_clock_note_the_end(alice: User, dana: User) -> None:
    for person in (alice, dana):
        with pytest.raises(Refused):
            services.expire_approvals(actor=person)

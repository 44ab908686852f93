"""The clock of requests: a reminder, a second person, an end."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from core.access import Service
from core.errors import Refused
from ledger_bridge.models import Entry
from sharing.models import AccessRequest, WorkspaceUserGrant
from sharing.services import watch_requests
from tests.sharing.conftest import give, last_entry
from tests.sharing.test_asking import ask
from workspaces.models import Item, Workspace


@pytest.fixture
def request_(alice: User, bob: User, workspace: Workspace) -> AccessRequest:
    give(workspace, "visitor", bob)
    return ask(bob, workspace)


def days_later(days: float) -> None:
    """Let every request be older, and all that happened to it."""
    back = timedelta(days=days)
    for request in AccessRequest.objects.all():
        for name in ("asked_at", "expires_at", "reminded_at", "escalated_at"):
            if (moment := getattr(request, name)) is not None:
                setattr(request, name, moment - back)
        request.save()


def told(django_capture_on_commit_callbacks: Any) -> list[str]:
    """Run the clock; return whom it mailed."""
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        watch_requests()
    return [message.to[0] for message in mail.outbox]


def test_nothing_happens_in_the_first_days(request_: AccessRequest) -> None:
    days_later(2.9)
    assert watch_requests() == 0


def test_whoever_was_asked_is_reminded_once_after_three_days(
    alice: User, request_: AccessRequest, django_capture_on_commit_callbacks: Any
) -> None:
    days_later(3)
    assert told(django_capture_on_commit_callbacks) == [alice.email]
    assert "still waits" in mail.outbox[0].subject
    entry = last_entry()
    assert (entry.kind, entry.actor, entry.person, entry.detail["how_long"]) == (
        "access_request.reminded", None, alice.pk, "3 days",
    )  # fmt: skip
    assert watch_requests() == 0


def test_after_seven_days_the_owner_is_asked(
    alice: User, bob: User, charlie: User, workspace: Workspace, django_capture_on_commit_callbacks: Any
) -> None:
    give(workspace, "manager", charlie)
    give(workspace, "visitor", bob)
    WorkspaceUserGrant.objects.filter(user=bob).update(granted_by=charlie)
    assert ask(bob, workspace).addressed_to == charlie
    days_later(7)
    assert told(django_capture_on_commit_callbacks) == [alice.email]
    assert (last_entry().kind, last_entry().person) == ("access_request.passed_on", alice.pk)
    days_later(3)
    assert told(django_capture_on_commit_callbacks) == [alice.email]
    assert last_entry().kind == "access_request.reminded"


def test_where_the_owner_was_asked_it_goes_to_the_manager_who_is_here_longest(
    bob: User, charlie: User, workspace: Workspace, request_: AccessRequest
) -> None:
    give(workspace, "manager", charlie)
    days_later(7)
    watch_requests()
    request_.refresh_from_db()
    assert request_.addressed_to == charlie
    assert request_.escalated_at is not None


def test_where_there_is_nobody_else_the_owner_is_reminded_again(
    alice: User, request_: AccessRequest, django_capture_on_commit_callbacks: Any
) -> None:
    days_later(3)
    told(django_capture_on_commit_callbacks)
    days_later(6)
    assert told(django_capture_on_commit_callbacks) == []
    days_later(1)
    assert told(django_capture_on_commit_callbacks) == [alice.email]


def test_it_is_passed_on_at_once_when_the_first_cannot_answer_any_more(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    manager = give(workspace, "manager", charlie)
    give(workspace, "visitor", bob)
    WorkspaceUserGrant.objects.filter(user=bob).update(granted_by=charlie)
    request = ask(bob, workspace)
    manager.delete()
    watch_requests()
    request.refresh_from_db()
    assert request.addressed_to == alice


def test_it_ends_without_an_answer_and_the_asker_is_told(
    bob: User, request_: AccessRequest, django_capture_on_commit_callbacks: Any
) -> None:
    days_later(30)
    assert told(django_capture_on_commit_callbacks) == [bob.email]
    assert "was not answered" in mail.outbox[0].subject
    request_.refresh_from_db()
    assert request_.state == "expired"
    assert (last_entry().kind, last_entry().person) == ("access_request.expired", bob.pk)
    assert watch_requests() == 0


def test_one_that_was_answered_is_left_alone(request_: AccessRequest) -> None:
    AccessRequest.objects.update(state="withdrawn", closed_at=timezone.now())
    days_later(30)
    entries = Entry.objects.count()
    assert watch_requests() == 0
    assert Entry.objects.count() == entries


def test_what_was_written_about_something_removed_for_good_goes_too(
    bob: User, workspace: Workspace, scan: Item, request_: AccessRequest
) -> None:
    ask(bob, scan)
    now = timezone.now()
    Item.objects.filter(pk=scan.pk).update(removed_at=now, shredded_at=now, name="", name_key="", description="")
    watch_requests()
    assert AccessRequest.objects.get() == request_


def test_only_the_clock_may(db: None) -> None:
    with pytest.raises(Refused):
        watch_requests(actor=Service("somebody else"))

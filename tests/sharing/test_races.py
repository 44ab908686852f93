"""Two at once: exactly one wins, and the other is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict
from ledger_bridge.models import Entry
from sharing.models import (
    AccessRequest,
    AccessReview,
    Invitation,
    ItemUserException,
    ReviewLine,
    ReviewPlan,
    WorkspaceUserGrant,
)
from sharing.services import (
    accept_invitation,
    announce_ends,
    ask_for_access,
    grant_request,
    grant_role,
    invite,
    keep_grant,
    refuse_request,
    renew_grant,
    revoke_role,
    start_review,
    take_grant,
    watch_requests,
    watch_reviews,
    withdraw_invitation,
    withdraw_request,
)
from sharing.why.previewing import people_behind, preview
from tests.sharing.conftest import give
from tests.sharing.test_asking import ask
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], Any]) -> list[str]:
    """Do all of them in threads of their own; say "done" or the name of what stopped it."""

    def run(deed: Callable[[], Any]) -> str:
        try:
            deed()
        except Conflict:
            return "conflict"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(deeds)) as pool:
        return sorted(pool.map(run, deeds))


def test_one_person_gets_one_role(alice: User, bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "manager", charlie)
    givers = [alice, charlie, alice, charlie]
    results = at_once(
        *(
            lambda giver=giver: grant_role(actor=giver, workspace=workspace, role="visitor", person=bob)
            for giver in givers
        )
    )
    assert results == ["conflict", "conflict", "conflict", "done"]
    assert WorkspaceUserGrant.objects.filter(user=bob).count() == 1


def test_nor_two_different_ones(alice: User, bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "manager", charlie)
    results = at_once(
        lambda: grant_role(actor=alice, workspace=workspace, role="visitor", person=bob),
        lambda: grant_role(actor=charlie, workspace=workspace, role="contributor", person=bob),
    )
    assert results == ["conflict", "done"]


def test_a_role_is_taken_once(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob)
    assert at_once(*[lambda: revoke_role(actor=alice, grant=grant)] * 3) == ["conflict", "conflict", "done"]


def test_an_invitation_is_accepted_or_withdrawn(alice: User, bob: User, workspace: Workspace) -> None:
    invitation = invite(actor=alice, workspace=workspace, email=bob.email, role="visitor")
    results = at_once(
        lambda: accept_invitation(actor=bob, invitation=Invitation.objects.get(pk=invitation.pk)),
        lambda: withdraw_invitation(actor=alice, invitation=Invitation.objects.get(pk=invitation.pk)),
    )
    assert results == ["conflict", "done"]
    invitation.refresh_from_db()
    assert WorkspaceUserGrant.objects.exists() == (invitation.state == Invitation.State.ACCEPTED)


def test_one_person_asks_once(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    assert at_once(*[lambda: ask(bob, workspace)] * 3) == ["conflict", "conflict", "done"]
    assert AccessRequest.objects.count() == 1


def test_of_two_answers_one_counts(alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    give(workspace, "manager", charlie)
    for _ in range(5):
        pk = ask_for_access(actor=bob, thing=scan, rights=[Right.EDIT], days=7, purpose="Reading").pk
        results = at_once(
            partial(grant_request, actor=alice, request=AccessRequest.objects.get(pk=pk)),
            partial(refuse_request, actor=charlie, request=AccessRequest.objects.get(pk=pk), reason="No"),
            partial(withdraw_request, actor=bob, request=AccessRequest.objects.get(pk=pk)),
        )
        assert results == ["conflict", "conflict", "done"]
        granted = AccessRequest.objects.get(pk=pk).state == "granted"
        assert bob.has_perm(Right.EDIT, scan) == granted
        ItemUserException.objects.all().delete()


def test_the_clock_ends_a_request_or_somebody_answers_it(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    request = ask(bob, workspace)
    AccessRequest.objects.update(expires_at=timezone.now() + timedelta(milliseconds=30))
    results = at_once(
        lambda: grant_request(actor=alice, request=AccessRequest.objects.get(pk=request.pk)),
        *[watch_requests] * 3,
    )
    watch_requests()
    state = AccessRequest.objects.get(pk=request.pk).state
    assert results.count("conflict") == (0 if state == "granted" else 1)
    assert bob.has_perm(Right.UPLOAD, workspace) == (state == "granted")


def test_whoever_is_taken_out_at_that_moment_stays_out(alice: User, bob: User, charlie: User, scan: Item) -> None:
    give(scan.workspace, "manager", charlie)
    for _ in range(5):
        grant = give(scan.workspace, "visitor", bob)
        request = ask(bob, scan)
        at_once(
            partial(grant_request, actor=alice, request=request),
            partial(revoke_role, actor=charlie, grant=grant),
        )
        assert not bob.has_perm(Right.VIEW, scan)
        AccessRequest.objects.all().delete()


def test_what_is_renewed_and_taken_at_once_is_gone(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "manager", charlie)
    for _ in range(5):
        grant = give(workspace, "visitor", bob, days=1)
        at_once(partial(renew_grant, actor=alice, grant=grant), partial(revoke_role, actor=charlie, grant=grant))
        assert not bob.has_perm(Right.VIEW, scan)


def test_of_two_clicks_on_renew_one_counts(alice: User, bob: User, workspace: Workspace) -> None:
    grant, end = give(workspace, "visitor", bob, days=1), timezone.now() + timedelta(days=9)
    clicks = [partial(renew_grant, actor=alice, grant=grant, expires_at=end)] * 3
    assert at_once(*clicks) == ["conflict", "conflict", "done"]


def test_a_line_of_a_review_is_answered_once(alice: User, bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    give(workspace, "manager", charlie)
    line = start_review(actor=alice, workspace=workspace).lines.get(grant=WorkspaceUserGrant.objects.get(user=bob).pk)
    results = at_once(
        partial(keep_grant, actor=alice, line=ReviewLine.objects.get(pk=line.pk)),
        partial(take_grant, actor=charlie, line=ReviewLine.objects.get(pk=line.pk)),
    )
    line.refresh_from_db()
    assert results == ["conflict", "done"]
    assert bob.has_perm(Right.VIEW, workspace) == (line.answer == ReviewLine.Answer.KEPT)


def test_a_planned_review_begins_once(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    ReviewPlan.objects.create(workspace=workspace, every_days=30, next_at=timezone.now())
    assert at_once(*[watch_reviews] * 3) == ["done", "done", "done"]
    assert AccessReview.objects.count() == 1


def test_an_end_is_announced_once_by_many(bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob, days=1)
    WorkspaceUserGrant.objects.update(granted_at=timezone.now() - timedelta(days=60))
    assert at_once(*[announce_ends] * 3) == ["done", "done", "done"]
    assert Entry.objects.filter(kind="grant.end_announced").count() == 1
    grant.refresh_from_db()
    assert grant.end_announced_at is not None


def test_a_preview_at_the_same_time_changes_nothing(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    grant = give(workspace, "visitor", bob)
    taking = partial(revoke_role, actor=alice, grant=grant)
    looking = partial(preview, taking, actor=alice, people=people_behind(bob), workspaces=[workspace])
    assert at_once(looking, looking, looking) == ["done", "done", "done"]
    assert bob.has_perm(Right.VIEW, scan)

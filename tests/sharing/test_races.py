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
from sharing.models import AccessRequest, Invitation, ItemUserException, WorkspaceUserGrant
from sharing.services import (
    accept_invitation,
    ask_for_access,
    grant_request,
    grant_role,
    invite,
    refuse_request,
    revoke_role,
    watch_requests,
    withdraw_invitation,
    withdraw_request,
)
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

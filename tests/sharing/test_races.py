"""Two at once: exactly one wins, and the other is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from core.errors import Conflict
from sharing.models import Invitation, WorkspaceUserGrant
from sharing.services import accept_invitation, grant_role, invite, revoke_role, withdraw_invitation
from tests.sharing.conftest import give
from workspaces.models import Workspace

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

import pytest

from accounts.models import User
from core.errors import InvalidInput, Refused
from sharing.services import transfer_ownership
from tests.sharing.conftest import give, last_entry
from workspaces.models import Workspace
from workspaces.permissions import Right


def test_the_former_owner_stays_as_manager(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    transfer_ownership(actor=alice, workspace=workspace, person=bob)
    workspace.refresh_from_db()
    assert workspace.owner == bob
    assert alice.has_perm(Right.MANAGE, workspace)


def test_it_is_recorded(alice: User, bob: User, workspace: Workspace) -> None:
    transfer_ownership(actor=alice, workspace=workspace, person=bob)
    entry = last_entry()
    assert (entry.kind, entry.actor, entry.person) == ("workspace.handed_over", alice.pk, bob.pk)


def test_a_manager_cannot_do_it(bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "manager", bob)
    with pytest.raises(Refused, match="Only the owner"):
        transfer_ownership(actor=bob, workspace=workspace, person=charlie)


def test_it_refuses_somebody_who_is_not_a_contributor(alice: User, dana: User, workspace: Workspace) -> None:
    with pytest.raises(InvalidInput):
        transfer_ownership(actor=alice, workspace=workspace, person=dana)

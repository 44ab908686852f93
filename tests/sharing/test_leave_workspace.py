import pytest

from accounts.models import User
from core.errors import InvalidInput, Refused
from sharing.services import leave_workspace
from tests.sharing.conftest import exempt, give, house_of, last_entry
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def test_the_last_manager_may_go(bob: User, workspace: Workspace) -> None:
    give(workspace, "manager", bob)
    leave_workspace(actor=bob, workspace=workspace)
    assert not bob.has_perm(Right.VIEW, workspace)


def test_it_gives_up_exceptions_too(bob: User, workspace: Workspace, scan: Item) -> None:
    exempt(scan, "allow", Right.VIEW, bob)
    leave_workspace(actor=bob, workspace=workspace)
    assert not bob.has_perm(Right.VIEW, scan)


def test_it_is_recorded(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    leave_workspace(actor=bob, workspace=workspace)
    entry = last_entry()
    assert (entry.kind, entry.actor, entry.workspace) == ("workspace.left", bob.pk, workspace.pk)


def test_the_owner_stays(alice: User, workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match="The owner cannot leave"):
        leave_workspace(actor=alice, workspace=workspace)


def test_a_stranger_has_nothing_to_leave(charlie: User, workspace: Workspace) -> None:
    with pytest.raises(Refused, match="not in this workspace"):
        leave_workspace(actor=charlie, workspace=workspace)


def test_access_through_a_group_ends_with_leaving_the_group(bob: User, workspace: Workspace) -> None:
    bob.groups.add(house_of(bob))
    give(workspace, "visitor", house_of(bob))
    with pytest.raises(InvalidInput, match="leaving the group"):
        leave_workspace(actor=bob, workspace=workspace)

import pytest

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from sharing.services import change_role
from tests.sharing.conftest import give, in_days, last_entry
from workspaces.models import Workspace
from workspaces.permissions import Right


def test_it_changes_role_and_end(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob)
    changed = change_role(actor=alice, grant=grant, role="contributor", expires_at=in_days(5))
    assert bob.has_perm(Right.UPLOAD, workspace)
    assert changed.expires_at is not None


def test_it_is_recorded_with_both_roles(alice: User, bob: User, workspace: Workspace) -> None:
    change_role(actor=alice, grant=give(workspace, "visitor", bob), role="contributor")
    entry = last_entry()
    assert (entry.kind, entry.person) == ("grant.changed", bob.pk)
    assert (entry.detail["old_role"], entry.detail["role"]) == ("visitor", "contributor")


def test_it_requires_the_right_to_share(bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Refused):
        change_role(actor=bob, grant=give(workspace, "visitor", charlie), role="contributor")


def test_nobody_changes_their_own_role(bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "manager", bob, days=1)
    with pytest.raises(InvalidInput, match="Somebody else"):
        change_role(actor=bob, grant=grant, role="manager", expires_at=None)


def test_it_refuses_a_role_taken_away_in_the_meantime(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob)
    type(grant).objects.all().delete()
    with pytest.raises(Conflict, match="in the meantime"):
        change_role(actor=alice, grant=grant, role="manager")


def test_it_revives_a_role_that_has_run_out(alice: User, bob: User, workspace: Workspace) -> None:
    change_role(actor=alice, grant=give(workspace, "visitor", bob, days=-2), role="visitor", expires_at=in_days(2))
    assert bob.has_perm(Right.VIEW, workspace)

import pytest

from accounts.models import User
from core.errors import InvalidInput, Refused
from sharing.models import ItemUserException
from sharing.services import revoke_role
from tests.sharing.conftest import exempt, give, last_entry
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def test_it_shuts_the_person_out_at_once(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    grant = give(workspace, "visitor", bob)
    revoke_role(actor=alice, grant=grant)
    assert not bob.has_perm(Right.VIEW, scan)


def test_it_leaves_no_exception_that_lets_them_in(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    exempt(scan, "allow", Right.VIEW, bob)
    assert revoke_role(actor=alice, grant=give(workspace, "visitor", bob)) == 1
    assert not bob.has_perm(Right.VIEW, scan)


def test_it_keeps_denials_for_the_case_they_come_back(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    exempt(scan, "deny", Right.VIEW, bob)
    revoke_role(actor=alice, grant=give(workspace, "visitor", bob))
    assert ItemUserException.objects.filter(user=bob, effect="deny").exists()


def test_it_is_recorded(alice: User, bob: User, workspace: Workspace) -> None:
    revoke_role(actor=alice, grant=give(workspace, "visitor", bob))
    entry = last_entry()
    assert (entry.kind, entry.person, entry.detail["role"]) == ("grant.revoked", bob.pk, "visitor")


def test_it_requires_the_right_to_share(bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "contributor", bob)
    grant = give(workspace, "visitor", charlie)
    with pytest.raises(Refused):
        revoke_role(actor=bob, grant=grant)
    assert charlie.has_perm(Right.VIEW, workspace)


def test_nobody_revokes_their_own(bob: User, workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match="You can leave"):
        revoke_role(actor=bob, grant=give(workspace, "manager", bob))

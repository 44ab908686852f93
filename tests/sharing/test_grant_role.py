import pytest

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from sharing.models import WorkspaceGroupGrant, WorkspaceUserGrant
from sharing.services import create_group, grant_role
from tests.sharing.conftest import exempt, give, house_of, in_days, last_entry
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def test_it_lets_a_person_in(alice: User, bob: User, workspace: Workspace) -> None:
    grant_role(
        actor=alice, workspace=workspace, role="visitor", person=bob, expires_at=in_days(90), purpose="Second read"
    )
    assert bob.has_perm(Right.VIEW, workspace)
    assert WorkspaceUserGrant.objects.get(user=bob).granted_by == alice


def test_it_lets_a_group_in(alice: User, bob: User, workspace: Workspace) -> None:
    bob.groups.add(house_of(bob))
    grant_role(actor=alice, workspace=workspace, role="contributor", group=house_of(bob))
    assert bob.has_perm(Right.UPLOAD, workspace)


def test_it_is_recorded_with_the_person_and_the_purpose(alice: User, bob: User, workspace: Workspace) -> None:
    grant_role(actor=alice, workspace=workspace, role="visitor", person=bob, purpose="Second read")
    entry = last_entry()
    assert (entry.kind, entry.actor, entry.person, entry.workspace, entry.purpose) == (
        "grant.given", alice.pk, bob.pk, workspace.pk, "Second read",
    )  # fmt: skip
    assert entry.detail == {"to": "a person", "role": "visitor", "until": "no end"}


def test_it_requires_the_right_to_share(bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Refused, match="Your role Contributor does not include “share”"):
        grant_role(actor=bob, workspace=workspace, role="visitor", person=charlie)
    assert not WorkspaceUserGrant.objects.filter(user=charlie).exists()


def test_a_manager_may_share_and_make_managers(bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "manager", bob)
    grant_role(actor=bob, workspace=workspace, role="manager", person=charlie)
    assert charlie.has_perm(Right.MANAGE, workspace)


@pytest.mark.parametrize("who", ["dana", "olga"])
def test_it_refuses_people_who_are_not_contributors(
    request: pytest.FixtureRequest, alice: User, workspace: Workspace, who: str
) -> None:
    with pytest.raises(InvalidInput, match="Only approved contributors"):
        grant_role(actor=alice, workspace=workspace, role="visitor", person=request.getfixturevalue(who))


def test_it_refuses_the_owner_and_oneself(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "manager", bob)
    with pytest.raises(InvalidInput, match="The owner has every right"):
        grant_role(actor=bob, workspace=workspace, role="visitor", person=alice)
    with pytest.raises(InvalidInput, match="Somebody else must decide"):
        grant_role(actor=alice, workspace=workspace, role="visitor", person=alice)


def test_it_refuses_an_end_in_the_past(alice: User, bob: User, workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match="end in the future"):
        grant_role(actor=alice, workspace=workspace, role="visitor", person=bob, expires_at=in_days(-1))


def test_it_refuses_an_unknown_role(alice: User, bob: User, workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match="one of the roles"):
        grant_role(actor=alice, workspace=workspace, role="emperor", person=bob)


def test_it_refuses_both_and_neither(alice: User, bob: User, workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match="a person or a group"):
        grant_role(actor=alice, workspace=workspace, role="visitor")
    with pytest.raises(InvalidInput, match="a person or a group"):
        grant_role(actor=alice, workspace=workspace, role="visitor", person=bob, group=house_of(bob))


def test_it_refuses_a_group_that_the_giver_does_not_know(alice: User, charlie: User, workspace: Workspace) -> None:
    profile = create_group(actor=charlie, name="Charlie's friends")
    with pytest.raises(InvalidInput, match="group that you belong to"):
        grant_role(actor=alice, workspace=workspace, role="visitor", group=profile.group)
    assert not WorkspaceGroupGrant.objects.exists()


def test_a_second_role_is_a_conflict(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    with pytest.raises(Conflict, match="has a role here already"):
        grant_role(actor=alice, workspace=workspace, role="manager", person=bob)


def test_a_role_that_has_run_out_makes_room(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob, days=-1)
    grant_role(actor=alice, workspace=workspace, role="contributor", person=bob)
    assert bob.has_perm(Right.UPLOAD, workspace)


def test_the_right_to_share_one_folder_is_not_enough(bob: User, charlie: User, imaging: Item) -> None:
    exempt(imaging, "allow", Right.SHARE, bob)
    with pytest.raises(Refused):
        grant_role(actor=bob, workspace=imaging.workspace, role="visitor", person=charlie)

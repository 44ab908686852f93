import pytest

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from sharing.models import GroupProfile
from sharing.services import add_member, create_group, remove_member
from tests.sharing.conftest import give, last_entry
from workspaces.models import Workspace
from workspaces.permissions import Right


@pytest.fixture
def readers(alice: User) -> GroupProfile:
    return create_group(actor=alice, name="Readers")


def test_the_founder_manages_it_and_is_a_member(alice: User, readers: GroupProfile) -> None:
    assert list(readers.managers.all()) == [alice]
    assert alice in readers.group.user_set.all()
    assert last_entry().kind == "group.created"


def test_a_name_is_taken_once(bob: User, readers: GroupProfile) -> None:
    with pytest.raises(Conflict, match="this name already"):
        create_group(actor=bob, name="Readers ")


def test_a_group_needs_a_name(alice: User) -> None:
    with pytest.raises(InvalidInput):
        create_group(actor=alice, name="  ")


def test_only_contributors_make_groups(dana: User) -> None:
    with pytest.raises(Refused):
        create_group(actor=dana, name="Admins")


def test_a_new_member_has_what_the_group_has(
    alice: User, bob: User, workspace: Workspace, readers: GroupProfile
) -> None:
    give(workspace, "visitor", readers.group)
    add_member(actor=alice, profile=readers, person=bob)
    assert bob.has_perm(Right.VIEW, workspace)


def test_the_trail_of_every_workspace_it_reaches_says_so(
    alice: User, bob: User, workspace: Workspace, readers: GroupProfile
) -> None:
    give(workspace, "visitor", readers.group)
    add_member(actor=alice, profile=readers, person=bob)
    remove_member(actor=alice, profile=readers, person=bob)
    kinds = Entry.objects.filter(workspace=workspace.pk, person=bob.pk).order_by("recorded_at")
    assert list(kinds.values_list("kind", flat=True)) == ["group.member_added", "group.member_removed"]


def test_only_managers_change_it(bob: User, charlie: User, readers: GroupProfile) -> None:
    with pytest.raises(Refused, match="Only its managers"):
        add_member(actor=bob, profile=readers, person=charlie)
    with pytest.raises(Refused, match="Only its managers"):
        remove_member(actor=bob, profile=readers, person=readers.managers.get())


def test_members_may_go(alice: User, bob: User, readers: GroupProfile) -> None:
    add_member(actor=alice, profile=readers, person=bob)
    remove_member(actor=bob, profile=readers, person=bob)
    assert bob not in readers.group.user_set.all()


def test_the_only_manager_stays(alice: User, readers: GroupProfile) -> None:
    with pytest.raises(Conflict, match="only manager"):
        remove_member(actor=alice, profile=readers, person=alice)


def test_it_takes_contributors_only_and_once(alice: User, bob: User, dana: User, readers: GroupProfile) -> None:
    add_member(actor=alice, profile=readers, person=bob)
    with pytest.raises(Conflict):
        add_member(actor=alice, profile=readers, person=bob)
    with pytest.raises(InvalidInput):
        add_member(actor=alice, profile=readers, person=dana)

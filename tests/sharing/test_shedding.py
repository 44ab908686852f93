"""Nobody sheds by themselves what an exception denies to them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from sharing.models import GroupProfile, ItemGroupException
from sharing.services import add_member, create_group, lift_exception, remove_member, set_exception
from tests.sharing.conftest import exempt, give, in_days, make_item
from workspaces.models import Item, Workspace
from workspaces.permissions import Right
from workspaces.services import move_item, remove_item, restore_item


@pytest.fixture
def notes(workspace: Workspace) -> Item:
    return make_item(workspace, None, "Notes", kind="folder")


@pytest.fixture
def readers(alice: User, bob: User) -> GroupProfile:
    profile = create_group(actor=alice, name="Readers")
    add_member(actor=alice, profile=profile, person=bob)
    return profile


def test_what_a_denial_covers_does_not_move_out_from_under_it(
    bob: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    give(workspace, "contributor", bob)
    exempt(imaging, "deny", Right.DOWNLOAD, bob)
    with pytest.raises(Refused, match="may share"):
        move_item(actor=bob, item=scan, parent=None)
    assert not bob.has_perm(Right.DOWNLOAD, scan)


def test_nor_does_it_move_for_somebody_else(
    bob: User, charlie: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    give(workspace, "contributor", bob)
    exempt(imaging, "deny", Right.VIEW, charlie)
    with pytest.raises(Refused, match="may share"):
        move_item(actor=bob, item=scan, parent=None)


def test_nothing_moves_into_a_folder_that_lets_others_in(
    bob: User, charlie: User, workspace: Workspace, imaging: Item, notes: Item
) -> None:
    give(workspace, "contributor", bob)
    exempt(notes, "allow", Right.VIEW, charlie)
    with pytest.raises(Refused, match="may share"):
        move_item(actor=bob, item=imaging, parent=notes)


def test_whoever_may_share_may_move_it(
    bob: User, charlie: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    give(workspace, "manager", bob)
    exempt(imaging, "deny", Right.VIEW, charlie)
    assert move_item(actor=bob, item=scan, parent=None).path == [scan.pk]


def test_a_manager_does_not_move_it_out_from_under_a_denial_of_their_own(
    bob: User, workspace: Workspace, imaging: Item, scan: Item, readers: GroupProfile
) -> None:
    give(workspace, "manager", bob)
    exempt(imaging, "deny", Right.DOWNLOAD, readers.group)
    with pytest.raises(Refused, match="about yourself"):
        move_item(actor=bob, item=scan, parent=None)


def test_the_owner_may_although_their_group_is_denied(
    alice: User, imaging: Item, scan: Item, readers: GroupProfile
) -> None:
    exempt(imaging, "deny", Right.DOWNLOAD, readers.group)
    assert move_item(actor=alice, item=scan, parent=None).parent is None


def test_an_exception_that_has_ended_or_stands_on_the_item_itself_goes_along(
    bob: User, charlie: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    give(workspace, "contributor", bob)
    exempt(imaging, "deny", Right.VIEW, charlie, days=-1)
    exempt(scan, "deny", Right.VIEW, charlie)
    move_item(actor=bob, item=scan, parent=None)
    assert not charlie.has_perm(Right.VIEW, scan)


def test_a_folder_that_stays_below_the_same_exception_may_move(
    bob: User, charlie: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    give(workspace, "contributor", bob)
    exempt(imaging, "deny", Right.VIEW, charlie)
    inner = make_item(workspace, imaging, "CT", kind="folder")
    assert move_item(actor=bob, item=scan, parent=inner).path == [imaging.pk, inner.pk, scan.pk]


@pytest.mark.parametrize("right", [Right.VIEW, Right.EDIT])
def test_a_folder_does_not_move_with_something_below_that_may_not_be_edited(
    bob: User, workspace: Workspace, imaging: Item, scan: Item, notes: Item, right: Right
) -> None:
    give(workspace, "contributor", bob)
    exempt(scan, "deny", right, bob)
    with pytest.raises(Refused, match="edit"):
        move_item(actor=bob, item=imaging, parent=notes)


@pytest.mark.parametrize("right", [Right.VIEW, Right.EDIT])
def test_nor_is_it_removed(bob: User, workspace: Workspace, imaging: Item, scan: Item, right: Right) -> None:
    give(workspace, "contributor", bob)
    exempt(scan, "deny", right, bob)
    with pytest.raises(Refused, match="edit") as refused:
        remove_item(actor=bob, item=imaging)
    scan.refresh_from_db()
    assert scan.removed_at is None
    assert scan.name not in str(refused.value)


def test_nor_restored(alice: User, bob: User, workspace: Workspace, imaging: Item, scan: Item) -> None:
    give(workspace, "contributor", bob)
    exempt(scan, "deny", Right.EDIT, bob)
    removed = remove_item(actor=alice, item=imaging)
    with pytest.raises(Refused):
        restore_item(actor=bob, item=removed)


def test_removing_takes_as_many_queries_however_much_is_below(bob: User, workspace: Workspace, imaging: Item) -> None:
    give(workspace, "contributor", bob)
    notes = make_item(workspace, None, "Notes", kind="folder")
    for number in range(20):
        make_item(workspace, imaging, f"{number}.dcm")
    counts = []
    for folder in (notes, imaging):
        with CaptureQueriesContext(connection) as queries:
            remove_item(actor=bob, item=folder)
        counts.append(len([query for query in queries if "ledger_bridge" not in query["sql"]]))
    assert counts[0] == counts[1]


def test_nobody_leaves_a_group_through_which_something_is_denied(
    bob: User, workspace: Workspace, imaging: Item, scan: Item, readers: GroupProfile
) -> None:
    give(workspace, "contributor", bob)
    exempt(imaging, "deny", Right.DOWNLOAD, readers.group)
    with pytest.raises(Refused, match="Ask a manager of the group"):
        remove_member(actor=bob, profile=readers, person=bob)
    assert not bob.has_perm(Right.DOWNLOAD, scan)


def test_a_manager_of_the_group_may_take_them_out(alice: User, bob: User, imaging: Item, readers: GroupProfile) -> None:
    exempt(imaging, "deny", Right.DOWNLOAD, readers.group)
    remove_member(actor=alice, profile=readers, person=bob)
    assert bob not in readers.group.user_set.all()


def test_they_leave_when_nothing_is_denied_any_more(bob: User, imaging: Item, readers: GroupProfile) -> None:
    exempt(imaging, "deny", Right.DOWNLOAD, readers.group, days=-1)
    exempt(imaging, "allow", Right.VIEW, readers.group)
    remove_member(actor=bob, profile=readers, person=bob)
    assert bob not in readers.group.user_set.all()


def test_a_denial_in_ones_own_workspace_holds_nobody_back(
    alice: User, bob: User, imaging: Item, readers: GroupProfile
) -> None:
    exempt(imaging, "deny", Right.DOWNLOAD, readers.group)
    readers.managers.add(bob)
    remove_member(actor=alice, profile=readers, person=alice)
    assert alice not in readers.group.user_set.all()


def test_a_manager_does_not_lift_what_denies_to_their_own_group(
    bob: User, workspace: Workspace, imaging: Item, readers: GroupProfile
) -> None:
    give(workspace, "manager", bob)
    exception = exempt(imaging, "deny", Right.DOWNLOAD, readers.group)
    with pytest.raises(InvalidInput, match="your own access"):
        lift_exception(actor=bob, exception=exception)


def test_nor_shortens_it(bob: User, workspace: Workspace, imaging: Item, readers: GroupProfile) -> None:
    give(workspace, "manager", bob)
    exempt(imaging, "deny", Right.DOWNLOAD, readers.group)
    with pytest.raises(InvalidInput, match="your own access"):
        set_exception(
            actor=bob, item=imaging, right=Right.DOWNLOAD, effect="deny", group=readers.group, expires_at=in_days(1)
        )
    assert ItemGroupException.objects.get().expires_at is None


def test_the_last_manager_stays(alice: User, readers: GroupProfile) -> None:
    with pytest.raises(Conflict, match="only manager"):
        remove_member(actor=alice, profile=readers, person=alice)

"""Renaming, describing, moving, removing and restoring."""

from typing import Any

import pytest

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from tests.workspaces.conftest import CONTENT, give, last_entry, put, read
from workspaces import services
from workspaces.models import Item, Version, Workspace


@pytest.fixture
def inner(alice: User, workspace: Workspace, folder: Item) -> Item:
    return services.create_folder(actor=alice, workspace=workspace, parent=folder, name="CT")


@pytest.fixture
def elsewhere(alice: User, workspace: Workspace) -> Item:
    return services.create_folder(actor=alice, workspace=workspace, parent=None, name="Elsewhere")


def test_renaming_keeps_the_file_and_its_versions(alice: User, version: Version) -> None:
    item = services.rename_item(actor=alice, item=version.file, name="  Doses, visit 2.csv ")
    assert item.name == "Doses, visit 2.csv"
    assert read(alice, Version.objects.get(pk=version.pk)) == CONTENT


def test_renaming_is_recorded(alice: User, version: Version) -> None:
    services.rename_item(actor=alice, item=version.file, name="new.csv")
    assert last_entry().detail == {"before": "doses.csv", "name": "new.csv"}


def test_a_name_that_is_taken_is_refused(alice: User, workspace: Workspace, version: Version, folder: Item) -> None:
    other = put(alice, workspace, "other.csv", b"1", folder=folder)
    with pytest.raises(Conflict):
        services.rename_item(actor=alice, item=other.file, name="Doses.CSV")
    other.file.refresh_from_db()
    assert other.file.name == "other.csv"


def test_only_the_case_of_a_name_may_change(alice: User, version: Version) -> None:
    assert services.rename_item(actor=alice, item=version.file, name="DOSES.csv").name == "DOSES.csv"


def test_describing_is_recorded(alice: User, version: Version) -> None:
    services.describe_item(actor=alice, item=version.file, description="Doses in mg\r\nby visit")
    version.file.refresh_from_db()
    assert version.file.description == "Doses in mg\nby visit"
    assert last_entry().kind == "item.described"


def test_moving_takes_everything_below_along(
    alice: User, workspace: Workspace, folder: Item, inner: Item, elsewhere: Item
) -> None:
    deep = put(alice, workspace, "slice.dcm", b"x", folder=inner).file
    services.move_item(actor=alice, item=folder, parent=elsewhere)
    assert Item.objects.get(pk=deep.pk).path == [elsewhere.id, folder.id, inner.id, deep.id]
    assert Item.objects.get(pk=folder.pk).parent == elsewhere


def test_moving_to_the_top(alice: User, inner: Item) -> None:
    moved = services.move_item(actor=alice, item=inner, parent=None)
    assert (moved.parent, moved.path) == (None, [inner.id])


def test_moving_is_recorded(alice: User, folder: Item, inner: Item, elsewhere: Item) -> None:
    services.move_item(actor=alice, item=inner, parent=elsewhere)
    assert last_entry().detail == {"name": "CT", "before": str(folder.id), "after": str(elsewhere.id)}


def test_a_folder_cannot_move_into_itself(alice: User, folder: Item, inner: Item) -> None:
    for target in (folder, inner):
        with pytest.raises(InvalidInput):
            services.move_item(actor=alice, item=folder, parent=target)


def test_a_file_is_no_place_to_move_to(alice: User, inner: Item, version: Version) -> None:
    with pytest.raises(Conflict):
        services.move_item(actor=alice, item=inner, parent=version.file)


def test_a_folder_of_another_workspace_is_no_place_either(alice: User, inner: Item) -> None:
    other = services.create_workspace(actor=alice, name="Other")
    target = services.create_folder(actor=alice, workspace=other, parent=None, name="There")
    with pytest.raises(Conflict):
        services.move_item(actor=alice, item=inner, parent=target)


def test_a_name_that_is_taken_there_is_refused(alice: User, workspace: Workspace, inner: Item) -> None:
    services.create_folder(actor=alice, workspace=workspace, parent=None, name="ct")
    with pytest.raises(Conflict):
        services.move_item(actor=alice, item=inner, parent=None)
    assert Item.objects.get(pk=inner.pk).depth == 2


def test_a_move_cannot_make_a_tree_too_deep(alice: User, workspace: Workspace, folder: Item, inner: Item) -> None:
    parent = None
    for level in range(31):
        parent = services.create_folder(actor=alice, workspace=workspace, parent=parent, name=str(level))
    with pytest.raises(InvalidInput):
        services.move_item(actor=alice, item=folder, parent=parent)
    assert services.move_item(actor=alice, item=inner, parent=parent).depth == 32


@pytest.mark.parametrize("deed", ["rename_item", "describe_item", "move_item", "remove_item", "restore_item"])
def test_a_visitor_changes_nothing(bob: User, version: Version, deed: str) -> None:
    give(version.file.workspace, "visitor", bob)
    more: dict[str, Any] = {
        "rename_item": {"name": "x"},
        "describe_item": {"description": "x"},
        "move_item": {"parent": None},
    }
    before = Entry.objects.count()
    with pytest.raises(Refused):
        getattr(services, deed)(actor=bob, item=version.file, **more.get(deed, {}))
    assert Entry.objects.count() == before


def test_removing_hides_everything_below(alice: User, folder: Item, inner: Item, version: Version) -> None:
    services.remove_item(actor=alice, item=folder)
    assert not Item.objects.visible_to(alice).exists()
    assert last_entry().detail == {"name": "Visit 2", "items": 3}


def test_the_bin_lists_what_was_removed_and_not_what_went_along(
    alice: User, charlie: User, folder: Item, inner: Item, version: Version
) -> None:
    services.remove_item(actor=alice, item=inner)
    services.remove_item(actor=alice, item=folder)
    assert set(Item.objects.in_bin(alice)) == {folder, inner}
    assert not Item.objects.in_bin(charlie).exists()


def test_restoring_brings_back_what_went_along_and_no_more(
    alice: User, folder: Item, inner: Item, version: Version
) -> None:
    services.remove_item(actor=alice, item=inner)
    services.remove_item(actor=alice, item=folder)
    services.restore_item(actor=alice, item=folder)
    assert set(Item.objects.visible_to(alice)) == {folder, version.file}
    assert last_entry().detail == {"name": "Visit 2", "items": 2}


def test_a_thing_is_not_restored_into_a_removed_folder(alice: User, folder: Item, inner: Item) -> None:
    services.remove_item(actor=alice, item=inner)
    services.remove_item(actor=alice, item=folder)
    with pytest.raises(Conflict):
        services.restore_item(actor=alice, item=inner)


def test_a_thing_is_not_restored_over_another(alice: User, workspace: Workspace, folder: Item) -> None:
    services.remove_item(actor=alice, item=folder)
    services.create_folder(actor=alice, workspace=workspace, parent=None, name="visit 2")
    with pytest.raises(Conflict):
        services.restore_item(actor=alice, item=folder)


def test_what_is_removed_already_cannot_be_changed(alice: User, folder: Item) -> None:
    services.remove_item(actor=alice, item=folder)
    with pytest.raises(Conflict):
        services.rename_item(actor=alice, item=folder, name="late")

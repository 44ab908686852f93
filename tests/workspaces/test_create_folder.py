import pytest

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from tests.workspaces.conftest import exempt, give, last_entry
from workspaces import services
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def test_it_makes_a_folder_at_the_top(alice: User, workspace: Workspace) -> None:
    folder = services.create_folder(actor=alice, workspace=workspace, parent=None, name="Imaging")
    assert (folder.kind, folder.parent, folder.path) == ("folder", None, [folder.id])


def test_it_makes_a_folder_in_a_folder(alice: User, workspace: Workspace, folder: Item) -> None:
    inner = services.create_folder(actor=alice, workspace=workspace, parent=folder, name="CT")
    assert inner.path == [folder.id, inner.id]


def test_it_is_recorded(alice: User, folder: Item) -> None:
    entry = last_entry()
    assert (entry.kind, entry.item, entry.actor) == ("folder.created", folder.id, alice.id)
    assert entry.detail == {"name": "Visit 2", "parent": None}


def test_it_requires_the_right_to_upload(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    with pytest.raises(Refused):
        services.create_folder(actor=bob, workspace=workspace, parent=None, name="Mine")


def test_the_right_may_come_from_the_folder_alone(bob: User, workspace: Workspace, folder: Item) -> None:
    exempt(folder, "allow", Right.VIEW, bob)
    exempt(folder, "allow", Right.UPLOAD, bob)
    inner = services.create_folder(actor=bob, workspace=workspace, parent=folder, name="Mine")
    assert inner.created_by == bob


def test_a_stranger_makes_none(charlie: User, workspace: Workspace) -> None:
    with pytest.raises(Refused):
        services.create_folder(actor=charlie, workspace=workspace, parent=None, name="Mine")


@pytest.mark.parametrize("name", ["Visit 2", "visit 2", "VISIT\u200d 2"])
def test_a_name_is_taken_whatever_its_case(alice: User, workspace: Workspace, folder: Item, name: str) -> None:
    with pytest.raises(Conflict):
        services.create_folder(actor=alice, workspace=workspace, parent=None, name=name)
    assert Item.objects.count() == 1


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "é" * 128])
def test_a_name_that_no_file_system_keeps_is_refused(alice: User, workspace: Workspace, name: str) -> None:
    with pytest.raises(InvalidInput):
        services.create_folder(actor=alice, workspace=workspace, parent=None, name=name)


def test_folders_end_at_a_depth(alice: User, workspace: Workspace) -> None:
    parent = None
    for level in range(32):
        parent = services.create_folder(actor=alice, workspace=workspace, parent=parent, name=str(level))
    with pytest.raises(Conflict):
        services.create_folder(actor=alice, workspace=workspace, parent=parent, name="one more")


def test_nothing_goes_into_a_removed_folder(alice: User, workspace: Workspace, folder: Item) -> None:
    services.remove_item(actor=alice, item=folder)
    with pytest.raises(Conflict):
        services.create_folder(actor=alice, workspace=workspace, parent=folder, name="late")


def test_a_folder_of_another_workspace_is_no_place(alice: User, folder: Item) -> None:
    other = services.create_workspace(actor=alice, name="Other")
    with pytest.raises(Conflict):
        services.create_folder(actor=alice, workspace=other, parent=folder, name="astray")

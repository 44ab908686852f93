"""No answer tells that a name is taken by something that is hidden from whoever asks."""

import pytest

from accounts.models import User
from core.errors import Conflict
from tests.workspaces.conftest import browser, exempt, give, put
from workspaces import services
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right


@pytest.fixture
def hidden(alice: User, bob: User, version: Version) -> Item:
    """doses.csv, which Bob, a contributor, may not view."""
    give(version.file.workspace, "contributor", bob)
    exempt(version.file, "deny", Right.VIEW, bob)
    return version.file


def names_seen_by(person: User, folder: Item) -> list[str]:
    return list(Item.objects.visible_to(person).filter(parent=folder).values_list("name", flat=True))


def test_a_file_may_have_the_name_of_a_hidden_one(bob: User, hidden: Item, folder: Item) -> None:
    mine = put(bob, hidden.workspace, "doses.csv", b"mine", folder=folder).file
    assert (mine.name, mine.pk != hidden.pk) == ("doses.csv", True)
    assert names_seen_by(bob, folder) == ["doses.csv"]


def test_an_upload_under_its_name_begins_as_any(bob: User, hidden: Item, folder: Item) -> None:
    begun = services.begin_upload(actor=bob, workspace=hidden.workspace, into=folder, name="doses.csv", size=1)
    assert begun.name == "doses.csv"


def test_so_may_a_folder(bob: User, hidden: Item, folder: Item) -> None:
    made = services.create_folder(actor=bob, workspace=hidden.workspace, parent=folder, name="Doses.csv")
    assert made.name == "Doses.csv"


def test_so_may_folders_that_are_made_on_the_way(bob: User, hidden: Item, folder: Item) -> None:
    exempt(folder, "deny", Right.VIEW, bob)
    made = services.make_folders(actor=bob, workspace=hidden.workspace, parent=None, path=[folder.name])
    assert (made.name, made.pk != folder.pk) == (folder.name, True)


def test_so_may_what_is_renamed_or_moved_there(bob: User, hidden: Item, folder: Item) -> None:
    renamed = put(bob, hidden.workspace, "other.csv", b"1", folder=folder).file
    moved = put(bob, hidden.workspace, "doses.csv", b"2").file
    assert services.rename_item(actor=bob, item=renamed, name="doses.csv").name == "doses.csv"
    services.rename_item(actor=bob, item=renamed, name="other.csv")
    assert services.move_item(actor=bob, item=moved, parent=folder).name == "doses.csv"


def test_so_may_what_is_restored(alice: User, bob: User, hidden: Item, folder: Item) -> None:
    services.remove_item(actor=alice, item=hidden)
    mine = put(bob, hidden.workspace, "doses.csv", b"mine", folder=folder).file
    services.remove_item(actor=bob, item=mine)
    services.restore_item(actor=alice, item=hidden)
    services.restore_item(actor=bob, item=mine)
    assert names_seen_by(bob, folder) == ["doses.csv"]


def test_a_name_that_one_sees_is_still_taken(alice: User, bob: User, hidden: Item, folder: Item) -> None:
    put(bob, hidden.workspace, "doses.csv", b"mine", folder=folder)
    for person in (alice, bob):
        with pytest.raises(Conflict, match="already something called"):
            put(person, hidden.workspace, "DOSES.csv", b"again", folder=folder)


def test_the_number_of_a_copy_does_not_tell_either(alice: User, bob: User, hidden: Item, folder: Item) -> None:
    put(bob, hidden.workspace, "doses.csv", b"1", folder=folder)
    second = put(alice, hidden.workspace, "doses (2).csv", b"2", folder=folder).file
    exempt(second, "deny", Right.VIEW, bob)
    kept = put(bob, hidden.workspace, "doses.csv", b"3", folder=folder, on_conflict="keep_both").file
    assert kept.name == "doses (2).csv"


def test_a_new_version_never_lands_in_what_is_hidden(bob: User, hidden: Item, folder: Item) -> None:
    version = put(bob, hidden.workspace, "doses.csv", b"mine", folder=folder, on_conflict="new_version")
    assert (version.file_id != hidden.pk, version.number) == (True, 1)


def test_the_answer_over_http_is_the_same_as_for_a_free_name(bob: User, hidden: Item, folder: Item) -> None:
    url = f"/workspaces/{hidden.workspace_id}/upload/?folder={folder.pk}"
    answers = [
        browser(bob).generic("PUT", url, b"x", "application/octet-stream", headers={"X-File-Name": name})
        for name in ("doses.csv", "free.csv")
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert [answer.json()["name"] for answer in answers] == ["doses.csv", "free.csv"]


def test_whoever_sees_both_can_tell_them_apart_by_renaming(alice: User, bob: User, hidden: Item, folder: Item) -> None:
    mine = put(bob, hidden.workspace, "doses.csv", b"mine", folder=folder).file
    assert names_seen_by(alice, folder) == ["doses.csv", "doses.csv"]
    services.rename_item(actor=alice, item=mine, name="doses of Bob.csv")
    assert names_seen_by(alice, folder) == ["doses of Bob.csv", "doses.csv"]


def test_in_the_top_folder_too(alice: User, bob: User, workspace: Workspace) -> None:
    top = put(alice, workspace, "plan.pdf", b"1").file
    give(workspace, "contributor", bob)
    exempt(top, "deny", Right.VIEW, bob)
    assert put(bob, workspace, "plan.pdf", b"2").file.name == "plan.pdf"

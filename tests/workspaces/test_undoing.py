"""Undoing what one has just done: the reverse deed, with its own rights, for a while."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, Refused
from ledger_bridge.models import Entry
from sharing.models import WorkspaceUserGrant
from tests.sharing.conftest import exempt
from tests.workspaces.conftest import browser, give, last_entry, put
from workspaces import services
from workspaces.models import Item, UndoableDeed, Version, Workspace
from workspaces.permissions import Right


@pytest.fixture
def elsewhere(alice: User, workspace: Workspace) -> Item:
    return services.create_folder(actor=alice, workspace=workspace, parent=None, name="Elsewhere")


def newest() -> UndoableDeed:
    return UndoableDeed.objects.order_by("pk").last()  # type: ignore[return-value]


def undo(actor: User) -> None:
    services.undo_deed(actor=actor, deed=newest())


def press(user: User, undo_id: Any) -> Any:
    return browser(user).post(reverse("workspaces:undo", args=[undo_id]))


def now(item: Item) -> Item:
    return Item.objects.get(pk=item.pk)


def test_a_new_name_is_taken_back(alice: User, version: Version) -> None:
    services.rename_item(actor=alice, item=version.file, name="new.csv")
    undo(alice)
    assert now(version.file).name == "doses.csv"


def test_a_description_is_taken_back(alice: User, version: Version) -> None:
    services.describe_item(actor=alice, item=version.file, description="In mg")
    undo(alice)
    assert now(version.file).description == ""


def test_a_move_is_taken_back(alice: User, version: Version, folder: Item, elsewhere: Item) -> None:
    services.move_item(actor=alice, item=version.file, parent=elsewhere)
    undo(alice)
    assert now(version.file).parent == folder


def test_a_removal_and_a_restoring_are_taken_back(alice: User, folder: Item, version: Version) -> None:
    services.remove_item(actor=alice, item=folder)
    undo(alice)
    assert now(version.file).removed_at is None
    services.remove_item(actor=alice, item=folder)
    services.restore_item(actor=alice, item=folder)
    undo(alice)
    assert now(version.file).removed_at is not None


def test_undoing_leaves_two_entries_and_names_the_deed_it_undid(alice: User, version: Version) -> None:
    services.rename_item(actor=alice, item=version.file, name="new.csv")
    renamed = last_entry()
    undo(alice)
    reverse_deed, said = Entry.objects.order_by("recorded_at").filter(pk__gt=renamed.pk)
    assert (reverse_deed.kind, said.kind) == ("item.renamed", "deed.undone")
    assert said.detail == {"deed": "File or folder renamed", "entry": str(renamed.pk)}


def test_it_is_undone_once(alice: User, version: Version) -> None:
    services.rename_item(actor=alice, item=version.file, name="new.csv")
    deed = newest()
    services.undo_deed(actor=alice, deed=deed)
    with pytest.raises(Conflict, match="undone already"):
        services.undo_deed(actor=alice, deed=deed)


def test_its_time_passes(alice: User, version: Version) -> None:
    services.rename_item(actor=alice, item=version.file, name="new.csv")
    UndoableDeed.objects.update(done_at=timezone.now() - timedelta(minutes=15))
    with pytest.raises(Conflict, match="15 minutes"):
        undo(alice)
    assert now(version.file).name == "new.csv"


def test_what_is_long_past_is_forgotten(alice: User, version: Version) -> None:
    services.rename_item(actor=alice, item=version.file, name="new.csv")
    services.forget_undoables()
    assert UndoableDeed.objects.exists()
    UndoableDeed.objects.update(done_at=timezone.now() - timedelta(hours=3))
    services.forget_undoables()
    assert not UndoableDeed.objects.exists()


def test_what_somebody_else_changed_since_stays(alice: User, bob: User, version: Version, elsewhere: Item) -> None:
    give(version.file.workspace, "contributor", bob)
    file = version.file
    services.rename_item(actor=alice, item=file, name="new.csv")
    renamed = newest()
    services.move_item(actor=alice, item=file, parent=elsewhere)
    moved = newest()
    services.rename_item(actor=bob, item=file, name="newer.csv")
    services.move_item(actor=bob, item=now(file), parent=None)
    for deed in (renamed, moved):
        with pytest.raises(Conflict, match="changed this since"):
            services.undo_deed(actor=alice, deed=deed)
    assert (now(file).name, now(file).parent) == ("newer.csv", None)


def test_a_folder_into_which_somebody_put_something_is_not_removed_again(
    alice: User, workspace: Workspace, folder: Item
) -> None:
    services.remove_item(actor=alice, item=folder)
    services.restore_item(actor=alice, item=folder)
    deed = newest()
    put(alice, workspace, "late.csv", b"1", folder=now(folder))
    with pytest.raises(Conflict, match="changed this since"):
        services.undo_deed(actor=alice, deed=deed)
    assert now(folder).removed_at is None


def test_what_was_restored_and_removed_again_is_not_restored_by_undoing_the_first(
    alice: User, bob: User, version: Version
) -> None:
    give(version.file.workspace, "contributor", bob)
    services.remove_item(actor=alice, item=version.file)
    deed = newest()
    services.restore_item(actor=bob, item=version.file)
    services.remove_item(actor=bob, item=now(version.file))
    with pytest.raises(Conflict, match="not where it was left"):
        services.undo_deed(actor=alice, deed=deed)


def test_the_folder_it_came_from_must_still_be_there(
    alice: User, version: Version, folder: Item, elsewhere: Item
) -> None:
    services.move_item(actor=alice, item=version.file, parent=elsewhere)
    deed = newest()
    services.remove_item(actor=alice, item=folder)
    with pytest.raises(Conflict, match="no such folder"):
        services.undo_deed(actor=alice, deed=deed)


def test_the_right_is_asked_for_again(bob: User, version: Version) -> None:
    grant = give(version.file.workspace, "contributor", bob)
    services.rename_item(actor=bob, item=version.file, name="new.csv")
    WorkspaceUserGrant.objects.filter(pk=grant.pk).delete()
    give(version.file.workspace, "visitor", bob)
    with pytest.raises(Refused):
        undo(bob)
    assert now(version.file).name == "new.csv"


def test_nobody_undoes_what_somebody_else_did(alice: User, bob: User, version: Version) -> None:
    give(version.file.workspace, "manager", bob)
    services.rename_item(actor=alice, item=version.file, name="new.csv")
    with pytest.raises(Conflict):
        undo(bob)
    assert press(bob, newest().together).status_code == 404


def test_an_earlier_name_goes_with_what_is_removed_for_good(alice: User, bob: User, version: Version) -> None:
    give(version.file.workspace, "manager", bob)
    services.rename_item(actor=alice, item=version.file, name="new.csv")
    services.remove_item(actor=alice, item=version.file)
    removal = services.ask_for_removal(actor=alice, item=now(version.file), reason="By mistake.")
    services.confirm_removal(actor=bob, removal=removal)
    assert not UndoableDeed.objects.exists()


def test_the_page_offers_a_button_and_the_button_undoes(alice: User, version: Version) -> None:
    client = browser(alice)
    answer = client.post(reverse("workspaces:remove", args=[version.file_id]), follow=True)
    address = reverse("workspaces:undo", args=[newest().together])
    assert f'action="{address}"' in answer.content.decode()
    back = client.post(address, follow=True)
    assert "It is undone" in back.content.decode()
    assert now(version.file).removed_at is None


def test_a_form_that_renames_and_describes_is_undone_as_one(alice: User, version: Version) -> None:
    client = browser(alice)
    client.post(reverse("workspaces:edit", args=[version.file_id]), {"name": "b.csv", "description": "In mg"})
    client.post(reverse("workspaces:undo", args=[newest().together]))
    assert (now(version.file).name, now(version.file).description) == ("doses.csv", "")


def test_saving_without_a_change_offers_nothing(alice: User, version: Version) -> None:
    said = {"name": "doses.csv", "description": ""}
    answer = browser(alice).post(reverse("workspaces:edit", args=[version.file_id]), said, follow=True)
    assert "Saved and recorded." in answer.content.decode()
    assert "/undo/" not in answer.content.decode()


def test_several_are_undone_by_one_button_each_for_itself(
    alice: User, bob: User, workspace: Workspace, folder: Item
) -> None:
    give(workspace, "contributor", bob)
    files = [put(alice, workspace, f"{name}.csv", b"1", folder=folder).file for name in "ab"]
    said = {"item": [str(one.pk) for one in files], "to": "top"}
    browser(alice).post(reverse("workspaces:move_chosen", args=[workspace.pk]), said)
    services.move_item(actor=bob, item=now(files[0]), parent=folder)
    services.rename_item(actor=bob, item=now(files[0]), name="c.csv")
    answer = press(alice, newest_of(alice).together)
    assert answer.status_code == 200
    assert "Somebody changed this since" in answer.content.decode()
    assert now(files[1]).parent == folder


def newest_of(actor: User) -> UndoableDeed:
    return UndoableDeed.objects.filter(actor=actor).order_by("pk").last()  # type: ignore[return-value]


def test_programs_are_given_the_address(alice: User, version: Version) -> None:
    workspace, client = version.file.workspace, browser(alice)
    said = {"deed": "remove", "items": [str(version.file_id)]}
    url = reverse("workspaces_api:chosen", args=[workspace.pk])
    asked = client.post(url + "?preview=true", said, "application/json").json()
    done = client.post(url, said, "application/json").json()
    assert "undo" not in asked
    assert client.post(done["undo"]).json()["done"] == 1
    assert now(version.file).removed_at is None
    assert client.post(done["undo"]).status_code == 404


def test_programs_read_why_it_was_refused(alice: User, version: Version) -> None:
    services.rename_item(actor=alice, item=version.file, name="new.csv")
    deed = newest()
    services.rename_item(actor=alice, item=version.file, name="newer.csv")
    answer = browser(alice).post(reverse("workspaces_api:undo", args=[deed.together]))
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def removed_by(actor: User, workspace: Workspace, files: list[Item]) -> UndoableDeed:
    said = {"item": [str(one.pk) for one in files]}
    browser(actor).post(reverse("workspaces:remove_chosen", args=[workspace.pk]), said)
    return newest_of(actor)


def test_who_left_the_workspace_finds_nothing_to_undo(
    alice: User, bob: User, workspace: Workspace, folder: Item
) -> None:
    files = [put(alice, workspace, f"{name}.csv", b"1", folder=folder).file for name in "ab"]
    give(workspace, "contributor", bob)
    deed = removed_by(bob, workspace, files)
    WorkspaceUserGrant.objects.filter(user=bob).delete()
    for file in files:
        services.restore_item(actor=alice, item=now(file))
        services.rename_item(actor=alice, item=now(file), name=f"secret-{file.pk}.csv")
    answer = press(bob, deed.together)
    assert answer.status_code == 404
    assert "secret-" not in answer.content.decode()
    assert browser(bob).post(reverse("workspaces_api:undo", args=[deed.together])).status_code == 404


def test_undoing_does_not_name_what_one_may_not_view_any_more(
    alice: User, bob: User, workspace: Workspace, folder: Item
) -> None:
    files = [put(alice, workspace, f"{name}.csv", b"1", folder=folder).file for name in "ab"]
    give(workspace, "contributor", bob)
    deed = removed_by(bob, workspace, files)
    services.restore_item(actor=alice, item=now(files[0]))
    services.rename_item(actor=alice, item=now(files[0]), name="secret.csv")
    exempt(now(files[0]), "deny", Right.VIEW, bob)
    page = press(bob, deed.together).content.decode()
    assert "Not done" in page
    assert "secret.csv" not in page


def test_whether_something_changed_is_told_only_to_who_may_still_view_it(
    alice: User, bob: User, version: Version
) -> None:
    give(version.file.workspace, "contributor", bob)
    services.rename_item(actor=bob, item=version.file, name="new.csv")
    deed = newest()
    services.rename_item(actor=alice, item=now(version.file), name="secret.csv")
    exempt(now(version.file), "deny", Right.VIEW, bob)
    with pytest.raises(Refused):
        services.undo_deed(actor=bob, deed=deed)


def test_a_folder_that_one_may_not_view_any_more_is_not_named_when_something_cannot_go_back(
    alice: User, bob: User, version: Version, folder: Item, elsewhere: Item
) -> None:
    give(version.file.workspace, "contributor", bob)
    services.move_item(actor=bob, item=version.file, parent=elsewhere)
    deed = newest()
    services.rename_item(actor=alice, item=folder, name="Secret")
    exempt(now(folder), "deny", Right.VIEW, bob)
    assert "Secret" not in press(bob, deed.together).content.decode()

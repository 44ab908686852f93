"""Locks: what they keep others from, who lifts them, and that they end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.inbox import selectors as inbox
from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from sharing.models import WorkspaceUserGrant
from tests.workspaces.conftest import browser, give, last_entry, put
from workspaces import services
from workspaces.models import Item, Lock, Upload, Version
from workspaces.organising.rules import ItemLocked

pytestmark = pytest.mark.django_db(transaction=True)


def later(**length: int) -> datetime:
    return timezone.now() + timedelta(**(length or {"days": 2}))


@pytest.fixture
def file(bob: User, version: Version) -> Item:
    """doses.csv in "Visit 2"; Bob is a contributor."""
    give(version.file.workspace, "contributor", bob)
    return version.file


@pytest.fixture
def lock(bob: User, file: Item) -> Lock:
    return services.lock_file(actor=bob, file=file, reason="I correct the units.", until=later())


def new_version(person: User, file: Item) -> Version:
    sealed = services.seal_upload(actor=person, workspace=file.workspace, chunks=[b"new"], into=file)
    return services.upload_version(actor=person, file=file, sealed=sealed)


DEEDS: dict[str, Callable[[User, Item], Any]] = {
    "new version": new_version,
    "same name": lambda person, file: put(
        person, file.workspace, file.name, b"new", folder=file.parent, on_conflict="new_version"
    ),
    "rename": lambda person, file: services.rename_item(actor=person, item=file, name="other.csv"),
    "move": lambda person, file: services.move_item(actor=person, item=file, parent=None),
    "remove": lambda person, file: services.remove_item(actor=person, item=file),
    "lock": lambda person, file: services.lock_file(actor=person, file=file, reason="Me too.", until=later()),
    "resumable upload": lambda person, file: services.begin_upload(
        actor=person, workspace=file.workspace, into=file, name=file.name, size=3
    ),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_others_cannot_change_what_is_locked_and_are_told_why(alice: User, file: Item, lock: Lock, deed: str) -> None:
    with pytest.raises(ItemLocked, match=r"Bob Lefèvre has locked “doses.csv” until .*: “I correct the units.”"):
        DEEDS[deed](alice, file)
    file.refresh_from_db()
    assert (file.name, file.removed_at, file.versions.count()) == ("doses.csv", None, 1)


@pytest.mark.parametrize("deed", DEEDS)
def test_whoever_locked_it_can(bob: User, file: Item, lock: Lock, deed: str) -> None:
    DEEDS[deed](bob, file)


@pytest.mark.parametrize("deed", DEEDS)
def test_a_lock_that_has_ended_keeps_nobody(alice: User, file: Item, lock: Lock, deed: str) -> None:
    Lock.objects.update(since=later(days=-2), until=later(minutes=-1))
    DEEDS[deed](alice, file)


@pytest.mark.parametrize("deed", ["move", "remove"])
def test_a_folder_with_a_locked_file_stays_where_it_is(alice: User, file: Item, lock: Lock, deed: str) -> None:
    folder = file.parent
    assert folder is not None
    other = services.create_folder(actor=alice, workspace=file.workspace, parent=None, name="Other")
    moved: dict[str, Callable[[], Any]] = {
        "move": lambda: services.move_item(actor=alice, item=folder, parent=other),
        "remove": lambda: services.remove_item(actor=alice, item=folder),
    }
    with pytest.raises(ItemLocked, match="a file in “Visit 2”"):
        moved[deed]()
    Lock.objects.all().delete()
    moved[deed]()


def test_an_upload_that_meets_a_lock_in_the_end_is_kept_to_be_tried_again(alice: User, bob: User, file: Item) -> None:
    upload = services.begin_upload(actor=alice, workspace=file.workspace, into=file, name=file.name, size=3)
    services.lock_file(actor=bob, file=file, reason="I correct the units.", until=later())
    upload = services.receive_bytes(actor=alice, upload=upload, offset=0, chunks=[b"new"])
    upload.refresh_from_db()
    assert (upload.state, upload.choices) == (Upload.State.ASKING, ["again"])
    services.lift_lock(actor=bob, file=file)
    services.decide_upload(actor=alice, upload=upload, on_conflict="new_version")
    assert file.versions.count() == 2


def test_locking_is_recorded(bob: User, file: Item, lock: Lock) -> None:
    assert (last_entry().kind, last_entry().actor, last_entry().item) == ("file.locked", bob.pk, file.pk)


def test_a_visitor_cannot_lock(charlie: User, file: Item) -> None:
    give(file.workspace, "visitor", charlie)
    with pytest.raises(Refused):
        services.lock_file(actor=charlie, file=file, reason="Mine.", until=later())


def test_a_stranger_can_neither_lock_nor_lift(charlie: User, file: Item, lock: Lock) -> None:
    for deed in (
        lambda: services.lock_file(actor=charlie, file=file, reason="Mine.", until=later()),
        lambda: services.lift_lock(actor=charlie, file=file),
    ):
        with pytest.raises(Refused):
            deed()
    assert Lock.objects.count() == 1


@pytest.mark.parametrize(
    ("reason", "until"), [("", 2), ("x" * 301, 2), ("Why.", -1), ("Why.", 0), ("Why.", 91), ("a\u202eb", 2)]
)
def test_a_lock_has_a_reason_and_an_end(bob: User, file: Item, reason: str, until: int) -> None:
    with pytest.raises(InvalidInput):
        services.lock_file(actor=bob, file=file, reason=reason, until=later(days=until))
    assert not Lock.objects.exists()


def test_a_folder_and_an_archived_file_are_not_locked(alice: User, folder: Item, version: Version) -> None:
    with pytest.raises(InvalidInput):
        services.lock_file(actor=alice, file=folder, reason="Why.", until=later())
    services.archive_workspace(actor=alice, workspace=folder.workspace)
    with pytest.raises(Conflict, match="archived"):
        services.lock_file(actor=alice, file=version.file, reason="Why.", until=later())


def test_ones_own_lock_can_be_made_longer(bob: User, file: Item, lock: Lock) -> None:
    services.lock_file(actor=bob, file=file, reason="Still at it.", until=later(days=5))
    assert [one.reason for one in Lock.objects.all()] == ["Still at it."]


def lines(person: User) -> list[str]:
    return [row.words for row in inbox.rows_for(person, list(inbox.notices_for(person)))]


def test_the_holder_lifts_it(bob: User, file: Item, lock: Lock) -> None:
    services.lift_lock(actor=bob, file=file)
    assert (Lock.objects.count(), last_entry().kind, lines(bob)) == (0, "file.unlocked", [])


def test_a_manager_lifts_it_and_the_holder_is_told(alice: User, bob: User, file: Item, lock: Lock) -> None:
    services.lift_lock(actor=alice, file=file)
    assert (Lock.objects.count(), last_entry().actor) == (0, alice.pk)
    assert lines(bob) == ["lifted your lock on “doses.csv”"]


def test_another_contributor_does_not(charlie: User, file: Item, lock: Lock) -> None:
    give(file.workspace, "contributor", charlie)
    with pytest.raises(Refused):
        services.lift_lock(actor=charlie, file=file)
    assert Lock.objects.count() == 1


def test_the_holder_does_not_lift_it_who_may_not_see_the_file_any_more(bob: User, file: Item, lock: Lock) -> None:
    WorkspaceUserGrant.objects.filter(user=bob).delete()
    with pytest.raises(Refused):
        services.lift_lock(actor=bob, file=file)


def test_there_is_nothing_to_lift_twice(bob: User, file: Item, lock: Lock) -> None:
    services.lift_lock(actor=bob, file=file)
    with pytest.raises(Conflict):
        services.lift_lock(actor=bob, file=file)


def test_who_could_neither_lock_nor_lift_is_not_told_whether_there_is_a_lock(
    bob: User, charlie: User, file: Item, lock: Lock
) -> None:
    give(file.workspace, "visitor", charlie)
    said = []
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            services.lift_lock(actor=charlie, file=file)
        said.append(refused.value.sentence)
        Lock.objects.all().delete()
    assert said[0] == said[1]


def test_the_pages_show_who_keeps_it_and_why(alice: User, file: Item, lock: Lock) -> None:
    client = browser(alice)
    shown = client.get(f"/workspaces/files/{file.pk}/").content.decode()
    assert "Bob Lefèvre has locked this file" in shown
    assert "I correct the units." in shown
    assert "Locked" in client.get(f"/workspaces/folders/{file.parent_id}/").content.decode()


def test_the_pages_lock_lift_and_refuse_with_a_sentence(alice: User, bob: User, file: Item) -> None:
    said = {"reason": "I correct the units.", "until": later().strftime("%Y-%m-%dT%H:%M")}
    assert browser(bob).post(f"/workspaces/files/{file.pk}/lock/", said).status_code == 302
    client = browser(alice)
    renamed = client.post(f"/workspaces/items/{file.pk}/edit/", {"name": "other.csv", "description": ""})
    assert (renamed.status_code, "has locked" in renamed.content.decode()) == (400, True)
    removed = client.post(f"/workspaces/items/{file.pk}/remove/", follow=True)
    assert "has locked" in removed.content.decode()
    assert client.post(f"/workspaces/files/{file.pk}/lock/lift/").status_code == 302
    assert not Lock.objects.exists()


def test_programs_are_answered_409_and_do_the_same(alice: User, bob: User, file: Item) -> None:
    path, client = f"/api/v1/files/{file.pk}/lock/", browser(bob)
    assert client.get(path).status_code == 204
    said = {"reason": "I correct the units.", "until": later().isoformat()}
    assert client.put(path, said, content_type="application/json").status_code == 200
    assert client.get(path).json()["reason"] == "I correct the units."
    refused = browser(alice).put(path, said, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "item_locked")
    assert browser(alice).delete(path).status_code == 204

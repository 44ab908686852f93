"""Removing for good: two people, nothing that keeps it, and afterwards no key, no name and no bytes are left."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, Gone, InvalidInput, Refused, Unavailable
from ledger_bridge.erasure import services as erasures
from ledger_bridge.models import Entry
from tests.workspaces.conftest import CONTENT, blobs, exempt, give, last_entry, put, read
from workspaces import services
from workspaces.binding import check_versions
from workspaces.crypt4gh.keys import format_public_key
from workspaces.models import HandOver, Item, Removal, StorageUse, Upload, Version, Workspace
from workspaces.permissions import Right
from workspaces.removal.rules import Kept
from workspaces.sweeping import sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def binned(alice: User, folder: Item, version: Version) -> Item:
    """The folder with the file in it, in the bin."""
    return services.remove_item(actor=alice, item=folder)


def ask(actor: User, item: Item) -> Removal:
    return services.ask_for_removal(actor=actor, item=item, reason="Sent to us by mistake.")


def remove_for_good(first: User, second: User, item: Item) -> Removal:
    return services.confirm_removal(actor=second, removal=ask(first, item))


def stored(workspace: Workspace) -> int:
    return StorageUse.objects.get(workspace=workspace).stored


def test_nothing_is_lost_before_a_second_person_confirms(alice: User, binned: Item, version: Version) -> None:
    ask(alice, binned)
    services.restore_item(actor=alice, item=binned)
    assert read(alice, version) == CONTENT


def test_the_keys_and_words_of_everything_in_it_are_destroyed(
    alice: User, bob: User, workspace: Workspace, binned: Item, version: Version
) -> None:
    give(workspace, "manager", bob)
    remove_for_good(alice, bob, binned)
    version.refresh_from_db()
    file = Item.objects.get(pk=version.file_id)
    assert (bytes(version.wrapped_key), bytes(version.plaintext_sha256), version.note) == (b"", b"", "")
    assert (file.name, file.name_key, file.description) == ("", "", "")
    assert version.shredded_at is not None
    assert file.shredded_at is not None


def test_its_room_is_given_back_and_its_bytes_are_deleted(
    alice: User, bob: User, workspace: Workspace, binned: Item, settings: Any
) -> None:
    give(workspace, "manager", bob)
    assert stored(workspace) == len(CONTENT)
    remove_for_good(alice, bob, binned)
    assert stored(workspace) == 0
    assert services.finish_removals() == 1
    assert blobs(settings) == []
    assert services.finish_removals() == 0


def test_bytes_that_could_not_be_deleted_are_deleted_later(
    alice: User, bob: User, workspace: Workspace, binned: Item, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(workspace, "manager", bob)
    remove_for_good(alice, bob, binned)

    def away(*_: object) -> None:
        raise Unavailable("The file store does not answer.")

    with monkeypatch.context() as broken:
        broken.setattr("workspaces.storage.local.LocalBlobStore.delete", away)
        assert services.finish_removals() == 0
    assert len(blobs(settings)) == 1
    assert services.finish_removals() == 1


def test_bytes_that_come_back_with_an_old_copy_of_the_store_are_swept(
    alice: User, bob: User, workspace: Workspace, binned: Item, settings: Any
) -> None:
    give(workspace, "manager", bob)
    sweep()
    kept = blobs(settings)[0]
    content = kept.read_bytes()
    remove_for_good(alice, bob, binned)
    services.finish_removals()
    kept.write_bytes(content)
    sweep()
    assert blobs(settings) == []


def test_a_header_that_was_handed_out_goes_too(
    alice: User, bob: User, workspace: Workspace, folder: Item, version: Version
) -> None:
    give(workspace, "manager", bob)
    key = services.register_recipient_key(actor=alice, name="Laptop", content=format_public_key(b"\x09" * 32))
    services.hand_over_version(actor=alice, version=version, key=key)
    remove_for_good(alice, bob, services.remove_item(actor=alice, item=folder))
    assert bytes(HandOver.objects.get().header) == b""


def test_the_name_that_an_upload_remembers_goes_too(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "manager", bob)
    upload = services.begin_upload(actor=alice, workspace=workspace, into=None, name="Miller.csv", size=3)
    services.receive_bytes(actor=alice, upload=upload, chunks=[b"abc"], offset=0)
    file = Item.objects.get(name="Miller.csv")
    remove_for_good(alice, bob, services.remove_item(actor=alice, item=file))
    assert not Upload.objects.exists()


def test_who_asked_cannot_confirm(alice: User, binned: Item) -> None:
    removal = ask(alice, binned)
    with pytest.raises(Refused, match="not the one who asked"):
        services.confirm_removal(actor=alice, removal=removal)


def test_the_database_refuses_one_person_alone(alice: User, binned: Item) -> None:
    removal = ask(alice, binned)
    removal.state, removal.decided_by, removal.decided_at = Removal.State.DONE, alice, timezone.now()
    removal.entry = removal.pk
    with pytest.raises(IntegrityError, match="removal_takes_two_people"), transaction.atomic():
        removal.save()


def test_the_database_keeps_no_key_of_what_was_shredded(version: Version) -> None:
    with pytest.raises(IntegrityError, match="shredded_version_has_no_key"), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(shredded_at=timezone.now())


@pytest.mark.parametrize("role", ["visitor", "contributor"])
def test_it_takes_the_right_to_manage(alice: User, bob: User, workspace: Workspace, binned: Item, role: str) -> None:
    give(workspace, role, bob)
    with pytest.raises(Refused):
        ask(bob, binned)
    removal = ask(alice, binned)
    with pytest.raises(Refused):
        services.confirm_removal(actor=bob, removal=removal)
    with pytest.raises(Refused):
        services.decline_removal(actor=bob, removal=removal, answer="No.")


def test_a_manager_from_whom_something_in_it_is_kept_neither_asks_nor_confirms(
    alice: User, bob: User, workspace: Workspace, binned: Item, version: Version
) -> None:
    give(workspace, "manager", bob)
    exempt(version.file, "deny", Right.EDIT, bob)
    with pytest.raises(Refused, match="kept from you"):
        ask(bob, binned)
    removal = ask(alice, binned)
    with pytest.raises(Refused, match="kept from you"):
        services.confirm_removal(actor=bob, removal=removal)


def test_an_admin_confirms_where_there_is_one_manager(alice: User, dana: User, binned: Item) -> None:
    assert remove_for_good(alice, dana, binned).state == "done"


def test_an_admin_does_not_where_a_second_manager_can(
    alice: User, bob: User, dana: User, workspace: Workspace, binned: Item
) -> None:
    give(workspace, "manager", bob)
    removal = ask(alice, binned)
    with pytest.raises(Refused, match="second manager"):
        services.confirm_removal(actor=dana, removal=removal)


def test_only_what_is_in_the_bin_can_be_asked_for(alice: User, folder: Item) -> None:
    with pytest.raises(Conflict, match="not in the bin"):
        ask(alice, folder)


def test_a_reason_is_needed(alice: User, binned: Item) -> None:
    with pytest.raises(InvalidInput, match="Say why"):
        services.ask_for_removal(actor=alice, item=binned, reason=" ")


def test_it_is_asked_for_once(alice: User, binned: Item) -> None:
    ask(alice, binned)
    with pytest.raises(Conflict, match="already"):
        ask(alice, binned)


def test_asking_declining_and_confirming_are_recorded(alice: User, dana: User, binned: Item) -> None:
    services.decline_removal(actor=dana, removal=ask(alice, binned), answer="It is needed for the audit.")
    remove_for_good(alice, dana, binned)
    kinds = list(Entry.objects.filter(kind__startswith="removal.").order_by("recorded_at"))
    assert [entry.kind for entry in kinds] == [
        "removal.asked",
        "removal.declined",
        "removal.asked",
        "removal.done",
    ]
    assert kinds[1].detail["answer"] == "It is needed for the audit."
    assert (str(kinds[3].actor), kinds[3].detail["asked_by"]) == (str(dana.pk), str(alice.pk))


def test_who_asked_may_take_it_back(alice: User, binned: Item) -> None:
    removal = services.decline_removal(actor=alice, removal=ask(alice, binned), answer="A mistake.")
    assert removal.state == "declined"
    with pytest.raises(Conflict, match="decided already"):
        services.decline_removal(actor=alice, removal=removal, answer="Again.")


def test_restoring_answers_a_removal_that_waits(alice: User, dana: User, binned: Item) -> None:
    removal = ask(alice, binned)
    services.restore_item(actor=alice, item=binned)
    removal.refresh_from_db()
    assert (removal.state, removal.answer) == ("declined", "It was restored.")
    with pytest.raises(Conflict):
        services.confirm_removal(actor=dana, removal=removal)


def test_what_was_removed_for_good_is_not_restored(alice: User, dana: User, binned: Item) -> None:
    remove_for_good(alice, dana, binned)
    with pytest.raises(Conflict, match="removed for good"):
        services.restore_item(actor=alice, item=binned)


def test_it_cannot_be_opened_any_more(alice: User, dana: User, binned: Item, version: Version) -> None:
    remove_for_good(alice, dana, binned)
    stale = Version.objects.select_related("file__workspace").get(pk=version.pk)
    with pytest.raises(Gone, match="by Alice Brandt and Dana Okafor"):
        services.open_version(actor=alice, version=stale)


def subjects(version: Version, folder: Item) -> dict[str, tuple[str, str]]:
    return {
        "workspace": ("workspace", str(folder.workspace_id)),
        "folder": ("item", str(folder.pk)),
        "file": ("item", str(version.file_id)),
        "uploader": ("person", str(version.created_by_id)),
    }


@pytest.mark.parametrize("on", ["workspace", "folder", "file", "uploader"])
def test_a_legal_hold_stands_against_it(alice: User, dana: User, binned: Item, version: Version, on: str) -> None:
    removal = ask(alice, binned)
    kind, subject = subjects(version, binned)[on]
    erasures.place_hold(actor=dana, kind=kind, subject=subject, reason="inquiry 7")
    with pytest.raises(Kept, match="inquiry 7"):
        services.confirm_removal(actor=dana, removal=removal)
    version.refresh_from_db()
    assert bytes(version.wrapped_key)
    entry = last_entry()
    assert (entry.kind, entry.outcome) == ("removal.refused", Entry.Outcome.DENY)


def test_a_hold_on_a_folder_protects_a_file_that_was_removed_alone(
    alice: User, dana: User, folder: Item, version: Version
) -> None:
    erasures.place_hold(actor=dana, kind="item", subject=str(folder.pk), reason="inquiry 7")
    with pytest.raises(Kept):
        ask(alice, services.remove_item(actor=alice, item=version.file))


def test_a_hold_waits_for_a_removal_that_has_looked(
    alice: User, dana: User, binned: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    removal, placed = ask(alice, binned), threading.Event()

    def place() -> None:
        try:
            erasures.place_hold(actor=dana, kind="item", subject=str(binned.pk), reason="inquiry 7")
        finally:
            placed.set()
            connection.close()

    late = threading.Thread(target=place)
    shred = services.removals._shred

    def slowly(*arguments: Any) -> None:
        late.start()
        assert not placed.wait(0.3)
        shred(*arguments)

    monkeypatch.setattr("workspaces.services.removals._shred", slowly)
    services.confirm_removal(actor=dana, removal=removal)
    late.join(20)
    assert placed.is_set()
    assert list(Entry.objects.filter(kind__in=["removal.done", "erasure.hold_placed"]).order_by("recorded_at"))


def test_retention_keeps_a_file_until_its_days_are_over(alice: User, dana: User, binned: Item) -> None:
    services.set_retention(actor=alice, workspace=binned.workspace, keep_days=30, propose_after=None)
    with pytest.raises(Kept, match="30 days"):
        ask(alice, binned)
    Version.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert remove_for_good(alice, dana, binned).state == "done"


def test_the_installation_s_own_retention_is_the_least(alice: User, binned: Item, settings: Any) -> None:
    settings.RETENTION_DAYS_LEAST = 10
    with pytest.raises(Kept, match="10 days"):
        ask(alice, binned)
    with pytest.raises(InvalidInput, match="10 to"):
        services.set_retention(actor=alice, workspace=binned.workspace, keep_days=9, propose_after=None)


def test_retention_is_set_by_managers_and_recorded(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Refused):
        services.set_retention(actor=bob, workspace=workspace, keep_days=1, propose_after=None)
    services.set_retention(actor=alice, workspace=workspace, keep_days=3653, propose_after=90)
    assert last_entry().detail == {
        "before_keep_days": 0,
        "keep_days": 3653,
        "before_propose_after": -1,
        "propose_after": 90,
    }


def test_fsck_finds_nothing_wrong_with_it(alice: User, dana: User, binned: Item) -> None:
    remove_for_good(alice, dana, binned)
    services.finish_removals()
    assert list(check_versions()) == []


def test_fsck_finds_a_key_that_was_destroyed_without_two_people(version: Version) -> None:
    found = Version.objects.filter(pk=version.pk)
    found.update(wrapped_key=b"", plaintext_sha256=b"", shredded_at=timezone.now())
    assert ["no entry says" in problem.what for problem in check_versions()] == [True]


def test_other_files_of_the_workspace_still_open(alice: User, dana: User, binned: Item) -> None:
    other = put(alice, binned.workspace, "other.csv", b"a,b\n")
    remove_for_good(alice, dana, binned)
    services.finish_removals()
    sweep()
    assert read(alice, other) == b"a,b\n"


def test_of_two_who_decide_at_once_one_wins(alice: User, bob: User, dana: User, binned: Item) -> None:
    removal = ask(alice, binned)
    outcomes = []

    def decide(deed: Any, **more: Any) -> None:
        try:
            outcomes.append(deed(actor=dana, removal=removal, **more).state)
        except Conflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    deeds = [
        threading.Thread(target=decide, args=(services.confirm_removal,)),
        threading.Thread(target=decide, args=(services.decline_removal,), kwargs={"answer": "No."}),
    ]
    for one in deeds:
        one.start()
    for one in deeds:
        one.join(30)
    assert sorted(outcomes) in (["conflict", "done"], ["conflict", "declined"])

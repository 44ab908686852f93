"""Sealing bytes and recording them as a file or as its next version."""

from hashlib import sha256
from typing import Any

import pytest
from blake3 import blake3

from accounts.models import User
from core.errors import Conflict, DamagedContent, InvalidInput, Refused, TooLarge
from ledger_bridge.models import Entry
from tests.workspaces.conftest import CONTENT, blobs, exempt, give, last_entry, put, read
from workspaces import services
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right
from workspaces.sealing import discard
from workspaces.storage import blob_store


def test_what_was_added_can_be_read(alice: User, version: Version) -> None:
    assert read(alice, version) == CONTENT


def test_it_is_listed_in_its_folder(alice: User, version: Version, folder: Item) -> None:
    file = Item.objects.visible_to(alice).get(parent=folder)
    assert (file.name, file.kind, file.current_version) == ("doses.csv", "file", version)
    assert file.path == [folder.id, file.id]


def test_the_version_knows_sizes_hashes_and_kind(version: Version) -> None:
    assert (version.number, version.plaintext_size, version.body_size) == (1, len(CONTENT), len(CONTENT) + 28)
    assert bytes(version.plaintext_sha256) == sha256(CONTENT).digest()
    assert (version.media_type, version.type_mismatch) == ("text/csv", False)


def test_it_is_recorded_with_all_that_identifies_the_bytes(version: Version) -> None:
    entry = last_entry()
    body = blob_store().read_at(version.blob, 0, version.body_size)
    assert (entry.id, entry.kind, entry.version) == (version.entry, "version.uploaded", version.id)
    assert entry.detail["plaintext_sha256"] == sha256(CONTENT).hexdigest()
    assert entry.detail["body_blake3"] == blake3(body).hexdigest()
    assert entry.detail["key_commitment"] == bytes(version.key_commitment).hex()


def test_the_stored_bytes_are_not_the_content(version: Version, settings: Any) -> None:
    (blob,) = blobs(settings)
    assert CONTENT[:8] not in blob.read_bytes()


def test_an_empty_file_is_a_file(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "empty.txt", b"")
    assert (version.plaintext_size, version.body_size, read(alice, version)) == (0, 0, b"")


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 65_537, 1_048_576, 3_000_001])
def test_any_size_comes_back(alice: User, workspace: Workspace, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    assert read(alice, put(alice, workspace, "any.bin", content[:size])) == content[:size]


def test_sealing_requires_the_right_and_stores_nothing_without(bob: User, workspace: Workspace, settings: Any) -> None:
    give(workspace, "visitor", bob)
    with pytest.raises(Refused):
        services.seal_upload(actor=bob, workspace=workspace, chunks=[CONTENT])
    assert blobs(settings) == []


def test_recording_requires_the_right_too(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    sealed = services.seal_upload(actor=alice, workspace=workspace, chunks=[CONTENT])
    with pytest.raises(Refused):
        services.add_file(actor=bob, workspace=workspace, parent=None, name="x", sealed=sealed)


def test_the_right_may_come_from_the_folder_alone(bob: User, workspace: Workspace, folder: Item) -> None:
    for right in (Right.VIEW, Right.UPLOAD):
        exempt(folder, "allow", right, bob)
    assert put(bob, workspace, "mine.txt", b"mine", folder=folder).created_by == bob


def test_a_file_over_the_limit_is_refused_and_nothing_kept(alice: User, workspace: Workspace, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 10
    with pytest.raises(TooLarge):
        services.seal_upload(actor=alice, workspace=workspace, chunks=[b"12345678", b"9ab"])
    assert blobs(settings) == []


def test_a_declared_size_over_the_limit_is_refused_before_anything_is_read(
    alice: User, workspace: Workspace, settings: Any
) -> None:
    settings.MAX_UPLOAD_BYTES = 10
    chunks = iter([b"never read"])
    with pytest.raises(TooLarge):
        services.seal_upload(actor=alice, workspace=workspace, chunks=chunks, declared_size=11)
    assert list(chunks) == [b"never read"]


@pytest.mark.parametrize("declared", [len(CONTENT) - 1, len(CONTENT) + 1])
def test_a_sender_who_was_cut_off_leaves_nothing(
    alice: User, workspace: Workspace, settings: Any, declared: int
) -> None:
    with pytest.raises(InvalidInput):
        services.seal_upload(actor=alice, workspace=workspace, chunks=[CONTENT], declared_size=declared)
    assert blobs(settings) == []


def test_a_taken_name_asks_what_to_do(alice: User, workspace: Workspace, version: Version, folder: Item) -> None:
    with pytest.raises(Conflict) as conflict:
        put(alice, workspace, "DOSES.csv", b"other", folder=folder)
    assert conflict.value.extra == {"choices": ["new_version", "keep_both"], "file": str(version.file_id)}
    assert Version.objects.count() == 1


def test_who_may_not_add_a_version_to_it_is_offered_to_keep_both_only(
    bob: User, workspace: Workspace, version: Version, folder: Item
) -> None:
    give(workspace, "contributor", bob)
    exempt(version.file, "deny", Right.UPLOAD, bob)
    with pytest.raises(Conflict) as conflict:
        put(bob, workspace, "doses.csv", b"other", folder=folder)
    assert conflict.value.extra == {"choices": ["keep_both"], "file": None}


def test_a_taken_name_can_become_a_new_version(
    alice: User, workspace: Workspace, version: Version, folder: Item
) -> None:
    second = put(alice, workspace, "doses.csv", b"other", folder=folder, on_conflict="new_version")
    assert (second.file, second.number) == (version.file, 2)
    assert read(alice, version) == CONTENT


def test_both_can_be_kept(alice: User, workspace: Workspace, version: Version, folder: Item) -> None:
    names = [
        put(alice, workspace, "doses.csv", b"other", folder=folder, on_conflict="keep_both").file.name for _ in range(2)
    ]
    assert names == ["doses (2).csv", "doses (3).csv"]


def test_a_folder_of_that_name_can_only_be_stood_beside(alice: User, workspace: Workspace, folder: Item) -> None:
    with pytest.raises(Conflict) as conflict:
        put(alice, workspace, "Visit 2", b"x", on_conflict="new_version")
    assert conflict.value.extra["choices"] == ["keep_both"]


def test_versions_are_numbered_one_after_the_other(alice: User, version: Version) -> None:
    workspace = version.file.workspace
    for number in (2, 3):
        sealed = services.seal_upload(actor=alice, workspace=workspace, chunks=[b"v"], into=version.file)
        assert services.upload_version(actor=alice, file=version.file, sealed=sealed, note="again").number == number
    version.file.refresh_from_db()
    assert version.file.current_version == Version.objects.get(number=3)


def test_a_new_version_is_recorded(alice: User, version: Version) -> None:
    sealed = services.seal_upload(actor=alice, workspace=version.file.workspace, chunks=[b"v"])
    second = services.upload_version(actor=alice, file=version.file, sealed=sealed)
    assert Entry.objects.get(pk=second.entry).detail["number"] == 2


def test_a_new_version_requires_the_right_on_the_file(alice: User, bob: User, version: Version) -> None:
    give(version.file.workspace, "contributor", bob)
    exempt(version.file, "deny", Right.UPLOAD, bob)
    sealed = services.seal_upload(actor=alice, workspace=version.file.workspace, chunks=[b"v"])
    with pytest.raises(Refused):
        services.upload_version(actor=bob, file=version.file, sealed=sealed)


def test_a_folder_has_no_versions(alice: User, workspace: Workspace, folder: Item) -> None:
    sealed = services.seal_upload(actor=alice, workspace=workspace, chunks=[b"v"])
    with pytest.raises(InvalidInput):
        services.upload_version(actor=alice, file=folder, sealed=sealed)


def test_sealed_bytes_are_recorded_once(alice: User, version: Version) -> None:
    workspace = version.file.workspace
    sealed = services.seal_upload(actor=alice, workspace=workspace, chunks=[b"v"])
    services.add_file(actor=alice, workspace=workspace, parent=None, name="once", sealed=sealed)
    with pytest.raises(Exception, match="duplicate key"):
        services.add_file(actor=alice, workspace=workspace, parent=None, name="twice", sealed=sealed)


def test_bytes_sealed_for_another_workspace_are_refused(alice: User, workspace: Workspace) -> None:
    other = services.create_workspace(actor=alice, name="Other")
    sealed = services.seal_upload(actor=alice, workspace=other, chunks=[b"v"])
    with pytest.raises(InvalidInput):
        services.add_file(actor=alice, workspace=workspace, parent=None, name="x", sealed=sealed)


def test_bytes_that_were_swept_away_are_not_recorded(alice: User, workspace: Workspace) -> None:
    sealed = services.seal_upload(actor=alice, workspace=workspace, chunks=[b"v"])
    discard(sealed.stored)
    with pytest.raises(DamagedContent):
        services.add_file(actor=alice, workspace=workspace, parent=None, name="x", sealed=sealed)
    assert not Item.objects.exists()


def test_a_removed_file_frees_its_name(alice: User, workspace: Workspace, version: Version, folder: Item) -> None:
    services.remove_item(actor=alice, item=version.file)
    assert put(alice, workspace, "doses.csv", b"new", folder=folder).number == 1


def test_a_type_that_the_name_denies_is_marked(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "report.pdf", b"MZ\x90\x00 a program")
    assert (version.media_type, version.type_mismatch) == ("application/x-executable", True)


def test_secrets_do_not_show_in_the_words_of_an_upload(alice: User, workspace: Workspace) -> None:
    sealed = services.seal_upload(actor=alice, workspace=workspace, chunks=[b"v"])
    assert str(sealed.stored.data_key) not in repr(sealed)
    assert str(sealed.workspace_key.secret) not in repr(sealed)

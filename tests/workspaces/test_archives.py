"""A folder, a workspace or a selection as one ZIP archive."""

import hashlib
import io
import zipfile
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import make_api_token, revoke_api_token
from core.errors import DamagedContent, Gone, Refused
from ledger_bridge.models import Entry
from sharing.models import WorkspaceUserGrant
from tests.workspaces.conftest import CONTENT, blobs, browser, content_of, exempt, give, last_entry, put
from workspaces import services
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right


def fetch(user: User, workspace: Workspace, query: str = "") -> Any:
    client = browser(user, raise_request_exception=False)
    return client.get(reverse("workspaces:zip", args=[workspace.pk]) + query)


def unpacked(answer: Any) -> dict[str, bytes]:
    content = content_of(answer)
    assert answer["Content-Length"] == str(len(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def parent_of(version: Version) -> Item:
    assert version.file.parent is not None
    return version.file.parent


@pytest.fixture
def notes(alice: User, workspace: Workspace, folder: Item) -> Version:
    below = services.create_folder(actor=alice, workspace=workspace, parent=folder, name="Notes")
    return put(alice, workspace, "a: b?.txt", b"note", folder=below)


def test_a_folder_comes_with_everything_below_it(alice: User, version: Version, notes: Version, folder: Item) -> None:
    found = unpacked(fetch(alice, folder.workspace, f"?folder={folder.pk}"))
    sums = found.pop("SHA256SUMS.txt").decode()
    assert found == {"Notes/": b"", "doses.csv": CONTENT, "Notes/a_ b_.txt": b"note"}
    assert f"{hashlib.sha256(CONTENT).hexdigest()}  doses.csv\n" in sums


def test_a_workspace_comes_with_its_folders(alice: User, version: Version, notes: Version) -> None:
    answer = fetch(alice, version.file.workspace)
    assert 'filename="Site 12.zip"' in answer["Content-Disposition"]
    assert "Visit 2/Notes/a_ b_.txt" in unpacked(answer)


def test_every_file_is_recorded_when_its_turn_comes(alice: User, version: Version, notes: Version) -> None:
    answer = fetch(alice, version.file.workspace)
    assert (last_entry().kind, last_entry().detail["files"]) == ("workspace.archive_downloaded", 2)
    unpacked(answer)
    taken = Entry.objects.filter(kind="version.downloaded")
    assert {entry.version for entry in taken} == {version.pk, notes.pk}


def test_a_selection_holds_what_was_chosen(alice: User, version: Version, notes: Version) -> None:
    other = put(alice, version.file.workspace, "other.txt", b"x")
    chosen = f"?item={notes.file.parent_id}&item={other.file_id}"
    found = unpacked(fetch(alice, version.file.workspace, chosen))
    assert set(found) == {"Notes/", "Notes/a_ b_.txt", "other.txt", "SHA256SUMS.txt"}


def test_what_may_not_be_downloaded_is_left_out_and_said(
    alice: User, bob: User, version: Version, notes: Version
) -> None:
    give(version.file.workspace, "visitor", bob)
    exempt(notes.file, "deny", Right.DOWNLOAD, bob)
    found = unpacked(fetch(bob, version.file.workspace))
    assert "Visit 2/Notes/a_ b_.txt" not in found
    assert "Visit 2/Notes/a_ b_.txt" in found["LEFT OUT.txt"].decode()


def test_what_may_not_be_seen_is_nowhere(alice: User, bob: User, version: Version, notes: Version) -> None:
    give(version.file.workspace, "visitor", bob)
    exempt(parent_of(notes), "deny", Right.VIEW, bob)
    found = unpacked(fetch(bob, version.file.workspace))
    assert set(found) == {"Visit 2/", "Visit 2/doses.csv", "SHA256SUMS.txt"}


def test_a_folder_that_is_hidden_does_not_show_its_name(alice: User, bob: User, notes: Version) -> None:
    give(notes.file.workspace, "visitor", bob)
    exempt(parent_of(notes), "deny", Right.VIEW, bob)
    exempt(notes.file, "allow", Right.VIEW, bob)
    assert set(unpacked(fetch(bob, notes.file.workspace))) == {"Visit 2/", "Visit 2/a_ b_.txt", "SHA256SUMS.txt"}


def test_a_stranger_finds_nothing(charlie: User, version: Version) -> None:
    assert fetch(charlie, version.file.workspace).status_code == 404


def test_nobody_gets_an_archive_of_what_they_may_only_view(bob: User, version: Version) -> None:
    give(version.file.workspace, "visitor", bob)
    exempt(version.file, "deny", Right.DOWNLOAD, bob)
    assert fetch(bob, version.file.workspace).status_code == 403
    assert last_entry().kind == "access.refused"


def test_an_empty_folder_says_so(alice: User, folder: Item) -> None:
    assert fetch(alice, folder.workspace, f"?folder={folder.pk}").status_code == 409


@pytest.mark.parametrize("query", ["?item=x", "?item=00000000-0000-0000-0000-000000000000"])
def test_what_is_not_there_cannot_be_chosen(alice: User, version: Version, query: str) -> None:
    assert fetch(alice, version.file.workspace, query).status_code == 400


@pytest.mark.parametrize("limit", ["MAX_ARCHIVE_FILES", "MAX_ARCHIVE_BYTES"])
def test_too_much_is_refused_before_anything_is_opened(
    alice: User, version: Version, notes: Version, settings: Any, limit: str
) -> None:
    setattr(settings, limit, 1)
    assert fetch(alice, version.file.workspace).status_code == 413
    assert not Entry.objects.filter(kind="version.downloaded").exists()


def test_a_damaged_file_breaks_the_archive(alice: User, version: Version, notes: Version, settings: Any) -> None:
    answer = fetch(alice, version.file.workspace)
    for blob in blobs(settings):
        blob.write_bytes(b"x" * blob.stat().st_size)
    pieces: list[bytes] = []
    with pytest.raises(DamagedContent):
        pieces.extend(answer.streaming_content)
    arrived = b"".join(pieces)
    assert len(arrived) < int(answer["Content-Length"])
    assert not zipfile.is_zipfile(io.BytesIO(arrived))


def test_taking_the_right_away_breaks_the_archive(bob: User, version: Version, notes: Version) -> None:
    give(version.file.workspace, "visitor", bob)
    answer = fetch(bob, version.file.workspace)
    WorkspaceUserGrant.objects.filter(user=bob).delete()
    with pytest.raises(Refused):
        content_of(answer)


def test_suspending_somebody_breaks_the_archive_at_the_next_file(bob: User, version: Version, notes: Version) -> None:
    give(version.file.workspace, "visitor", bob)
    answer = fetch(bob, version.file.workspace)
    User.objects.filter(pk=bob.pk).update(suspended_at=timezone.now())
    with pytest.raises(Refused):
        content_of(answer)
    assert not Entry.objects.filter(kind="version.downloaded").exists()


def test_revoking_the_token_breaks_the_archive_at_the_next_file(alice: User, version: Version, notes: Version) -> None:
    token, text = make_api_token(actor=alice, name="nightly", scopes=["download"], days=7)
    path = f"/api/v1/workspaces/{version.file.workspace_id}/zip/"
    answer = Client(raise_request_exception=False).get(path, headers={"Authorization": f"Bearer {text}"})
    revoke_api_token(actor=alice, token=token)
    with pytest.raises(Refused):
        content_of(answer)
    assert not Entry.objects.filter(kind="version.downloaded").exists()


def test_each_file_of_an_archive_that_a_program_takes_names_its_token(
    alice: User, version: Version, notes: Version
) -> None:
    token, text = make_api_token(actor=alice, name="nightly", scopes=["download"], days=7)
    path = f"/api/v1/workspaces/{version.file.workspace_id}/zip/"
    content_of(Client().get(path, headers={"Authorization": f"Bearer {text}"}))
    taken = Entry.objects.filter(kind="version.downloaded")
    assert [entry.detail["by_token"] for entry in taken] == [str(token.pk)] * 2


def test_removing_a_file_breaks_the_archive_at_its_turn(alice: User, version: Version, notes: Version) -> None:
    answer = fetch(alice, version.file.workspace)
    services.remove_item(actor=alice, item=notes.file)
    with pytest.raises(Gone):
        content_of(answer)


def test_two_files_of_one_name_both_arrive(alice: User, bob: User, workspace: Workspace) -> None:
    put(alice, workspace, "a?.txt", b"1")
    put(alice, workspace, "a_.txt", b"2")
    found = unpacked(fetch(alice, workspace))
    found.pop("SHA256SUMS.txt")
    assert sorted(found.values()) == [b"1", b"2"]


def test_programs_get_it_too(alice: User, version: Version) -> None:
    answer = browser(alice).get(f"/api/v1/workspaces/{version.file.workspace_id}/zip/")
    assert unpacked(answer)["Visit 2/doses.csv"] == CONTENT

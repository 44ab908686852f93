"""Archives and names that promise something else, from the upload to the page: kept and marked, or refused."""

import json
import os
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import User
from core.errors import InvalidInput
from ledger_bridge.models import Entry
from tests.workspaces.conftest import blobs, browser, put, read
from tests.workspaces.inspection.archives import nested, zipped
from tests.workspaces.test_resumable import create, send
from workspaces import services
from workspaces.inspection import State
from workspaces.models import StorageUse, Upload, UploadRun, Version, Workspace

NOTES = zipped([("notes.txt", b"well\n"), ("scan.bin", os.urandom(200_000))])
ESCAPING = zipped([("scan.bin", os.urandom(200_000)), ("../../.bashrc", b"rm -rf /")])
LEADS_OUT = "An entry in it would be unpacked outside of the folder that is chosen for it (“..” in its name)."


def page(person: User, version: Version) -> str:
    return str(browser(person).get(reverse("workspaces:file", args=[version.file_id])).content.decode())


def test_an_archive_is_looked_into_while_it_is_sealed(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "site 12.zip", NOTES)
    assert (version.archive, version.archive_finding) == (State.SOUND, "2 entries, 195.3 KiB unpacked.")
    assert read(alice, version) == NOTES
    detail = Entry.objects.get(pk=version.entry).detail
    assert (detail["detected_type"], detail["archive"]) == ("application/zip", "sound")


def test_one_that_leads_out_of_its_folder_is_kept_and_marked(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "site 12.zip", ESCAPING)
    assert version.archive == State.UNSAFE
    shown = page(alice, version)
    assert "Take care when you unpack this archive" in shown
    assert "outside of the folder" in shown
    assert ".bashrc" not in shown
    listing = browser(alice).get(reverse("workspaces:detail", args=[workspace.pk])).content.decode()
    assert "Take care when unpacking" in listing
    answer = browser(alice).get(f"/api/v1/files/{version.file_id}/versions/").json()["results"][0]
    assert (answer["archive"], answer["archive_finding"]) == ("unsafe", version.archive_finding)


def test_one_beyond_the_limits_is_kept_and_marked(alice: User, workspace: Workspace, settings: Any) -> None:
    settings.LOOK_INTO_DEPTH = 1
    version = put(alice, workspace, "site 12.zip", nested(2))
    assert version.archive == State.UNSEEN
    assert "This archive was not looked into, or not to its end" in page(alice, version)


@pytest.mark.parametrize("limit", ["LOOK_INTO_ENTRIES", "LOOK_INTO_BYTES"])
def test_the_limits_are_settings(alice: User, workspace: Workspace, settings: Any, limit: str) -> None:
    setattr(settings, limit, 1)
    assert put(alice, workspace, "site 12.zip", NOTES).archive == State.UNSEEN


def test_nothing_is_said_about_what_is_no_archive(alice: User, version: Version) -> None:
    assert (version.archive, version.archive_finding) == ("", "")
    assert "Looked into" not in page(alice, version)


def test_an_installation_may_refuse_such_archives(alice: User, workspace: Workspace, settings: Any) -> None:
    settings.REMARKABLE_ARCHIVES = "refuse"
    put(alice, workspace, "fine.zip", NOTES)
    address = f"/api/v1/workspaces/{workspace.pk}/files/"
    headers = {"X-File-Name": "site%2012.zip"}
    answer = browser(alice).put(address, ESCAPING, content_type="application/octet-stream", headers=headers)
    assert answer.status_code == 400
    assert LEADS_OUT in answer.json()["error"]
    assert Version.objects.count() == len(blobs(settings)) == 1


def test_the_other_files_of_a_form_are_stored(alice: User, workspace: Workspace, settings: Any) -> None:
    settings.REMARKABLE_ARCHIVES = "refuse"
    files = [SimpleUploadedFile("a.zip", ESCAPING), SimpleUploadedFile("b.zip", NOTES)]
    answer = browser(alice).post(reverse("workspaces:upload", args=[workspace.pk]), {"files": files})
    assert "does not take such archives" in answer.content.decode()
    assert [version.file.name for version in Version.objects.all()] == ["b.zip"]


def whole(client: Any, address: str, content: bytes) -> None:
    send(client, address, 0, content)


def in_pieces(client: Any, address: str, content: bytes) -> None:
    for start, stop in pairwise([0, 5, 70_000, len(content)]):
        send(client, address, start, content[start:stop])


def under_two_keys(client: Any, address: str, content: bytes) -> None:
    send(client, address, 0, content[:70_000])
    # What the death of a process leaves behind.
    UploadRun.objects.update(closed=False)
    Upload.objects.update(lease="0192f0c1-2f8e-7a52-8f0e-6a4d5a1f9b3c", heard_at="2020-01-01T00:00:00Z")
    send(client, address, 70_000, content[70_000:])


@pytest.mark.parametrize("sent", [whole, in_pieces, under_two_keys])
def test_an_upload_in_requests_is_looked_into_as_well(
    alice: User, workspace: Workspace, sent: Callable[[Any, str, bytes], None]
) -> None:
    client = browser(alice)
    for content, state in ((NOTES, State.SOUND), (ESCAPING, State.UNSAFE)):
        sent(client, create(client, workspace, len(content), filename=f"{state}.zip")["Location"], content)
        version = Version.objects.latest("created_at")
        assert (version.archive, version.detected_type) == (state, "application/zip")
        assert read(alice, version) == content


@pytest.mark.parametrize("sent", [whole, in_pieces, under_two_keys])
def test_an_upload_in_requests_may_be_refused_as_well(
    alice: User, workspace: Workspace, settings: Any, sent: Callable[[Any, str, bytes], None]
) -> None:
    settings.REMARKABLE_ARCHIVES = "refuse"
    client = browser(alice)
    address = create(client, workspace, len(ESCAPING), filename="a.zip")["Location"]
    sent(client, address, ESCAPING)
    answer = client.get(address).json()
    assert answer["state"] == "failed"
    assert LEADS_OUT in answer["error"]
    assert not Version.objects.exists()
    assert blobs(settings) == []
    assert StorageUse.objects.filter(reserved=0, stored=0).count() == StorageUse.objects.count()


# Names that promise something else ----------------------------------------------------------------------------------


def test_a_program_that_is_called_a_document_is_marked(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "report.pdf", b"MZ\x90\0" + bytes(100))
    shown = page(alice, version)
    assert "By its name this is “PDF document”, by its first bytes “Program”" in shown
    assert "Its name says: PDF document" in shown
    listing = browser(alice).get(reverse("workspaces:detail", args=[workspace.pk])).content.decode()
    assert "Not what its name says" in listing


def test_the_mark_follows_the_name(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "tool.bin", b"MZ\x90\0" + bytes(100))
    assert "disagree" not in page(alice, version)
    services.rename_item(actor=alice, item=version.file, name="report.pdf")
    assert "The name and the bytes disagree" in page(alice, version)


def test_no_name_makes_a_browser_show_a_program(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "tool.bin", b"MZ\x90\0" + bytes(100))
    services.rename_item(actor=alice, item=version.file, name="report.pdf")
    assert reverse("workspaces:view", args=[version.pk]) not in page(alice, version)
    answer = browser(alice).get(reverse("workspaces:download", args=[version.pk]))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_what_is_called_a_spreadsheet_must_have_its_parts(alice: User, workspace: Workspace) -> None:
    parts = [("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>")]
    table = put(alice, workspace, "table.xlsx", zipped(parts))
    assert (table.type_mismatch, table.media_type) == (False, table.detected_type)
    assert "Spreadsheet (Excel)" in page(alice, table)
    assert put(alice, workspace, "archive.xlsx", NOTES).type_mismatch
    assert put(alice, workspace, "letter.docx", zipped(parts)).type_mismatch


def test_the_encoding_of_a_text_is_told(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "doses.csv", "Größe;Dosis\n1;2\n".encode("latin-1"))
    assert "Table (CSV), an 8-bit code" in page(alice, version)


def test_a_version_from_before_keeps_its_mark(alice: User, version: Version) -> None:
    Version.objects.filter(pk=version.pk).update(detected_type="", type_mismatch=True)
    assert "disagree" in page(alice, version)


def test_the_names_of_entries_stand_nowhere(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "site 12.zip", ESCAPING)
    entry = Entry.objects.get(pk=version.entry)
    assert "bashrc" not in json.dumps(entry.detail) + version.archive_finding


def test_a_refusal_leaves_nothing_of_a_new_version(alice: User, version: Version, settings: Any) -> None:
    settings.REMARKABLE_ARCHIVES = "refuse"
    sealed = services.seal_upload(actor=alice, workspace=version.file.workspace, chunks=[ESCAPING], into=version.file)
    with pytest.raises(InvalidInput, match="does not take"):
        services.upload_version(actor=alice, file=version.file, sealed=sealed)
    assert version.file.versions.count() == 1

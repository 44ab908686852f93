"""A full disk, or a key service that is down, leaves nothing half-done and says so."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from accounts.models import User
from core import kms
from ledger_bridge.models import Entry
from tests.fakes.failing import DownKeyService, FillingStore
from tests.workspaces.conftest import CONTENT, blobs, browser, content_of
from workspaces import storage
from workspaces.keys import forget_keys
from workspaces.models import Item, Version, Workspace


@pytest.fixture
def full_disk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FillingStore(settings.BLOB_DIRECTORY, room=2_500_000)
    monkeypatch.setattr(storage, "_local_store", lambda _directory: store)


def shut_key_service(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_keys()
    monkeypatch.setattr(kms, "_keyring", lambda _directory: DownKeyService())


def send(user: User, workspace: Workspace, content: bytes) -> Any:
    address, headers = reverse("workspaces:upload", args=[workspace.id]), {"X-File-Name": "scan.bin"}
    return browser(user).generic("PUT", address, content, "application/octet-stream", headers=headers)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_said_and_nothing_kept(alice: User, workspace: Workspace, settings: Any) -> None:
    answer = send(alice, workspace, bytes(5_000_000))
    assert (answer.status_code, "no room" in answer.json()["error"]) == (507, True)
    assert (blobs(settings), Item.objects.count(), Entry.objects.filter(kind="version.uploaded").count()) == ([], 0, 0)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_ends_a_form_cleanly_too(alice: User, workspace: Workspace, settings: Any) -> None:
    file = SimpleUploadedFile("scan.bin", bytes(5_000_000))
    answer = browser(alice).post(reverse("workspaces:upload", args=[workspace.id]), {"files": file})
    assert (answer.status_code, blobs(settings), Item.objects.count()) == (507, [], 0)


@pytest.mark.usefixtures("full_disk")
def test_there_is_room_again_when_there_is(alice: User, workspace: Workspace) -> None:
    assert send(alice, workspace, bytes(2_000_000)).status_code == 201


def test_an_upload_without_the_key_service_is_refused_before_it_is_read(
    alice: User, workspace: Workspace, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut_key_service(monkeypatch)
    assert send(alice, workspace, CONTENT).status_code == 503
    assert (blobs(settings), Item.objects.count()) == ([], 0)


def test_a_download_without_the_key_service_gives_no_byte(
    alice: User, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reverse("workspaces:download", args=[version.id])
    shut_key_service(monkeypatch)
    answer = browser(alice).get(address)
    assert (answer.status_code, CONTENT[:8] in answer.content) == (503, False)
    monkeypatch.undo()
    assert content_of(browser(alice).get(address)) == CONTENT


def test_a_workspace_without_the_key_service_is_not_made(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    shut_key_service(monkeypatch)
    assert browser(alice).post(reverse("workspaces:create"), {"name": "Site 13"}).status_code == 503
    assert not Workspace.objects.exists()


def test_no_table_holds_a_word_of_a_file(alice: User, workspace: Workspace) -> None:
    canary = "kestrel quartz ombudsman viaduct lichen zeppelin marzipan fjord"
    assert send(alice, workspace, (canary * 2000).encode()).status_code == 201
    assert tables_with(canary) == []
    assert tables_with("scan.bin") != []


def tables_with(words: str) -> list[str]:
    """Return the tables of the database in which any column, as text, has the words."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT EXISTS (SELECT FROM {name} t WHERE t::text LIKE %s)", [f"%{words}%"])  # noqa: S608
            if cursor.fetchone()[0]:
                found.append(table)
    return found

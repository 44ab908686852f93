"""Files that arrive over HTTP: as a form, or as the body of a request."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from ledger_bridge.models import Entry
from tests.workspaces.conftest import CONTENT, blobs, browser, give, put, read
from workspaces import services
from workspaces.models import Item, Version, Workspace


def address(workspace: Workspace, query: str = "") -> str:
    return reverse("workspaces:upload", args=[workspace.id]) + query


def send(client: Any, url: str, content: bytes, *, method: str = "POST", name: str = "x", **more: Any) -> Any:
    headers = {"Accept": "application/json", "X-File-Name": name}
    return client.generic(method, url, content, "application/octet-stream", headers=headers, **more)


def form_file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_becomes_a_file(alice: User, workspace: Workspace, method: str) -> None:
    answer = send(browser(alice), address(workspace), CONTENT * 50_000, method=method)
    version = Version.objects.get(pk=answer.json()["version"])
    assert (answer.status_code, answer.json()["file"]) == (201, str(version.file_id))
    assert read(alice, version) == CONTENT * 50_000


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("scan.bin", "scan.bin"),
        ("L%C3%A9a%20%E2%80%94%20CT.dcm", "Léa — CT.dcm"),
        ("UTF-8''L%c3%a9a.dcm", "Léa.dcm"),
        ("100%25.txt", "100%.txt"),
    ],
)
def test_the_name_comes_in_a_header(alice: User, workspace: Workspace, header: str, name: str) -> None:
    answer = send(browser(alice), address(workspace), b"x", name=header)
    assert (answer.status_code, answer.json()["name"]) == (201, name)
    assert Item.objects.get().name == name


@pytest.mark.parametrize("header", ["L\xe9a.dcm", "100%.txt", "%ff%fe", "%C3", "a%00b", "%20"])
def test_a_header_that_is_no_name_is_refused_before_the_body_is_read(
    alice: User, workspace: Workspace, settings: Any, header: str
) -> None:
    payload = Unreadable()
    more: dict[str, Any] = {"wsgi.input": payload, "CONTENT_LENGTH": "9"}
    answer = send(browser(alice), address(workspace), b"", name=header, **more)
    assert (answer.status_code, payload.reads, blobs(settings)) == (400, 0, [])


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_without_a_name_is_refused(alice: User, workspace: Workspace, method: str) -> None:
    answer = browser(alice).generic(method, address(workspace), b"x", "application/octet-stream")
    assert (answer.status_code, "X-File-Name" in answer.json()["error"]) == (400, True)


def test_a_name_in_the_address_is_refused_because_addresses_are_logged(alice: User, workspace: Workspace) -> None:
    answer = send(browser(alice), address(workspace, "?name=Maria.pdf"), b"x")
    assert (answer.status_code, "addresses are logged" in answer.json()["error"]) == (400, True)
    assert not Item.objects.exists()


def test_it_goes_into_the_folder_that_is_named(alice: User, workspace: Workspace, folder: Item) -> None:
    send(browser(alice), address(workspace, f"?folder={folder.id}"), b"x", name="scan.bin")
    assert Item.objects.get(name="scan.bin").parent == folder


def test_an_empty_body_is_an_empty_file(alice: User, workspace: Workspace) -> None:
    client = browser(alice)
    answer = send(client, address(workspace), b"", CONTENT_LENGTH="0")
    assert answer.status_code == 201
    assert Version.objects.get().plaintext_size == 0


def test_a_name_that_exists_is_asked_about(alice: User, workspace: Workspace, settings: Any) -> None:
    put(alice, workspace, "scan.bin", b"1")
    answer = send(browser(alice), address(workspace), b"2", name="scan.bin")
    assert (answer.status_code, answer.json()["choices"]) == (409, ["new_version", "keep_both"])
    assert "scan.bin" in answer.json()["error"]
    assert len(blobs(settings)) == 1


def test_the_answer_is_sent_again_with_the_choice(alice: User, workspace: Workspace) -> None:
    first = put(alice, workspace, "scan.bin", b"1")
    answer = send(browser(alice), address(workspace, "?on_conflict=new_version"), b"2", name="scan.bin")
    assert (answer.json()["file"], answer.json()["message"]) == (
        str(first.file_id),
        "Stored and recorded as version 2",
    )
    kept = send(browser(alice), address(workspace, "?on_conflict=keep_both"), b"3", name="scan.bin")
    assert (kept.status_code, kept.json()["name"]) == (201, "scan (2).bin")
    assert set(Item.objects.values_list("name", flat=True)) == {"scan.bin", "scan (2).bin"}


def test_a_bad_name_loses_nothing_and_stores_nothing(alice: User, workspace: Workspace, settings: Any) -> None:
    answer = send(browser(alice), address(workspace), b"x", name="a%2Fb")
    assert (answer.status_code, "cannot contain" in answer.json()["error"]) == (400, True)
    assert blobs(settings) == []


def test_too_much_is_refused_from_the_length_alone(alice: User, workspace: Workspace, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 10
    payload = Unreadable()
    more: dict[str, Any] = {"wsgi.input": payload, "CONTENT_LENGTH": "11"}
    answer = send(browser(alice), address(workspace), b"", **more)
    assert (answer.status_code, payload.reads, blobs(settings)) == (413, 0, [])


def test_whoever_may_not_upload_is_refused_before_the_body_is_read(
    bob: User, workspace: Workspace, settings: Any
) -> None:
    give(workspace, "visitor", bob)
    payload = Unreadable()
    more: dict[str, Any] = {"wsgi.input": payload, "CONTENT_LENGTH": "9"}
    answer = send(browser(bob), address(workspace), b"", **more)
    assert (answer.status_code, payload.reads, blobs(settings)) == (403, 0, [])
    assert Entry.objects.filter(kind="access.refused", actor=bob.id).exists()


def test_a_stranger_learns_nothing_and_is_not_read(charlie: User, workspace: Workspace) -> None:
    payload = Unreadable()
    more: dict[str, Any] = {"wsgi.input": payload, "CONTENT_LENGTH": "9"}
    assert send(browser(charlie), address(workspace), b"", **more).status_code == 404
    assert payload.reads == 0


def test_a_session_that_has_ended_is_told_so_and_not_redirected(workspace: Workspace) -> None:
    payload = Unreadable()
    more: dict[str, Any] = {"wsgi.input": payload, "CONTENT_LENGTH": "9"}
    answer = send(Client(), address(workspace), b"", **more)
    assert (answer.status_code, "Sign in again" in answer.json()["error"], payload.reads) == (401, True, 0)


def test_a_suspended_person_is_not_read(bob: User, workspace: Workspace) -> None:
    give(workspace, "contributor", bob)
    client = browser(bob)
    User.objects.filter(pk=bob.pk).update(approved_until="2020-01-01T00:00Z")
    payload = Unreadable()
    more: dict[str, Any] = {"wsgi.input": payload, "CONTENT_LENGTH": "9"}
    assert send(client, address(workspace), b"", **more).status_code in {403, 404}
    assert payload.reads == 0


def test_it_checks_the_csrf_token(alice: User, workspace: Workspace, settings: Any) -> None:
    answer = send(browser(alice, enforce_csrf_checks=True), address(workspace), b"x")
    assert (answer.status_code, blobs(settings)) == (403, [])


@pytest.mark.parametrize("body", [b"short", b""])
def test_a_body_that_breaks_off_leaves_nothing(alice: User, workspace: Workspace, settings: Any, body: bytes) -> None:
    more: dict[str, Any] = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": "1000"}
    answer = send(browser(alice), address(workspace), b"", **more)
    assert (answer.status_code, blobs(settings)) == (400, [])
    assert "before the whole file had arrived" in answer.json()["error"]


def test_a_body_of_unknown_length_is_refused(alice: User, workspace: Workspace) -> None:
    answer = send(browser(alice), address(workspace), b"", CONTENT_LENGTH="")
    assert answer.status_code == 411


def test_a_form_is_not_taken_for_a_file(alice: User, workspace: Workspace) -> None:
    url = address(workspace)
    answer = browser(alice).generic("PUT", url, b"a=b", "application/x-www-form-urlencoded")
    assert answer.status_code == 415


def test_the_plain_form_takes_many_files(alice: User, workspace: Workspace, folder: Item) -> None:
    files = [form_file("one.txt", b"one"), form_file("two.bin", b"2" * 3_000_000), form_file("empty", b"")]
    answer = browser(alice).post(address(workspace, f"?folder={folder.id}"), {"files": files})
    assert answer.url == reverse("workspaces:folder", args=[folder.id])
    contents = {version.file.name: read(alice, version) for version in Version.objects.select_related("file")}
    assert contents == {"one.txt": b"one", "two.bin": b"2" * 3_000_000, "empty": b""}


def test_each_file_of_a_form_has_a_key_of_its_own(alice: User, workspace: Workspace) -> None:
    browser(alice).post(address(workspace), {"files": [form_file("one", b"same"), form_file("two", b"same")]})
    assert len({bytes(version.key_commitment) for version in Version.objects.all()}) == 2
    assert len({bytes(version.body_blake3) for version in Version.objects.all()}) == 2


def test_one_bad_file_of_a_form_leaves_the_others(alice: User, workspace: Workspace, settings: Any) -> None:
    put(alice, workspace, "taken.txt", b"1")
    answer = browser(alice).post(address(workspace), {"files": [form_file("taken.txt", b"2"), form_file("new", b"3")]})
    assert answer.status_code == 400
    assert [result.stored for result in answer.context["results"]] == [False, True]
    assert len(blobs(settings)) == 2


def test_a_form_without_a_file_says_so(alice: User, workspace: Workspace) -> None:
    answer = browser(alice).post(address(workspace), {})
    assert (answer.status_code, b"Choose at least one file" in answer.content) == (400, True)


def test_a_form_with_too_large_a_file_is_refused(alice: User, workspace: Workspace, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 10
    answer = browser(alice).post(address(workspace), {"files": [form_file("large", b"x" * 11)]})
    assert (answer.status_code, blobs(settings)) == (413, [])


def test_a_form_that_breaks_off_in_a_file_leaves_nothing(alice: User, workspace: Workspace, settings: Any) -> None:
    body, kind = multipart("files", "scan.bin", b"x" * 5_000_000)
    more: dict[str, Any] = {"wsgi.input": BytesIO(body[:3_000_000]), "CONTENT_LENGTH": str(len(body))}
    answer = browser(alice).generic("POST", address(workspace), b"", kind, **more)
    assert (answer.status_code, blobs(settings), Item.objects.count()) == (400, [], 0)


def test_a_form_is_read_only_with_the_right(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    _, kind = multipart("files", "scan.bin", b"")
    payload = Unreadable()
    more: dict[str, Any] = {"wsgi.input": payload, "CONTENT_LENGTH": "1000"}
    assert browser(bob).generic("POST", address(workspace), b"", kind, **more).status_code == 403
    assert payload.reads == 0


def test_a_form_needs_the_csrf_token(alice: User, workspace: Workspace) -> None:
    client = browser(alice, enforce_csrf_checks=True)
    client.get(address(workspace))
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    assert client.post(address(workspace), {"files": form_file("a", b"a")}).status_code == 403
    assert client.post(address(workspace), {"files": form_file("a", b"a"), **token}).status_code == 302
    assert Version.objects.count() == 1


def test_a_new_version_comes_by_its_form(alice: User, version: Version) -> None:
    url = reverse("workspaces:new_version", args=[version.file_id])
    browser(alice).post(url, {"file": form_file("any name.csv", b"new"), "note": "corrected"})
    newest = version.file.versions.get(number=2)
    assert (newest.note, read(alice, newest)) == ("corrected", b"new")


def test_a_new_version_without_a_file_says_so_at_the_field(alice: User, version: Version) -> None:
    answer = browser(alice).post(reverse("workspaces:new_version", args=[version.file_id]), {"note": "x"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["file"])


def test_a_new_version_in_an_archived_workspace_leaves_nothing(alice: User, version: Version, settings: Any) -> None:
    services.archive_workspace(actor=alice, workspace=version.file.workspace)
    url = reverse("workspaces:new_version", args=[version.file_id])
    answer = browser(alice).post(url, {"file": form_file("a", b"new")})
    assert (answer.status_code, len(blobs(settings))) == (400, 1)


@pytest.mark.parametrize("enforce_csrf_checks", [True, False])
def test_a_view_that_takes_no_files_answers_cleanly(alice: User, *, enforce_csrf_checks: bool) -> None:
    client = browser(alice, enforce_csrf_checks=enforce_csrf_checks)
    client.get(reverse("workspaces:create"))
    answer = client.post(reverse("workspaces:create"), {"name": "x", "file": form_file("a", b"a" * 9_000_000)})
    assert answer.status_code == 400
    assert not Workspace.objects.exists()


def test_no_plaintext_is_left_anywhere(
    alice: User, workspace: Workspace, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    canary = bytes(range(192, 256))
    content = canary * 60_000
    browser(alice).post(address(workspace), {"files": [form_file("one", content)]})
    send(browser(alice), address(workspace), content, name="two")
    assert len(blobs(settings)) == 2
    assert [path for path in files_below(tmp_path, settings.KEYRING_DIRECTORY) if canary in path.read_bytes()] == []


class Unreadable:
    """A body that counts how often somebody reads it."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        return b""

    readline = read

    def close(self) -> None:
        """Nothing is open."""


def multipart(field: str, name: str, content: bytes) -> tuple[bytes, str]:
    head = f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n--edge--\r\n", "multipart/form-data; boundary=edge"


def files_below(*directories: Any) -> Iterator[Any]:
    for directory in directories:
        yield from (path for path in directory.rglob("*") if path.is_file())

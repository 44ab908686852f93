"""The same deeds for programs."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from ledger_bridge.models import Entry
from tests.workspaces.conftest import CONTENT, browser, content_of, exempt, give, last_entry, read
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right


def url(name: str, *args: Any, query: str = "") -> str:
    return reverse(f"workspaces_api:{name}", args=args) + query


def put(user: User, address: str, content: bytes, *, name: str = "scan.bin", method: str = "PUT") -> Any:
    headers = {"X-File-Name": name}
    return browser(user).generic(method, address, content, "application/octet-stream", headers=headers)


def test_workspaces_are_listed_and_made(alice: User, workspace: Workspace) -> None:
    client = browser(alice)
    made = client.post(url("workspaces"), {"name": "Site 13"}, "application/json")
    listed = client.get(url("workspaces")).json()["results"]
    assert made.status_code == 201
    assert [one["name"] for one in listed] == ["Site 12", "Site 13"]


def test_a_bad_name_is_said_in_json(alice: User) -> None:
    answer = browser(alice).post(url("workspaces"), {"name": "a/b"}, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_refusal_is_answered_in_json_and_recorded(dana: User) -> None:
    answer = browser(dana).post(url("workspaces"), {"name": "Mine"}, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "refused")
    assert Entry.objects.filter(kind="access.refused", actor=dana.id).count() == 1


def test_items_are_listed_with_their_newest_version(alice: User, version: Version) -> None:
    address = url("items", version.file.workspace_id, query=f"?folder={version.file.parent_id}")
    (item,) = browser(alice).get(address).json()["results"]
    assert (item["name"], item["current_version"]["size"]) == ("doses.csv", len(CONTENT))


def test_what_is_hidden_is_not_listed(bob: User, version: Version) -> None:
    give(version.file.workspace, "contributor", bob)
    path = f"/api/v1/workspaces/{version.file.workspace_id}/items/?folder={version.file.parent_id}"
    assert [one["name"] for one in browser(bob).get(path).json()["results"]] == ["doses.csv"]
    exempt(version.file, "deny", Right.VIEW, bob)
    assert browser(bob).get(path).json()["results"] == []


def test_a_folder_is_made(alice: User, workspace: Workspace, folder: Item) -> None:
    words = {"name": "CT", "folder": str(folder.id)}
    answer = browser(alice).post(url("items", workspace.id), words, "application/json")
    assert (answer.status_code, answer.json()["parent"]) == (201, str(folder.id))


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_file_comes_as_a_body(alice: User, workspace: Workspace, method: str) -> None:
    answer = put(alice, url("files", workspace.id), CONTENT, method=method)
    version = Version.objects.get(pk=answer.json()["version"])
    assert (answer.status_code, read(alice, version)) == (201, CONTENT)


def test_a_taken_name_is_asked_about(alice: User, version: Version) -> None:
    query = f"?folder={version.file.parent_id}"
    answer = put(alice, url("files", version.file.workspace_id, query=query), CONTENT, name="doses.csv")
    assert (answer.status_code, answer.json()["choices"]) == (409, ["new_version", "keep_both"])


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
def test_a_form_is_not_taken_for_a_file(alice: User, workspace: Workspace, kind: str) -> None:
    answer = browser(alice).generic("PUT", url("files", workspace.id), b"a=b", kind)
    assert answer.status_code == 415


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_an_upload_needs_the_csrf_token(alice: User, workspace: Workspace, method: str) -> None:
    client = browser(alice, enforce_csrf_checks=True)
    answer = client.generic(method, url("files", workspace.id), b"x", "application/octet-stream")
    assert (answer.status_code, Version.objects.count()) == (403, 0)


def test_a_post_with_the_token_in_its_header_is_taken(alice: User, workspace: Workspace) -> None:
    client = browser(alice, enforce_csrf_checks=True)
    client.get(reverse("workspaces:upload", args=[workspace.id]))
    headers = {"X-File-Name": "scan.bin", "X-CSRFToken": client.cookies["csrftoken"].value}
    answer = client.generic("POST", url("files", workspace.id), CONTENT, "application/octet-stream", headers=headers)
    assert (answer.status_code, read(alice, Version.objects.get())) == (201, CONTENT)


@pytest.mark.parametrize("name", ["items", "files"])
def test_a_stranger_who_sends_nonsense_finds_nothing_either(charlie: User, workspace: Workspace, name: str) -> None:
    answer = browser(charlie).post(url(name, workspace.id), {"nonsense": True}, "application/json")
    assert answer.status_code == 404


def test_an_upload_requires_the_right(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    assert put(bob, url("files", workspace.id), b"x").status_code == 403
    assert last_entry().kind == "access.refused"


def test_versions_and_content_come_back(alice: User, version: Version) -> None:
    client = browser(alice)
    (listed,) = client.get(url("versions", version.file_id)).json()["results"]
    assert listed["sha256"] == bytes(version.plaintext_sha256).hex()
    assert content_of(client.get(url("content", listed["id"]))) == CONTENT
    assert last_entry().kind == "version.downloaded"


def test_content_requires_the_right_to_download(bob: User, version: Version) -> None:
    give(version.file.workspace, "visitor", bob)
    exempt(version.file, "deny", Right.DOWNLOAD, bob)
    assert browser(bob).get(url("content", version.id)).status_code == 403


def addresses(version: Version) -> list[str]:
    return [
        url("workspace", version.file.workspace_id),
        url("items", version.file.workspace_id),
        url("versions", version.file_id),
        url("content", version.id),
    ]


def test_it_hides_everything_from_a_stranger(charlie: User, version: Version) -> None:
    client = browser(charlie)
    assert {client.get(address).status_code for address in addresses(version)} == {404}
    assert put(charlie, url("files", version.file.workspace_id), b"x").status_code == 404
    assert client.get(url("workspaces")).json()["results"] == []


def test_it_is_closed_to_whoever_is_not_signed_in(version: Version) -> None:
    assert {Client().get(address).status_code for address in [*addresses(version), url("workspaces")]} == {403}

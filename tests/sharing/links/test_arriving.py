"""Files that arrive through a link in several requests: they go on after a lost line, and stop with the link."""

from base64 import b64encode
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from sharing import services
from sharing.models import DeliveredFile, FileRequest, Visit
from tests.sharing.links.conftest import CSV, Outside, ask_for_files, close
from tests.workspaces.conftest import blobs, put, read
from workspaces import tus
from workspaces.models import Item, StorageUse, Upload, Version, Workspace
from workspaces.services import expire_uploads
from workspaces.services import uploads as receiving

HALF = len(CSV) // 2
Asked = tuple[FileRequest, str]


@pytest.fixture
def dora(asked: Asked) -> Outside:
    return Outside().introduced(asked[1])


def begin(outside: Outside, name: str = "scan.csv", size: int = len(CSV), **headers: str) -> Any:
    said = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(size),
        "Upload-Metadata": f"filename {b64encode(name.encode()).decode()}",
    }
    return outside.client.post(outside.at("outside_uploads"), headers=said | headers)


def send(outside: Outside, address: str, content: bytes, offset: int = 0, **headers: str) -> Any:
    said = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset)}
    return outside.client.patch(address, content, content_type=tus.MEDIA_TYPE, headers=said | headers)


def ask(outside: Outside, address: str) -> Any:
    return outside.client.head(address, headers={"Tus-Resumable": "1.0.0"})


def test_a_file_arrives_in_pieces_and_is_delivered(dora: Outside, alice: User, folder: Item) -> None:
    address = begin(dora)["Location"]
    assert send(dora, address, CSV[:HALF])["Upload-Offset"] == str(HALF)
    assert not Version.objects.exists()
    assert send(dora, address, CSV[HALF:], HALF)["Ithaca-Upload-State"] == "done"
    version = Version.objects.get()
    assert (version.file.parent, read(alice, version)) == (folder, CSV)
    assert DeliveredFile.objects.get().outsider == version.brought_by
    assert FileRequest.objects.get().files == 1


def test_it_goes_on_where_it_was_after_a_reload(dora: Outside) -> None:
    address = begin(dora)["Location"]
    send(dora, address, CSV[:HALF])
    page = dora.get("outside_deliver").content.decode()
    assert f'data-url="{address}"' in page
    assert ask(dora, address)["Upload-Offset"] == str(HALF)
    assert dora.client.get(address).json()["state"] == "receiving"


def test_it_says_nothing_of_where_it_goes(dora: Outside, folder: Item) -> None:
    told = dora.client.get(begin(dora)["Location"]).content.decode()
    assert str(folder.pk) not in told
    assert str(folder.workspace_id) not in told


def test_a_name_that_is_taken_is_numbered_without_a_word(
    dora: Outside, alice: User, workspace: Workspace, folder: Item
) -> None:
    put(alice, workspace, "scan.csv", b"1", folder=folder)
    send(dora, begin(dora)["Location"], CSV)
    assert set(Item.objects.filter(kind="file").values_list("name", flat=True)) == {"scan.csv", "scan (2).csv"}


def test_the_next_piece_is_refused_once_the_link_is_closed_and_nothing_is_kept(
    dora: Outside, asked: Asked, alice: User, settings: Any
) -> None:
    address = begin(dora)["Location"]
    send(dora, address, CSV[:HALF])
    close(asked[0], alice)
    assert send(dora, address, CSV[HALF:], HALF).status_code == 404
    assert not Version.objects.exists()


def test_closing_stops_a_piece_that_flows(
    dora: Outside, asked: Asked, alice: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(receiving, "_RECHECK", 0)
    address, chunks = begin(dora)["Location"], []

    def flowing(request: Any) -> Any:
        for number in range(9):
            if number == 1:
                close(asked[0], alice)
            chunks.append(number)
            yield CSV[:1]

    monkeypatch.setattr(tus, "body_chunks", flowing)
    assert send(dora, address, CSV[:9]).status_code == 404
    assert chunks == [0, 1]
    assert not Upload.objects.exists()
    assert blobs(settings) == []
    assert StorageUse.objects.get(workspace=asked[0].workspace).reserved == 0


def test_so_does_the_end_of_its_makers_right(dora: Outside, asked: Asked, alice: User, bob: User) -> None:
    address = begin(dora)["Location"]
    send(dora, address, CSV[:HALF])
    services.transfer_ownership(actor=alice, workspace=asked[0].workspace, person=bob)
    asked[0].workspace.user_grants.all().delete()
    assert send(dora, address, CSV[HALF:], HALF).status_code == 404


def test_the_end_of_the_visit_stops_it(dora: Outside) -> None:
    address = begin(dora)["Location"]
    dora.post("outside_leave")
    assert send(dora, address, CSV).status_code == 404
    assert Visit.objects.exists()
    assert not Version.objects.exists()


def test_what_is_on_its_way_counts_against_the_link(alice: User, folder: Item) -> None:
    outside = Outside().introduced(ask_for_files(alice, folder, most_files=1)[1])
    assert begin(outside).status_code == 201
    assert begin(outside, "other.csv").status_code == 409


@pytest.mark.parametrize(("more", "status"), [({"most_bytes": 5}, 409), ({"kinds": ["pictures"]}, 400)])
def test_what_the_link_does_not_take_is_refused_before_the_first_byte(
    alice: User, folder: Item, more: dict[str, Any], status: int
) -> None:
    outside = Outside().introduced(ask_for_files(alice, folder, **more)[1])
    assert begin(outside).status_code == status
    assert not Upload.objects.exists()


def test_what_turns_out_to_be_of_another_kind_fails_and_is_not_kept(alice: User, folder: Item, settings: Any) -> None:
    outside = Outside().introduced(ask_for_files(alice, folder, kinds=["pictures"])[1])
    address = begin(outside, "scan.png")["Location"]
    answer = send(outside, address, CSV)
    assert (answer.status_code, "not asked for" in answer.json()["error"]) == (410, True)
    assert not Version.objects.exists()
    assert outside.client.get(address).json()["state"] == "failed"


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Tus-Resumable": "0.2.2"}, 412), ({"Upload-Length": "x"}, 400), ({"Upload-Metadata": ""}, 400)],
)
def test_nonsense_is_refused(dora: Outside, headers: dict[str, str], status: int) -> None:
    answer = begin(dora, **headers)  # type: ignore[arg-type]  # headers only
    assert (answer.status_code, answer["Tus-Resumable"]) == (status, "1.0.0")


def test_more_bytes_than_announced_are_refused(dora: Outside) -> None:
    assert send(dora, begin(dora, size=3)["Location"], CSV).status_code == 413


def test_a_wrong_offset_is_refused(dora: Outside) -> None:
    assert send(dora, begin(dora)["Location"], CSV[:1], 4).status_code == 409


def test_an_empty_file_is_delivered_at_once(dora: Outside) -> None:
    assert begin(dora, size=0)["Ithaca-Upload-State"] == "done"
    assert Version.objects.get().plaintext_size == 0


def test_it_can_be_given_up(dora: Outside, asked: Asked) -> None:
    address = begin(dora)["Location"]
    assert dora.client.delete(address, headers={"Tus-Resumable": "1.0.0"}).status_code == 204
    assert ask(dora, address).status_code == 404


def test_nobody_reaches_an_upload_of_somebody_else(dora: Outside, asked: Asked, alice: User) -> None:
    address = begin(dora)["Location"]
    upload = Upload.objects.get()
    other = Outside().introduced(asked[1])
    assert other.visit is not None
    theirs = reverse("sharing:outside_upload", args=[other.visit.pk, upload.pk])
    assert send(other, theirs, CSV).status_code == 404
    assert "data-upload-unfinished" in dora.get("outside_deliver").content.decode()
    assert "data-upload-unfinished" not in other.get("outside_deliver").content.decode()
    assert Outside().client.head(address).status_code == 404
    assert not Upload.objects.visible_to(alice).exists()


def test_what_nobody_continues_is_given_up(dora: Outside, settings: Any) -> None:
    begin(dora)
    Upload.objects.update(expires_at="2026-01-01T00:00Z")
    assert expire_uploads() == 1
    assert not Upload.objects.exists()


def test_a_form_from_elsewhere_begins_nothing(asked: Asked) -> None:
    outside = Outside()
    outside.client = Client(enforce_csrf_checks=True)
    visit, secret = services.begin_visit(token=asked[1])  # type: ignore[misc]
    outside.visit = visit
    services.introduce(visit=visit, name="Dora", email="dora@lab.example")
    outside.client.cookies[f"visit-{visit.pk}"] = secret
    assert begin(outside).status_code == 403
    assert not Upload.objects.exists()

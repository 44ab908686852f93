"""Delivering through a link: what arrives, whose it is, and what is not taken."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.errors import Refused
from ledger_bridge.models import Entry
from ledger_bridge.selectors import describe_entries
from sharing import services
from sharing.models import DeliveredFile, FileRequest, Visit
from tests.sharing.links.conftest import CSV, Outside, ask_for_files, close
from tests.sharing.links.test_making_requests import as_
from tests.workspaces.conftest import blobs, put, read
from workspaces import again
from workspaces.binding import difference
from workspaces.models import Item, Outsider, Version, Workspace
from workspaces.sealing import BlobSealer
from workspaces.services import open_version, seal_upload
from workspaces.upload import SealingUploadHandler
from workspaces.views.finding import address

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
Asked = tuple[FileRequest, str]


@pytest.fixture
def dora(asked: Asked) -> Outside:
    return Outside().introduced(asked[1])


def test_a_file_arrives_and_can_be_read_inside(dora: Outside, alice: User, folder: Item) -> None:
    answer = dora.send("scan.csv", CSV)
    assert answer.status_code == 201
    version = Version.objects.get()
    assert version.file.parent == folder
    assert read(alice, version) == CSV


def test_it_is_attributed_to_whoever_delivered_it_and_to_no_member(dora: Outside, alice: User) -> None:
    dora.send("scan.csv", CSV)
    version = Version.objects.get()
    assert version.created_by is None
    parent = version.file.parent
    assert parent is not None
    assert (version.author.name, version.file.author.name) == ("Dora Deliverer", "Dora Deliverer")
    page = as_(alice).get(reverse("workspaces:file", args=[version.file_id])).content.decode()
    assert "Dora Deliverer" in page
    assert "From outside, dora@lab.example (as they said)" in page
    assert "Dora Deliverer" in as_(alice).get(address(parent)).content.decode()
    [told] = as_(alice).get(reverse("workspaces_api:versions", args=[version.file_id])).json()["results"]
    assert (told["created_by"], told["brought_by"]["email"]) == (None, "dora@lab.example")


def test_the_delivery_is_recorded_by_who_it_was(dora: Outside, asked: Asked, alice: User) -> None:
    dora.send("scan.csv", CSV)
    entry = Entry.objects.get(kind="file_request.delivered")
    outsider = Outsider.objects.get()
    assert (str(entry.actor), entry.actor_kind) == (str(outsider.pk), "person")
    assert entry.detail["request"] == str(asked[0].pk)
    [told] = describe_entries([entry], asker=alice)
    assert told["sentence"].startswith("Dora Deliverer, from outside delivered a file")


@pytest.mark.parametrize("text", ["Dora Deliverer, from outside", "dora"])
def test_a_trail_is_filtered_by_who_came_from_outside(
    dora: Outside, alice: User, folder: Item, asked: Asked, text: str
) -> None:
    dora.send("scan.csv", CSV)
    trail = as_(alice).get(reverse("workspaces:trail", args=[folder.workspace_id]), {"person": text})
    page = trail.content.decode()
    assert "delivered a file of" in page
    assert "created the workspace" not in page
    assert "Dora Deliverer, from outside" in [*trail.context["suggestions"]["person"]]


def test_the_row_of_what_came_is_held_against_its_entry(dora: Outside) -> None:
    dora.send("scan.csv", CSV)
    version = Version.objects.select_related("file").get()
    assert difference(version) is None
    version.brought_by = Outsider.objects.create(link=version.brought_by.link, name="Eve", email="e@e.example")  # type: ignore[union-attr]
    assert "actor" in str(difference(version))


def test_the_confirmation_shows_receipt_and_hash(dora: Outside) -> None:
    answer = dora.send("scan.csv", CSV).json()
    delivered = DeliveredFile.objects.get()
    assert answer["receipt"] == str(delivered.entry)
    page = dora.get("outside_deliver").content.decode()
    for words in ("scan.csv", str(delivered.entry), delivered.sha256):
        assert words in page
    assert answer["sha256"] == delivered.sha256


def test_a_plain_form_delivers_several(dora: Outside) -> None:
    assert dora.send_form(one=CSV, two=CSV).status_code == 302
    assert set(Item.objects.files().values_list("name", flat=True)) == {"one.csv", "two.csv"}


def test_a_form_without_a_file_says_so(dora: Outside) -> None:
    answer = dora.post("outside_deliver")
    assert answer.status_code == 400
    assert "Choose at least one file." in answer.content.decode()


def test_the_maker_gets_one_mail_for_a_delivery_and_it_names_nothing(
    dora: Outside, asked: Asked, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        dora.send("scan.csv", CSV)
        dora.send("scan2.csv", CSV)
    [message] = mail.outbox
    assert message.to == [asked[0].made_by.email]
    for name in ("scan", "Dora", "dora@", "Site 12", "Secret folder"):
        assert name not in f"{message.body}{message.subject}"


def test_a_name_that_is_there_stays_and_the_deliverer_learns_nothing(
    dora: Outside, alice: User, workspace: Workspace, folder: Item
) -> None:
    put(alice, workspace, "scan.csv", b"t\n1\n", folder=folder)
    answer = dora.send("scan.csv", CSV)
    assert answer.json()["name"] == "scan.csv"
    assert "(2)" not in dora.get("outside_deliver").content.decode()
    assert set(Item.objects.files().values_list("name", flat=True)) == {"scan.csv", "scan (2).csv"}


def test_nothing_of_the_inside_stands_on_the_pages(
    asked: Asked, alice: User, workspace: Workspace, folder: Item
) -> None:
    put(alice, workspace, "hidden.csv", b"t\n1\n", folder=folder)
    outside = Outside()
    outside.enter(asked[1])
    before = outside.get("outside_visit").content.decode()
    outside.introduced(asked[1])
    page = before + outside.get("outside_deliver").content.decode()
    assert "Scans for the reading" in page
    for inside in ("Secret folder", "Site 12", "hidden.csv", "Alice", str(folder.pk), str(workspace.pk)):
        assert inside not in page


def test_more_files_than_the_link_takes_are_refused_and_nothing_is_kept(
    alice: User, folder: Item, settings: Any
) -> None:
    _, token = ask_for_files(alice, folder, most_files=1)
    dora = Outside().introduced(token)
    answer = dora.send_form(one=CSV, two=CSV)
    assert answer.status_code == 400
    assert "two.csv" in answer.content.decode()
    assert dora.send("three.csv", CSV).status_code == 409
    assert Version.objects.count() == 1
    assert len(blobs(settings)) == 1
    assert "As many files have come" in dora.get("outside_deliver").content.decode()


def test_more_bytes_than_the_link_takes_are_refused(alice: User, folder: Item, settings: Any) -> None:
    _, token = ask_for_files(alice, folder, most_bytes=50)
    dora = Outside().introduced(token)
    assert dora.send("one.csv", CSV).status_code == 201
    assert dora.send("two.csv", CSV).status_code == 409
    assert dora.send_form(two=CSV).status_code == 413
    assert len(blobs(settings)) == 1
    assert FileRequest.objects.get().size == len(CSV)


@pytest.mark.parametrize(("name", "content"), [("scan.png", PNG), ("scan.csv", PNG), ("scan", PNG)])
def test_a_kind_that_is_not_asked_for_is_refused(
    alice: User, folder: Item, settings: Any, name: str, content: bytes
) -> None:
    _, token = ask_for_files(alice, folder, kinds=["tables"])
    dora = Outside().introduced(token)
    answer = dora.send(name, content)
    assert answer.status_code == 400
    assert "Tables" in answer.json()["error"]
    assert blobs(settings) == []
    assert dora.send("scan.csv", CSV).status_code == 201


def test_quota_of_the_workspace_counts_outside_too(dora: Outside, settings: Any) -> None:
    settings.WORKSPACE_QUOTA_BYTES = 10
    assert dora.send("scan.csv", CSV).status_code == 507
    assert not Version.objects.exists()


def test_what_the_scanner_has_not_seen_is_held(dora: Outside, alice: User, settings: Any) -> None:
    settings.SCANNER_URL = "unix:///nowhere"
    dora.send("scan.csv", CSV)
    with pytest.raises(Refused):
        open_version(actor=alice, version=Version.objects.get())


def test_an_outsider_has_no_right_but_the_one(
    dora: Outside, asked: Asked, alice: User, workspace: Workspace, folder: Item
) -> None:
    from workspaces.permissions import Right

    outsider = Outsider.objects.get()
    other = put(alice, workspace, "mine.csv", CSV, folder=folder)
    dora.send("scan.csv", CSV)
    own = Version.objects.get(brought_by=outsider)
    things: list[Any] = [workspace, folder, other, other.file, own, own.file]
    had = {(right, thing) for right in Right for thing in things if outsider.has_perm(right, thing)}
    assert had == {(Right.UPLOAD, folder)}
    assert not Item.objects.visible_to(outsider).exists()
    with pytest.raises(Refused):
        open_version(actor=outsider, version=own)


def test_closing_stops_the_bytes_that_flow(
    dora: Outside, asked: Asked, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "EVERY", 0)
    outsider, request, sent = Outsider.objects.get(), asked[0], []

    def chunks() -> Any:
        for number in range(9):
            if number == 2:
                close(request, alice)
            sent.append(number)
            yield CSV

    with pytest.raises(Refused):
        seal_upload(actor=outsider, workspace=request.workspace, chunks=chunks(), into=request.item)
    assert sent == [0, 1, 2]
    assert not Version.objects.exists()


def test_closing_stops_a_form_in_the_middle(
    dora: Outside, asked: Asked, alice: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(again, "EVERY", 0)
    update, seen = BlobSealer.update, []

    def closing(self: BlobSealer, chunk: bytes) -> None:
        seen.append(len(chunk))
        close(asked[0], alice) if len(seen) == 1 else None
        update(self, chunk)

    monkeypatch.setattr(BlobSealer, "update", closing)
    monkeypatch.setattr(SealingUploadHandler, "chunk_size", 64)
    assert dora.send_form(a=CSV * 40).status_code == 404
    assert len(seen) == 1
    assert not Version.objects.exists()


def test_ending_the_visit_stops_the_bytes_that_flow(
    dora: Outside, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "EVERY", 0)
    Visit.objects.update(expires_at=timezone.now() + timedelta(seconds=1))
    update = BlobSealer.update

    def ending(self: BlobSealer, chunk: bytes) -> None:
        Visit.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        update(self, chunk)

    monkeypatch.setattr(BlobSealer, "update", ending)
    assert dora.send("a.csv", CSV).status_code == 404
    assert not Version.objects.exists()


def test_closing_after_the_last_byte_stores_nothing(dora: Outside, asked: Asked, alice: User) -> None:
    outsider, request = Outsider.objects.get(), asked[0]
    sealed = seal_upload(actor=outsider, workspace=request.workspace, chunks=[CSV], into=request.item)
    close(request, alice)
    with pytest.raises(Refused):
        services.deliver_file(actor=outsider, request=request, name="a.csv", sealed=sealed)
    assert not Version.objects.exists()


def test_a_shut_link_says_nothing_of_what_it_took(alice: User, folder: Item) -> None:
    request, token = ask_for_files(alice, folder, kinds=["tables"], most_files=1)
    Outside().introduced(token).send("scan.csv", CSV)
    outsider = Outsider.objects.get()
    sealed = seal_upload(actor=outsider, workspace=request.workspace, chunks=[PNG], into=request.item)
    close(request, alice)
    request.refresh_from_db()
    with pytest.raises(Refused):
        services.check_delivery(actor=outsider, request=request, size=1)
    with pytest.raises(Refused):
        services.deliver_file(actor=outsider, request=request, name="scan.png", sealed=sealed)


def test_whoever_came_through_another_link_to_the_folder_delivers_nothing_here(
    dora: Outside, alice: User, folder: Item
) -> None:
    other, _ = ask_for_files(alice, folder)
    outsider = Outsider.objects.get()
    sealed = seal_upload(actor=outsider, workspace=folder.workspace, chunks=[CSV], into=folder)
    with pytest.raises(Refused):
        services.deliver_file(actor=outsider, request=other, name="scan.csv", sealed=sealed)
    with pytest.raises(Refused):
        services.check_delivery(actor=outsider, request=other, size=1)


def test_the_name_it_was_sent_under_goes_with_the_file(dora: Outside) -> None:
    dora.send("Patient Miller.csv", CSV)
    Version.objects.update(shredded_at="2026-11-29T00:00Z", wrapped_key=b"", plaintext_sha256=b"")
    services.end_links()
    assert DeliveredFile.objects.get().name == ""


def test_a_deceptive_name_of_a_person_is_refused(asked: Asked) -> None:
    outside = Outside()
    outside.enter(asked[1])
    answer = outside.post("outside_introduce", name="Dora\u202e", email="dora@lab.example")
    assert answer.status_code == 400
    assert not Outsider.objects.exists()

"""Files that were sealed for the installation, and its key."""

import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.errors import DamagedContent, InvalidInput, Refused
from ledger_bridge.models import Entry
from tests.workspaces.conftest import blobs, browser, give, last_entry, put, read
from workspaces import services
from workspaces.crypt4gh import keys
from workspaces.handover.binding import check_keys
from workspaces.handover.models import InstallationKey
from workspaces.models import Item, Version, Workspace

reference: Any = pytest.importorskip("crypt4gh.lib")

PLAIN = b"DICM" * 50_000


def sealed_for(public_key: bytes, plain: bytes = PLAIN) -> bytes:
    out = io.BytesIO()
    reference.encrypt([(0, keys.generate_secret_key(), public_key)], io.BytesIO(plain), out)
    return out.getvalue()


@pytest.fixture
def sent(alice: User, workspace: Workspace, folder: Item) -> Version:
    public_key = bytes(services.make_installation_key().public_key)
    return put(alice, workspace, "scan.dcm.c4gh", sealed_for(public_key), folder=folder)


def test_the_key_is_made_once_and_recorded(db: None) -> None:
    key = services.make_installation_key()
    assert last_entry().detail == {"public_key": bytes(key.public_key).hex(), "fingerprint": key.fingerprint}
    assert services.make_installation_key() == key
    assert Entry.objects.filter(kind="installation.key_made").count() == 1


def test_everybody_may_have_the_key(client: Client, db: None) -> None:
    content = client.get("/crypt4gh-key/ithaca.pub").content
    assert keys.parse_public_key(content) == bytes(InstallationKey.objects.get().public_key)
    assert InstallationKey.objects.get().fingerprint[:4] in client.get("/crypt4gh-key/").content.decode()


def test_a_key_that_was_swapped_is_given_to_nobody(client: Client, db: None) -> None:
    services.make_installation_key()
    InstallationKey.objects.update(public_key=keys.public_key(keys.generate_secret_key()))
    with pytest.raises(DamagedContent):
        services.make_installation_key()
    assert ["public_key" in problem.what for problem in check_keys()] == [True]


def test_what_was_sealed_for_us_is_opened_and_sealed_anew(alice: User, sent: Version) -> None:
    made = services.open_foreign_file(actor=alice, version=sent)
    assert (made.file.name, made.file.parent, made.number) == ("scan.dcm", sent.file.parent, 1)
    assert read(alice, made) == PLAIN
    assert read(alice, sent) != PLAIN


def test_both_hashes_are_recorded(alice: User, sent: Version) -> None:
    made = services.open_foreign_file(actor=alice, version=sent)
    entry = Entry.objects.get(kind="version.foreign_opened")
    assert entry.version == sent.pk
    assert entry.detail["sealed_sha256"] == bytes(sent.plaintext_sha256).hex()
    assert entry.detail["made_sha256"] == bytes(made.plaintext_sha256).hex()


def test_the_page_offers_it_and_does_it(alice: User, sent: Version) -> None:
    client = browser(alice)
    address = reverse("workspaces:open_foreign", args=[sent.pk])
    assert address in client.get(reverse("workspaces:file", args=[sent.file_id])).content.decode()
    assert "scan.dcm" in client.post(address, follow=True).content.decode()
    assert Item.objects.filter(name="scan.dcm").exists()


def test_a_name_that_is_taken_gets_a_number(alice: User, sent: Version) -> None:
    put(alice, sent.file.workspace, "scan.dcm", b"x", folder=sent.file.parent)
    assert services.open_foreign_file(actor=alice, version=sent).file.name == "scan (2).dcm"


def test_a_file_for_somebody_else_stays_as_it_is(alice: User, workspace: Workspace, settings: Any) -> None:
    version = put(alice, workspace, "scan.c4gh", sealed_for(keys.public_key(keys.generate_secret_key())))
    with pytest.raises(InvalidInput, match="not sealed for this installation"):
        services.open_foreign_file(actor=alice, version=version)
    assert len(blobs(settings)) == 1
    page = browser(alice).post(reverse("workspaces:open_foreign", args=[version.pk]), follow=True)
    assert "stays as it is" in page.content.decode()


@pytest.mark.parametrize(
    "change", [lambda c: c[:-1], lambda c: c[:-1] + b"!", lambda c: c[:130]], ids=["cut", "changed", "stub"]
)
def test_a_broken_file_leaves_nothing(alice: User, workspace: Workspace, settings: Any, change: Any) -> None:
    content = sealed_for(bytes(services.make_installation_key().public_key))
    version = put(alice, workspace, "scan.c4gh", change(content))
    with pytest.raises(InvalidInput, match="cannot be opened"):
        services.open_foreign_file(actor=alice, version=version)
    assert len(blobs(settings)) == 1
    assert Item.objects.filter(workspace=workspace).count() == 1


def test_no_sealed_file_is_refused_with_a_sentence(alice: User, version: Version) -> None:
    with pytest.raises(InvalidInput, match="magic word"):
        services.open_foreign_file(actor=alice, version=version)


def test_it_needs_the_right_to_upload(bob: User, sent: Version) -> None:
    give(sent.file.workspace, "visitor", bob)
    with pytest.raises(Refused):
        services.open_foreign_file(actor=bob, version=sent)
    for room in ("workspaces", "workspaces_api"):
        assert browser(bob).post(reverse(f"{room}:open_foreign", args=[sent.pk])).status_code == 403
    assert not Entry.objects.filter(kind__in=["version.opened", "version.downloaded"]).exists()


def test_programs_open_it_too(alice: User, sent: Version, client: Client) -> None:
    answer = browser(alice).post(f"/api/v1/versions/{sent.pk}/open-sealed/")
    assert (answer.status_code, answer.json()["size"]) == (201, len(PLAIN))
    told = client.get("/api/v1/crypt4gh-key/").json()
    assert told["fingerprint"] == InstallationKey.objects.get().fingerprint

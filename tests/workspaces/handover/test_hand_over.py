"""Sealing a version for a key, and downloading it."""

import io
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.errors import DamagedContent, InvalidInput, Refused
from ledger_bridge.models import Entry
from sharing.models import WorkspaceUserGrant
from tests.workspaces.conftest import (
    CONTENT,
    DirectConnection,
    blobs,
    browser,
    content_of,
    exempt,
    give,
    last_entry,
    put,
)
from tests.workspaces.handover.conftest import PUB, SECRET, fetch
from workspaces import services
from workspaces.crypt4gh import keys, open_header, open_stream, read_header
from workspaces.handover import sending
from workspaces.handover.binding import check_keys
from workspaces.handover.models import HandOver, RecipientKey
from workspaces.models import Version, Workspace
from workspaces.permissions import Right

STRANGERS = keys.generate_secret_key()


def opened(sealed: bytes, secret: bytes = SECRET) -> bytes:
    source = io.BytesIO(sealed)
    return b"".join(open_stream(source, open_header(read_header(source), secret)))


def opened_by_reference(sealed: bytes) -> bytes:
    reference = pytest.importorskip("crypt4gh.lib")
    out = io.BytesIO()
    reference.decrypt([(0, SECRET, None)], io.BytesIO(sealed), out)
    return out.getvalue()


def test_the_owner_of_the_key_opens_what_arrives(bob: User, made: HandOver) -> None:
    answer = fetch(bob, made)
    sealed = content_of(answer)
    assert (answer.status_code, answer["Content-Length"]) == (200, str(len(sealed)))
    assert "doses.csv.c4gh" in answer["Content-Disposition"]
    assert opened(sealed) == opened_by_reference(sealed) == CONTENT


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 3_000_000])
def test_every_length_arrives(alice: User, workspace: Workspace, bobs_key: RecipientKey, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    version = put(alice, workspace, "genome.bam", content[:size])
    made = services.hand_over_version(actor=alice, version=version, key=bobs_key)
    assert opened_by_reference(content_of(fetch(alice, made))) == content[:size]


def test_nobody_else_opens_it(bob: User, made: HandOver) -> None:
    with pytest.raises(Exception, match="made for somebody else"):
        opened(content_of(fetch(bob, made)), STRANGERS)


def test_the_body_is_the_stored_one_and_the_header_is_new(
    alice: User, version: Version, bobs_key: RecipientKey, settings: Any
) -> None:
    first, second = (services.hand_over_version(actor=alice, version=version, key=bobs_key) for _ in range(2))
    one, other = (content_of(fetch(alice, made)) for made in (first, second))
    assert one[124:] == other[124:] == blobs(settings)[0].read_bytes()
    assert one[:124] != other[:124]


def test_hashes_and_key_are_recorded_before_anything_leaves(made: HandOver, bobs_key: RecipientKey) -> None:
    entry = Entry.objects.get(pk=made.entry)
    assert (entry.kind, entry.person) == ("version.handed_over", bobs_key.owner_id)
    assert entry.detail["fingerprint"] == bobs_key.fingerprint
    assert entry.detail["body_blake3"] == bytes(made.version.body_blake3).hex()
    assert list(check_keys()) == []


def test_a_download_is_recorded_before_its_first_byte(bob: User, made: HandOver) -> None:
    answer = fetch(bob, made, Range="bytes=100-")
    entry = last_entry()
    assert (entry.kind, entry.detail["first"], entry.detail["last"]) == ("version.hand_over_taken", 100, made.size - 1)
    answer.close()


def test_a_download_that_broke_off_goes_on(bob: User, made: HandOver) -> None:
    for cut in (1, 123, 124, 125, made.size - 1):
        start = content_of(fetch(bob, made, Range=f"bytes=0-{cut - 1}"))
        rest = fetch(bob, made, **{"Range": f"bytes={cut}-", "If-Range": f'"{made.pk}"'})
        assert rest["Content-Range"] == f"bytes {cut}-{made.size - 1}/{made.size}"
        assert opened(start + content_of(rest)) == CONTENT


def test_a_range_behind_the_end_records_nothing(bob: User, made: HandOver) -> None:
    before = Entry.objects.count()
    assert fetch(bob, made, Range=f"bytes={made.size}-").status_code == 416
    assert Entry.objects.count() == before


def test_a_head_request_records_nothing(bob: User, made: HandOver) -> None:
    before = Entry.objects.count()
    answer = browser(bob).head(reverse("workspaces:sealed_file", args=[made.pk]))
    assert (answer["Content-Length"], answer["ETag"]) == (str(made.size), f'"{made.pk}"')
    assert Entry.objects.count() == before


def test_a_head_request_needs_the_right_too(bob: User, made: HandOver) -> None:
    exempt(made.version.file, "deny", Right.HAND_OVER, bob)
    assert browser(bob).head(reverse("workspaces:sealed_file", args=[made.pk])).status_code == 403


def test_it_needs_its_right(alice: User, bob: User, version: Version, bobs_key: RecipientKey) -> None:
    exempt(version.file, "deny", Right.HAND_OVER, bob)
    with pytest.raises(Refused):
        services.hand_over_version(actor=bob, version=version, key=bobs_key)


@pytest.mark.usefixtures("bobs_key")
def test_nobody_without_it_is_shown_whom_it_could_be_sealed_for(bob: User, version: Version) -> None:
    exempt(version.file, "deny", Right.HAND_OVER, bob)
    client = browser(bob)
    assert client.get(reverse("workspaces:hand_over", args=[version.pk])).status_code == 403
    assert client.get(f"/api/v1/versions/{version.pk}/recipients/").status_code == 403
    # Before the key is looked for: whether there is one would tell who may download the file.
    sent = client.post(f"/api/v1/versions/{version.pk}/hand-overs/", {"key": "x"}, content_type="application/json")
    assert sent.status_code == 403


def test_it_lets_nobody_read_who_may_not_download(alice: User, version: Version, bobs_key: RecipientKey) -> None:
    exempt(version.file, "deny", Right.DOWNLOAD, bobs_key.owner)
    with pytest.raises(InvalidInput, match="does not have the right to download"):
        services.hand_over_version(actor=alice, version=version, key=bobs_key)
    assert not HandOver.objects.exists()


def test_a_stranger_finds_nothing(charlie: User, made: HandOver) -> None:
    assert fetch(charlie, made).status_code == 404


def test_a_key_that_was_swapped_seals_nothing(alice: User, version: Version, bobs_key: RecipientKey) -> None:
    RecipientKey.objects.filter(pk=bobs_key.pk).update(public_key=keys.public_key(STRANGERS))
    bobs_key.refresh_from_db()
    with pytest.raises(DamagedContent, match="not the one that was recorded"):
        services.hand_over_version(actor=alice, version=version, key=bobs_key)
    assert not HandOver.objects.exists()


def test_a_header_that_was_swapped_does_not_leave(bob: User, made: HandOver) -> None:
    HandOver.objects.filter(pk=made.pk).update(header=bytes(124))
    assert fetch(bob, made).status_code == 500
    assert ["header_sha256" in problem.what for problem in check_keys()] == [True]


def test_a_body_of_another_length_does_not_leave(bob: User, made: HandOver, settings: Any) -> None:
    with blobs(settings)[0].open("ab") as blob:
        blob.write(b"x")
    assert fetch(bob, made).status_code == 500
    assert last_entry().kind == "version.damaged"


def test_a_damaged_end_makes_no_header(alice: User, version: Version, bobs_key: RecipientKey, settings: Any) -> None:
    blob = blobs(settings)[0]
    sealed = blob.read_bytes()
    blob.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(DamagedContent):
        services.hand_over_version(actor=alice, version=version, key=bobs_key)
    assert last_entry().kind == "version.damaged"


def test_a_removed_key_ends_it(bob: User, made: HandOver) -> None:
    services.remove_recipient_key(actor=bob, key=made.key)
    assert fetch(bob, made).status_code == 409
    assert services.end_hand_overs() == 1
    assert bytes(HandOver.objects.get().header) == b""
    assert list(check_keys()) == []


def test_it_ends_by_itself(bob: User, made: HandOver) -> None:
    HandOver.objects.filter(pk=made.pk).update(
        created_at=timezone.now() - timedelta(days=8), expires_at=timezone.now() - timedelta(days=1)
    )
    assert fetch(bob, made).status_code == 409
    assert services.end_hand_overs() == 1


def test_a_hand_over_in_use_keeps_its_header(made: HandOver) -> None:
    assert services.end_hand_overs() == 0


def test_revoking_the_recipient_ends_a_running_download(
    alice: User, workspace: Workspace, bobs_key: RecipientKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = put(alice, workspace, "genome.bam", bytes(5_000_000))
    made = services.hand_over_version(actor=alice, version=version, key=bobs_key)
    monkeypatch.setattr(sending, "RECHECK", 0)
    pieces = iter(fetch(alice, made).streaming_content)
    assert len(next(pieces)) == 124
    assert next(pieces)
    WorkspaceUserGrant.objects.filter(user=bobs_key.owner).delete()
    with pytest.raises(Refused):
        next(pieces)
    assert last_entry().kind == "version.cut_off"


def test_so_does_taking_the_right_from_whoever_downloads(
    alice: User, bob: User, workspace: Workspace, bobs_key: RecipientKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = put(alice, workspace, "genome.bam", bytes(5_000_000))
    made = services.hand_over_version(actor=bob, version=version, key=bobs_key)
    monkeypatch.setattr(sending, "RECHECK", 0)
    pieces = iter(fetch(bob, made).streaming_content)
    assert len(next(pieces)) == 124
    assert next(pieces)
    exempt(version.file, "deny", Right.HAND_OVER, bob)
    with pytest.raises(Refused):
        next(pieces)


@pytest.mark.parametrize("first", [0, 50, 124, 3_000_000])
def test_a_connection_that_takes_files_gets_the_same_bytes(
    alice: User, workspace: Workspace, bobs_key: RecipientKey, first: int
) -> None:
    version = put(alice, workspace, "genome.bam", bytes(6_000_000))
    made = services.hand_over_version(actor=alice, version=version, key=bobs_key)
    headers = {"Range": f"bytes={first}-"}
    client, connection = browser(alice), DirectConnection()
    address = reverse("workspaces:sealed_file", args=[made.pk])
    by_pieces = content_of(client.get(address, headers=headers))
    by_kernel = content_of(client.get(address, headers=headers, **{"gunicorn.socket": connection}))
    assert by_kernel + connection.sent.getvalue() == by_pieces
    assert len(by_kernel) <= 124


def test_the_page_lists_only_keys_of_people_who_may_download(
    alice: User, bob: User, charlie: User, version: Version, bobs_key: RecipientKey
) -> None:
    services.register_recipient_key(actor=charlie, name="Desk", content=PUB)
    page = browser(alice).get(reverse("workspaces:hand_over", args=[version.pk])).content.decode()
    assert "Bob Lefèvre" in page
    assert "Charlie" not in page


def test_the_page_makes_one(alice: User, version: Version, bobs_key: RecipientKey) -> None:
    sent = {"key": str(bobs_key.pk), "purpose": "Second opinion"}
    answer = browser(alice).post(reverse("workspaces:hand_over", args=[version.pk]), sent, follow=True)
    assert "doses.csv.c4gh" in answer.content.decode()
    assert Entry.objects.get(pk=HandOver.objects.get().entry).purpose == "Second opinion"


def test_programs_make_one_and_download_it(bob: User, version: Version, bobs_key: RecipientKey) -> None:
    client = browser(bob)
    recipients = client.get(f"/api/v1/versions/{version.pk}/recipients/").json()
    sent = {"key": recipients[0]["id"]}
    made = client.post(f"/api/v1/versions/{version.pk}/hand-overs/", sent, content_type="application/json").json()
    assert client.get(f"/api/v1/hand-overs/{made['id']}/").json() == made
    assert opened(content_of(client.get(made["file"]))) == CONTENT


def test_a_key_that_is_not_for_this_file_says_so_to_programs(alice: User, charlie: User, version: Version) -> None:
    key = services.register_recipient_key(actor=charlie, name="Desk", content=PUB)
    sent = {"key": str(key.pk)}
    answer = browser(alice).post(f"/api/v1/versions/{version.pk}/hand-overs/", sent, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_programs_learn_nothing_about_a_key_that_is_not_for_this_file(
    alice: User, charlie: User, version: Version
) -> None:
    key = services.register_recipient_key(actor=charlie, name="Desk", content=PUB)
    ask = partial(browser(alice).post, f"/api/v1/versions/{version.pk}/hand-overs/", content_type="application/json")
    known, unknown = ask({"key": str(key.pk)}), ask({"key": str(version.pk)})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert "Charlie" not in known.content.decode()


def test_the_page_of_keys_lists_what_is_ready_for_oneself(bob: User, charlie: User, made: HandOver) -> None:
    shown = [browser(person).get(reverse("workspaces:keys")).content.decode() for person in (bob, charlie)]
    assert ["doses.csv" in page for page in shown] == [True, False]


def test_it_is_hidden_from_whoever_may_no_longer_view_the_file(bob: User, made: HandOver) -> None:
    assert set(HandOver.objects.visible_to(bob)) == {made}
    WorkspaceUserGrant.objects.filter(user=bob).delete()
    assert not HandOver.objects.visible_to(bob).exists()
    assert fetch(bob, made).status_code == 404


def test_it_is_hidden_from_whoever_it_is_none_of_the_business_of(charlie: User, made: HandOver) -> None:
    give(made.version.file.workspace, "manager", charlie)
    assert not HandOver.objects.visible_to(charlie).exists()

"""Uploads that arrive in several requests: tus 1.0, as a program speaks it."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts.models import User
from core.credentials import acting_by
from core.errors import Conflict, Gone, Locked, Refused
from core.ids import uuid7
from ledger_bridge.models import Entry
from tests.fakes.failing import FillingStore
from tests.workspaces.conftest import blobs, browser, give, last_entry, put, read
from workspaces import receiving, services
from workspaces.models import Item, StorageUse, Upload, UploadRun, Version, Workspace
from workspaces.permissions import Role

KIB = 1024
DATA = hashlib.shake_256(b"genome").digest(200 * KIB + 7)
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = "application/offset+octet-stream"


def metadata(**pairs: str) -> str:
    return ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in pairs.items())


def create(client: Any, workspace: Workspace, size: int, *, query: str = "", headers: Any = None, **pairs: str) -> Any:
    said = {"Upload-Length": str(size), "Upload-Metadata": metadata(**({"filename": "genome.vcf"} | pairs))}
    headers = {**TUS, **said, **(headers or {})}
    return client.generic("POST", f"/api/v1/workspaces/{workspace.pk}/uploads/{query}", headers=headers)


def send(client: Any, address: str, offset: int, data: bytes, **headers: str) -> Any:
    return client.patch(address, data, content_type=BYTES, headers={**TUS, "Upload-Offset": str(offset), **headers})


def offset_of(client: Any, address: str) -> int:
    return int(client.head(address, headers=TUS)["Upload-Offset"])


@pytest.fixture
def client(alice: User) -> Any:
    return browser(alice)


@pytest.fixture
def address(client: Any, workspace: Workspace) -> str:
    return str(create(client, workspace, len(DATA))["Location"])


def use(workspace: Workspace) -> tuple[int, int, int]:
    """Return what is stored, reserved and on its way, after checking that workspace and institution agree."""
    rows = {(row.stored, row.reserved, row.uploads) for row in StorageUse.objects.all()}
    assert len(rows) <= 1
    return rows.pop() if rows else (0, 0, 0)


@pytest.mark.parametrize(
    "cuts", [[], [1], [65_535], [65_536], [65_537], [131_072], [1, 2, 3], [65_536, 131_072, 196_608], [len(DATA) - 1]]
)
def test_a_file_arrives_in_any_pieces(client: Any, alice: User, address: str, cuts: list[int]) -> None:
    edges = [0, *cuts, len(DATA)]
    for start, stop in pairwise(edges):
        answer = send(client, address, start, DATA[start:stop])
        assert (answer.status_code, answer["Upload-Offset"]) == (204, str(stop))
    version = Version.objects.get()
    assert read(alice, version) == DATA
    assert bytes(version.plaintext_sha256) == hashlib.sha256(DATA).digest()
    assert UploadRun.objects.count() == 0


def test_it_is_recorded_like_any_upload(client: Any, address: str, workspace: Workspace) -> None:
    send(client, address, 0, DATA)
    entry = last_entry()
    assert (entry.kind, entry.pk) == ("version.uploaded", Version.objects.get().entry)
    assert client.get(address).json()["state"] == "done"


def test_the_server_says_what_it_can(client: Any, workspace: Workspace) -> None:
    answer = client.options(f"/api/v1/workspaces/{workspace.pk}/uploads/")
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"] == "creation,creation-with-upload,checksum,expiration,termination"
    assert answer["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_another_version_of_the_protocol_is_refused(client: Any, workspace: Workspace, address: str) -> None:
    wrong = {"Tus-Resumable": "0.2.2"}
    assert create(client, workspace, 5, headers=wrong).status_code == 412
    answer = send(client, address, 0, b"x", **wrong)
    assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")


def test_the_first_bytes_may_come_with_the_creation(client: Any, alice: User, workspace: Workspace) -> None:
    said = {"Upload-Length": str(len(DATA)), "Upload-Metadata": metadata(filename="a.vcf"), **TUS}
    answer = client.post(f"/api/v1/workspaces/{workspace.pk}/uploads/", DATA[:100], content_type=BYTES, headers=said)
    assert (answer.status_code, answer["Upload-Offset"]) == (201, "100")
    assert send(client, answer["Location"], 100, DATA[100:]).status_code == 204
    assert read(alice, Version.objects.get()) == DATA


def test_an_empty_file_is_complete_at_once(client: Any, alice: User, workspace: Workspace) -> None:
    assert create(client, workspace, 0)["Ithaca-Upload-State"] == "done"
    assert read(alice, Version.objects.get()) == b""


def test_it_goes_into_the_folder_that_was_named(client: Any, workspace: Workspace, folder: Item) -> None:
    made = create(client, workspace, 3, query=f"?folder={folder.pk}")
    send(client, made["Location"], 0, b"abc")
    assert Version.objects.get().file.parent == folder


@pytest.mark.parametrize("offset", ["1", "-1", "", "x", "9" * 30])
def test_a_wrong_offset_changes_nothing(client: Any, address: str, offset: str) -> None:
    answer = send(client, address, 0, b"abc", **{"Upload-Offset": offset})
    assert answer.status_code == (409 if offset == "1" else 400)
    assert offset_of(client, address) == 0


def test_more_bytes_than_announced_are_refused(client: Any, address: str) -> None:
    assert send(client, address, 0, DATA + b"!").status_code == 413
    assert offset_of(client, address) == 0


@pytest.mark.parametrize(("algorithm", "status"), [("sha1", 204), ("sha256", 204), ("md5", 400), ("crc32", 400)])
def test_a_checksum_is_checked(client: Any, address: str, algorithm: str, status: int) -> None:
    digest = hashlib.new("sha1" if algorithm == "crc32" else algorithm, DATA[:70_000]).digest()
    said = f"{algorithm} {b64encode(digest).decode()}"
    assert send(client, address, 0, DATA[:70_000], **{"Upload-Checksum": said}).status_code == status


def test_bytes_with_a_wrong_checksum_are_dropped_and_may_be_sent_again(client: Any, alice: User, address: str) -> None:
    send(client, address, 0, DATA[:70_000])
    wrong = "sha256 " + b64encode(hashlib.sha256(b"others").digest()).decode()
    assert send(client, address, 70_000, DATA[:70_000], **{"Upload-Checksum": wrong}).status_code == 460
    assert offset_of(client, address) == 70_000
    assert send(client, address, 70_000, DATA[70_000:]).status_code == 204
    assert read(alice, Version.objects.get()) == DATA


def test_bytes_that_were_dropped_never_share_a_key_with_those_sent_again(
    client: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = watched(monkeypatch)
    send(client, address, 0, DATA[:70_000])
    wrong = "sha1 " + b64encode(hashlib.sha256(b"others").digest()[:20]).decode()
    send(client, address, 70_000, DATA[:130_000], **{"Upload-Checksum": wrong})
    send(client, address, 70_000, DATA[70_000:])
    assert_no_nonce_was_used_twice(sealed)


def test_a_process_that_died_leaves_an_upload_that_goes_on_under_another_key(
    client: Any, alice: User, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = watched(monkeypatch)
    send(client, address, 0, DATA[:100_000])
    die(alice, offset=100_000, data=b"?" * 100_000)
    assert offset_of(client, address) == 100_000
    assert send(client, address, 100_000, DATA[100_000:]).status_code == 204
    assert read(alice, Version.objects.get()) == DATA
    assert_no_nonce_was_used_twice(sealed)


def test_one_that_died_before_anything_was_durable_leaves_nothing_behind(
    client: Any, alice: User, address: str, settings: Any
) -> None:
    die(alice, offset=0, data=DATA[:150_000])
    send(client, address, 0, DATA)
    assert read(alice, Version.objects.get()) == DATA
    assert len(blobs(settings)) == 1


def die(actor: User, *, offset: int, data: bytes) -> None:
    """Receive bytes and die before they are acknowledged, as a process that is killed does."""

    class KilledError(BaseException):
        pass

    def chunks() -> Iterator[bytes]:
        yield data
        raise KilledError

    with pytest.raises(KilledError):
        services.receive_bytes(actor=actor, upload=Upload.objects.get(), offset=offset, chunks=chunks())


def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes, bytes]]:
    """Return a list that gets every (key, nonce, plaintext) that is sealed from now on."""
    from workspaces.crypt4gh import segments, writer

    seen: list[tuple[bytes, bytes, bytes]] = []

    class Watched:
        def __init__(self, key: bytes) -> None:
            self._key, self._cipher = key, segments.cipher_for(key)

        def encrypt_into(self, nonce: bytes, data: bytes, more: bytes | None, out: memoryview) -> int:
            seen.append((self._key, nonce, bytes(data)))
            return self._cipher.encrypt_into(nonce, data, more, out)

    monkeypatch.setattr(writer, "cipher_for", Watched)
    return seen


def assert_no_nonce_was_used_twice(sealed: list[tuple[bytes, bytes, bytes]]) -> None:
    plaintexts: dict[tuple[bytes, bytes], set[bytes]] = {}
    for key, nonce, plain in sealed:
        plaintexts.setdefault((key, nonce), set()).add(plain)
    assert len(sealed) > 3
    assert max(map(len, plaintexts.values())) == 1


def test_a_cut_line_keeps_what_arrived(alice: User, client: Any, address: str) -> None:
    def cut() -> Iterator[bytes]:
        yield DATA[:90_000]
        raise ConnectionAbortedError

    services.receive_bytes(actor=alice, upload=Upload.objects.get(), offset=0, chunks=cut())
    assert offset_of(client, address) == 90_000


def test_a_long_request_is_made_durable_on_the_way(
    alice: User, client: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "CHECKPOINT_BYTES", 70_000)
    die(alice, offset=0, data=DATA[:150_000])
    assert offset_of(client, address) == 150_000
    send(client, address, 150_000, DATA[150_000:])
    assert read(alice, Version.objects.get()) == DATA


def test_only_one_may_send_at_a_time(alice: User, client: Any, address: str) -> None:
    upload = Upload.objects.get()

    def chunks() -> Iterator[bytes]:
        yield b"x"
        held = Upload.objects.get()
        # Another connection would not get the lock that this one holds; this one would get it twice.
        assert held.lease is not None
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
            assert cursor.fetchone()[0] == 1

    services.receive_bytes(actor=alice, upload=upload, offset=0, chunks=chunks())
    assert offset_of(client, address) == 1


def test_whoever_finds_it_in_use_is_told_to_wait(client: Any, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Upload.objects.update(lease=uuid4())
    monkeypatch.setattr(receiving, "_holder_lives", lambda _: True)
    answer = send(client, address, 0, b"x")
    assert (answer.status_code, answer["Retry-After"]) == (423, "1")
    assert client.delete(address, headers=TUS).status_code == 423


def test_whoever_was_silent_too_long_cannot_write_any_more(alice: User, client: Any, address: str) -> None:
    def chunks() -> Iterator[bytes]:
        yield DATA[:100_000]
        Upload.objects.update(lease=uuid4())

    with pytest.raises(Locked):
        services.receive_bytes(actor=alice, upload=Upload.objects.get(), offset=0, chunks=chunks())
    assert offset_of(client, address) == 0


def test_whoever_was_silent_too_long_takes_nothing_from_the_one_who_went_on(
    alice: User, client: Any, address: str
) -> None:
    with receiving.leased(Upload.objects.get(), Upload.State.RECEIVING, offset=0) as silent:
        sitting = receiving.Sitting(silent, checksum=receiving.Checksum("sha256", bytes(32)))
        sitting.add(DATA[:100_000])
        Upload.objects.update(heard_at="2020-01-01T00:00:00Z")

        def chunks() -> Iterator[bytes]:
            yield DATA[:150_000]
            # Now the broken line of the silent one is noticed, and what it sent is dropped.
            with pytest.raises(Locked):
                sitting.drop()
            yield DATA[150_000:]

        services.receive_bytes(actor=alice, upload=Upload.objects.get(), offset=0, chunks=chunks())
    assert read(alice, Version.objects.get()) == DATA


def test_whoever_lost_the_place_before_the_first_byte_never_seals_under_the_key_of_the_other(
    alice: User, client: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = watched(monkeypatch)
    send(client, address, 0, DATA[:70_000])
    with receiving.leased(Upload.objects.get(), Upload.State.RECEIVING, offset=70_000) as silent:
        Upload.objects.update(heard_at="2020-01-01T00:00:00Z")

        def chunks() -> Iterator[bytes]:
            with pytest.raises(Locked):
                receiving.Sitting(silent).add(b"?" * 130_000)
            yield DATA[70_000:]

        services.receive_bytes(actor=alice, upload=Upload.objects.get(), offset=70_000, chunks=chunks())
    assert read(alice, Version.objects.get()) == DATA
    assert_no_nonce_was_used_twice(sealed)


def test_nothing_is_made_of_an_upload_of_which_a_part_is_missing(alice: User, client: Any, address: str) -> None:
    send(client, address, 0, DATA[:70_000])
    die(alice, offset=70_000, data=b"?")
    send(client, address, 70_000, DATA[70_000:140_000])
    UploadRun.objects.order_by("first")[0].delete()
    assert send(client, address, 140_000, DATA[140_000:]).status_code == 410
    assert (Version.objects.count(), Upload.objects.get().state) == (0, "failed")


def test_room_is_held_while_it_arrives_and_counted_once_when_it_is_there(
    client: Any, workspace: Workspace, address: str
) -> None:
    assert use(workspace) == (0, len(DATA), 1)
    send(client, address, 0, DATA)
    assert use(workspace) == (len(DATA), 0, 0)


def test_discarding_gives_the_room_back_and_leaves_no_bytes(
    client: Any, workspace: Workspace, address: str, settings: Any
) -> None:
    send(client, address, 0, DATA[:100_000])
    assert client.delete(address, headers=TUS).status_code == 204
    assert client.head(address, headers=TUS).status_code == 404
    assert (use(workspace), blobs(settings)) == ((0, 0, 0), [])


def test_an_upload_that_nobody_continues_expires(
    client: Any, workspace: Workspace, address: str, settings: Any
) -> None:
    send(client, address, 0, DATA[:100_000])
    services.expire_uploads()
    assert offset_of(client, address) == 100_000
    Upload.objects.update(expires_at="2020-01-01T00:00:00Z")
    services.expire_uploads()
    assert (use(workspace), blobs(settings), Upload.objects.count()) == ((0, 0, 0), [], 0)


def test_one_of_which_nothing_came_gives_its_room_back_within_an_hour(
    client: Any, workspace: Workspace, address: str
) -> None:
    send(client, address, 0, b"")
    with time_machine.travel(timezone.now() + timedelta(minutes=59)):
        assert (services.expire_uploads(), use(workspace)) == (0, (0, len(DATA), 1))
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert (services.expire_uploads(), use(workspace)) == (1, (0, 0, 0))


def test_one_of_which_something_came_is_kept_for_a_week(client: Any, workspace: Workspace, address: str) -> None:
    send(client, address, 0, b"x")
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23)):
        assert services.expire_uploads() == 0
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert services.expire_uploads() == 1


def test_the_sender_is_told_how_long_it_is_kept(client: Any, workspace: Workspace) -> None:
    def kept(answer: Any) -> timedelta:
        return parsedate_to_datetime(answer["Upload-Expires"]) - timezone.now()

    made = create(client, workspace, len(DATA))
    assert timedelta(minutes=59) < kept(made) <= timedelta(hours=1)
    assert timedelta(days=6, hours=23) < kept(send(client, made["Location"], 0, b"x")) <= timedelta(days=7)


def test_nobody_has_more_open_than_their_share(client: Any, bob: User, workspace: Workspace, settings: Any) -> None:
    settings.MAX_UNFINISHED_UPLOADS_PERSON = 2
    first = create(client, workspace, 9, filename="a")
    create(client, workspace, 9, filename="b")
    refused = create(client, workspace, 9, filename="c")
    assert (refused.status_code, "You have too many unfinished uploads" in refused.json()["error"]) == (409, True)
    assert use(workspace) == (0, 18, 2)
    give(workspace, "contributor", bob)
    assert create(browser(bob), workspace, 9, filename="d").status_code == 201
    client.delete(first["Location"], headers=TUS)
    assert create(client, workspace, 9, filename="c").status_code == 201


def test_a_recorded_one_is_forgotten_in_time_and_its_file_stays(client: Any, alice: User, address: str) -> None:
    send(client, address, 0, DATA)
    Upload.objects.update(expires_at="2020-01-01T00:00:00Z")
    services.expire_uploads()
    assert read(alice, Version.objects.get()) == DATA


def test_what_does_not_fit_is_refused_before_it_comes(client: Any, workspace: Workspace, settings: Any) -> None:
    settings.WORKSPACE_QUOTA_BYTES = 10
    answer = create(client, workspace, 11)
    assert (answer.status_code, answer.json()["code"]) == (507, "quota_reached")
    assert Upload.objects.count() == 0


def test_what_is_too_large_is_refused_before_it_comes(client: Any, workspace: Workspace, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 10
    assert create(client, workspace, 11).status_code == 413


def test_a_full_disk_keeps_what_was_acknowledged(
    client: Any, alice: User, address: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(client, address, 0, DATA[:100_000])
    full = FillingStore(settings.BLOB_DIRECTORY, room=0)
    with monkeypatch.context() as patched:
        patched.setattr(receiving, "blob_store", lambda: full)
        assert send(client, address, 100_000, DATA[100_000:]).status_code == 507
    assert offset_of(client, address) == 100_000
    assert send(client, address, 100_000, DATA[100_000:]).status_code == 204
    assert read(alice, Version.objects.get()) == DATA


def test_bytes_that_went_missing_end_the_upload(client: Any, workspace: Workspace, address: str, settings: Any) -> None:
    send(client, address, 0, DATA[:100_000])
    for path in blobs(settings):
        path.write_bytes(b"short")
    assert send(client, address, 100_000, DATA[100_000:]).status_code == 410
    assert client.head(address, headers=TUS).status_code == 410
    assert use(workspace) == (0, 0, 0)


def test_bytes_that_were_changed_are_found_before_anything_is_recorded(
    client: Any, workspace: Workspace, address: str, settings: Any
) -> None:
    send(client, address, 0, DATA[:150_000])
    (path,) = blobs(settings)
    body = bytearray(path.read_bytes())
    body[1000] ^= 1
    path.write_bytes(body)
    assert send(client, address, 150_000, DATA[150_000:]).status_code == 410
    assert client.get(address).json()["state"] == "failed"
    assert (Version.objects.count(), use(workspace)) == (0, (0, 0, 0))


def test_a_name_that_is_taken_is_told_before_the_bytes_come(client: Any, alice: User, workspace: Workspace) -> None:
    put(alice, workspace, "genome.vcf", b"old")
    answer = create(client, workspace, 5)
    assert (answer.status_code, answer.json()["choices"]) == (409, ["new_version", "keep_both"])


def test_a_name_that_was_taken_meanwhile_costs_no_bytes(
    client: Any, alice: User, workspace: Workspace, address: str
) -> None:
    put(alice, workspace, "genome.vcf", b"old")
    assert send(client, address, 0, DATA)["Ithaca-Upload-State"] == "asking"
    told = client.get(address).json()
    assert (told["state"], told["choices"]) == ("asking", ["new_version", "keep_both"])
    assert client.post(f"{address}?on_conflict=new_version").json()["state"] == "done"
    assert read(alice, Version.objects.get(number=2)) == DATA
    assert use(workspace) == (len(DATA) + 3, 0, 0)


def test_two_decisions_at_once_record_one_version(client: Any, alice: User, workspace: Workspace, address: str) -> None:
    put(alice, workspace, "genome.vcf", b"old")
    send(client, address, 0, DATA)
    waits = Upload.objects.get()
    client.post(f"{address}?on_conflict=new_version")
    with pytest.raises(Conflict):
        services.decide_upload(actor=alice, upload=waits, on_conflict="new_version")
    assert Version.objects.count() == 2


def test_what_waits_for_a_decision_outlives_the_sweep_and_can_be_discarded(
    client: Any, alice: User, workspace: Workspace, address: str
) -> None:
    put(alice, workspace, "genome.vcf", b"old")
    send(client, address, 0, DATA)
    assert client.delete(address, headers=TUS).status_code == 204
    assert use(workspace) == (3, 0, 0)


def test_an_upload_into_a_folder_that_is_gone_is_kept(
    client: Any, alice: User, workspace: Workspace, folder: Item
) -> None:
    made = create(client, workspace, len(DATA), query=f"?folder={folder.pk}")
    services.remove_item(actor=alice, item=folder)
    send(client, made["Location"], 0, DATA)
    assert client.get(made["Location"]).json()["state"] == "asking"
    services.restore_item(actor=alice, item=Item.objects.get(pk=folder.pk))
    assert client.post(f"{made['Location']}?on_conflict=ask").json()["state"] == "done"


def test_whoever_loses_the_right_loses_the_upload(
    client: Any, alice: User, bob: User, workspace: Workspace, settings: Any
) -> None:
    grant = give(workspace, Role.CONTRIBUTOR, bob)
    his = browser(bob)
    address = create(his, workspace, len(DATA))["Location"]
    send(his, address, 0, DATA[:100_000])
    grant.delete()
    assert send(his, address, 100_000, DATA[100_000:]).status_code == 403
    assert (Version.objects.count(), use(workspace), blobs(settings)) == (0, (0, 0, 0), [])


def test_the_right_is_asked_again_while_bytes_flow(
    alice: User, bob: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    grant = give(workspace, Role.CONTRIBUTOR, bob)
    upload = services.begin_upload(actor=bob, workspace=workspace, into=None, name="a", size=len(DATA))
    monkeypatch.setattr("workspaces.services.uploads._RECHECK", 0)

    def chunks() -> Iterator[bytes]:
        yield DATA[:2000]
        grant.delete()
        yield DATA[2000:4000]
        pytest.fail("nothing more is taken from the line")

    with pytest.raises(Refused):
        services.receive_bytes(actor=bob, upload=upload, offset=0, chunks=chunks())
    assert (Upload.objects.count(), use(workspace)) == (0, (0, 0, 0))


def test_receiving_ends_with_the_token_and_what_was_there_before_is_kept(
    client: Any, alice: User, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(client, address, 0, DATA[:70_000])
    monkeypatch.setattr("workspaces.services.uploads._RECHECK", 0)
    with acting_by(lambda: False), pytest.raises(Refused):
        services.receive_bytes(actor=alice, upload=Upload.objects.get(), offset=70_000, chunks=[DATA[70_000:]])
    assert offset_of(client, address) == 70_000
    assert send(client, address, 70_000, DATA[70_000:]).status_code == 204


def test_an_upload_is_nobody_elses_business(client: Any, bob: User, workspace: Workspace, address: str) -> None:
    give(workspace, Role.MANAGER, bob)
    theirs = browser(bob)
    assert theirs.get(address).status_code == 404
    assert send(theirs, address, 0, b"x").status_code == 404
    assert theirs.delete(address, headers=TUS).status_code == 404


def test_an_upload_of_somebody_else_is_neither_listed_nor_discarded(
    client: Any, bob: User, workspace: Workspace, address: str
) -> None:
    give(workspace, Role.MANAGER, bob)
    assert browser(bob).get(f"/api/v1/workspaces/{workspace.pk}/uploads/").json() == []
    page = f"/workspaces/{workspace.pk}/upload/"
    shown = [asker.get(page).content.decode() for asker in (client, browser(bob))]
    assert ["genome.vcf" in one for one in shown] == [True, False]
    with pytest.raises(Refused):
        services.discard_upload(actor=bob, upload=Upload.objects.get())


def test_ones_unfinished_uploads_are_listed(client: Any, workspace: Workspace, address: str) -> None:
    (told,) = client.get(f"/api/v1/workspaces/{workspace.pk}/uploads/").json()
    assert (told["name"], told["size"], told["offset"], told["state"]) == ("genome.vcf", len(DATA), 0, "receiving")


@pytest.mark.parametrize(
    "said",
    [
        "filename",
        "filename !!!",
        "filename YQ==,filename YQ==",
        "filename /w==",
        "fil ename YQ==",
        "filename YS9i",
        "filename " + "QUFB" * 2000,
        "filename YQ==,on_conflict eA==",
        "",
    ],
)
def test_metadata_is_read_strictly(client: Any, workspace: Workspace, said: str) -> None:
    answer = create(client, workspace, 5, headers={"Upload-Metadata": said})
    assert answer.status_code == 400
    assert Upload.objects.count() == 0


@pytest.mark.parametrize("length", ["", "-1", "1e3", "0x10", "9" * 19, "१"])
def test_a_length_that_is_none_is_refused(client: Any, workspace: Workspace, length: str) -> None:
    assert create(client, workspace, 5, headers={"Upload-Length": length}).status_code in {400, 413}


def test_bytes_must_be_declared_as_such(client: Any, address: str) -> None:
    answer = client.patch(address, b"x", content_type="text/plain", headers={**TUS, "Upload-Offset": "0"})
    assert answer.status_code == 415


def test_the_rest_of_a_segment_never_lies_in_the_clear(client: Any, address: str, settings: Any) -> None:
    send(client, address, 0, b"Frida Nilsson, 12-001")
    upload = Upload.objects.get()
    assert b"Frida" not in bytes(upload.rest)
    assert upload.rest_size == 21


def test_a_rest_that_was_moved_to_another_upload_does_not_open(client: Any, workspace: Workspace, address: str) -> None:
    send(client, address, 0, DATA[:50])
    other = create(client, workspace, 100, filename="other")["Location"]
    moved = Upload.objects.get(size=len(DATA))
    Upload.objects.filter(size=100).update(rest=moved.rest, rest_size=50)
    assert send(client, other, 50, DATA[:50]).status_code == 410


def test_an_archived_workspace_takes_nothing_new_and_loses_nothing_complete(
    client: Any, alice: User, workspace: Workspace, address: str
) -> None:
    services.archive_workspace(actor=alice, workspace=workspace)
    assert create(client, workspace, 5, filename="new").status_code == 409
    send(client, address, 0, DATA)
    assert client.get(address).json()["state"] == "asking"


def test_large_uploads_are_checked_by_the_worker(
    client: Any, alice: User, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workspaces.services.uploads.CHECK_AT_ONCE", 1000)
    send(client, address, 0, DATA[:9])
    assert send(client, address, 9, DATA[9:])["Ithaca-Upload-State"] == "checking"
    assert client.get(address).json()["state"] == "checking"
    services.finish_uploads()
    assert read(alice, Version.objects.get()) == DATA


def send_by(token: str | None, alice: User, upload: Upload, start: int, stop: int) -> None:
    with acting_by(lambda: True, token=token):
        services.receive_bytes(actor=alice, upload=upload, offset=start, chunks=[DATA[start:stop]])


@pytest.mark.parametrize("last", ["0192f4a0-7731-7000-8000-4409551212ab", None])
def test_what_the_worker_records_names_the_token_that_the_last_bytes_came_with(
    alice: User, workspace: Workspace, monkeypatch: Any, last: str | None
) -> None:
    monkeypatch.setattr("workspaces.services.uploads.CHECK_AT_ONCE", 1000)
    upload = services.begin_upload(actor=alice, workspace=workspace, into=None, name="a", size=len(DATA))
    send_by(str(uuid7()), alice, upload, 0, 9)
    send_by(last, alice, upload, 9, len(DATA))
    services.finish_uploads()
    assert Entry.objects.get(kind="version.uploaded").detail.get("by_token") == last


def test_unfinished_uploads_survive_the_sweep(client: Any, alice: User, address: str, settings: Any) -> None:
    import os

    from workspaces.sweeping import sweep

    send(client, address, 0, DATA[:100_000])
    for path in blobs(settings):
        os.utime(path, (0, 0))
    sweep()
    assert send(client, address, 100_000, DATA[100_000:]).status_code == 204
    assert read(alice, Version.objects.get()) == DATA


def test_what_expired_is_gone_for_whoever_was_about_to_send(alice: User, workspace: Workspace) -> None:
    upload = services.begin_upload(actor=alice, workspace=workspace, into=None, name="a", size=5)
    services.discard_upload(actor=alice, upload=upload)
    with pytest.raises(Gone):
        services.receive_bytes(actor=alice, upload=upload, offset=0, chunks=[b"x"])


def test_a_limit_that_was_lowered_meanwhile_costs_no_bytes(
    client: Any, workspace: Workspace, address: str, settings: Any
) -> None:
    settings.WORKSPACE_QUOTA_BYTES = 10
    assert send(client, address, 0, DATA)["Ithaca-Upload-State"] == "asking"
    settings.WORKSPACE_QUOTA_BYTES = 1_000_000
    assert client.post(f"{address}?on_conflict=ask").json()["state"] == "done"
    assert use(workspace) == (len(DATA), 0, 0)

"""What a bucket may do to us: answer late, twice, wrongly, with too little, or not at all."""

import random
import tracemalloc
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from django.conf import settings

from core.errors import DamagedContent, IthacaError, StorageFull, Unavailable
from tests.fakes.s3 import FakeBucket, Handler, Thing, bucket_in_memory
from workspaces import checks
from workspaces.crypt4gh import CIPHER_SEGMENT, SEGMENT, body_size
from workspaces.storage import blob_store
from workspaces.storage.s3 import Bucket, S3Address, S3BlobStore
from workspaces.storage.s3.probing import faults
from workspaces.storage.s3.writing import S3Writer

MIB = 1024 * 1024
PART = 8 * MIB
ADDRESS = {"bucket": "bucket", "style": "path", "access_key": "a", "secret_key": "very secret"}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBucket]:
    # botocore waits longer and longer between its tries; the number of them is what matters here.
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    with bucket_in_memory() as bucket:
        yield bucket


@pytest.fixture
def store(bucket: FakeBucket) -> S3BlobStore:
    return S3BlobStore(Bucket(S3Address(endpoint=bucket.address, **ADDRESS)), largest=1024**3)


def put(store: S3BlobStore, content: bytes) -> UUID:
    writer = store.create()
    writer.write(content)
    writer.commit()
    return writer.name


def lose_answers(bucket: FakeBucket, to: str, times: int = 1) -> None:
    """Do what is asked, then break the line off instead of saying so."""

    def interfere(handler: Handler) -> bool:
        nonlocal times
        if not f"{handler.command} {handler.path}".startswith(to) or not times:
            return False
        times -= 1
        handler.answer = lambda *_, **__: handler.connection.close()  # type: ignore[method-assign]
        handler.close_connection = True
        return False

    bucket.interfere = interfere


def refuse(bucket: FakeBucket, status: int, code: str, *, times: int = 1000) -> None:
    def interfere(handler: Handler) -> bool:
        nonlocal times
        times -= 1
        if times >= 0:
            handler.refuse(status, code)
        return times >= 0

    bucket.interfere = interfere


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "QuotaExceeded", StorageFull),
        (507, "XMinioStorageFull", StorageFull),
        (403, "AccessDenied", Unavailable),
        (403, "RequestTimeTooSkewed", Unavailable),
        (404, "NoSuchBucket", Unavailable),
        (503, "SlowDown", Unavailable),
        (500, "InternalError", Unavailable),
    ],
)
def test_what_a_bucket_refuses_is_translated(
    bucket: FakeBucket, store: S3BlobStore, status: int, code: str, error: type[IthacaError]
) -> None:
    refuse(bucket, status, code)
    with pytest.raises(error):
        put(store, b"hello")
    assert len(bucket.requests) <= 4


def test_a_bucket_that_is_busy_for_a_moment_is_asked_again(bucket: FakeBucket, store: S3BlobStore) -> None:
    refuse(bucket, 503, "SlowDown", times=2)
    assert store.read_at(put(store, b"hello"), 0, 5) == b"hello"


def test_a_bucket_that_went_away_is_unavailable(bucket: FakeBucket, store: S3BlobStore) -> None:
    name = put(store, b"hello")
    refuse(bucket, 404, "NoSuchBucket")
    for ask in (lambda: store.read_at(name, 0, 5), lambda: store.size(name), store.owner):
        with pytest.raises(Unavailable):
            ask()


def test_nobody_at_the_other_end_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    store = S3BlobStore(Bucket(S3Address(endpoint="http://127.0.0.1:9", **ADDRESS)), largest=1)
    with pytest.raises(Unavailable):
        put(store, b"hello")


@pytest.mark.parametrize("content", [b"hello", bytes(PART + 1)], ids=["whole", "in parts"])
def test_an_answer_that_is_lost_costs_nothing(bucket: FakeBucket, store: S3BlobStore, content: bytes) -> None:
    lose_answers(bucket, "PUT /bucket/blobs/" if len(content) < PART else "POST /bucket/blobs/", times=1)
    name = put(store, content)
    assert store.size(name) == len(content)
    assert [blob.name for blob in store.names()] == [name]


def test_the_lost_answer_to_the_last_request_of_a_blob_in_parts_costs_nothing(
    bucket: FakeBucket, store: S3BlobStore
) -> None:
    writer = store.create()
    writer.write(bytes(PART + 1))
    lose_answers(bucket, "POST /bucket/blobs/")
    writer.commit()
    assert store.size(writer.name) == PART + 1


def test_a_name_is_never_written_twice(bucket: FakeBucket, store: S3BlobStore) -> None:
    for content in (b"hello", bytes(PART + 1)):
        writer = store.create()
        writer.write(content)
        bucket.objects[f"blobs/{writer.name.hex}"] = Thing(b"somebody else's")
        with pytest.raises(DamagedContent):
            writer.commit()
        writer.abort()
        assert bucket.objects[f"blobs/{writer.name.hex}"].body == b"somebody else's"
        assert not bucket.uploads


def test_bytes_that_change_on_their_way_in_are_not_stored(bucket: FakeBucket, store: S3BlobStore) -> None:
    def interfere(handler: Handler) -> bool:
        handler.sent = handler.sent.replace(b"hello", b"hullo")
        return False

    bucket.interfere = interfere
    with pytest.raises(Unavailable):
        put(store, b"hello")
    assert not bucket.objects


def break_off(handler: Handler) -> bool:
    """Announce the whole of an answer and send half of it."""
    if handler.command == "GET" and handler.key.startswith("blobs/"):
        handler.answer(206, b"hello"[:3], Content_Length="5", Content_Range="bytes 0-4/5")
        handler.close_connection = True
        handler.connection.close()
        return True
    return False


def test_an_answer_that_breaks_off_is_asked_for_again(bucket: FakeBucket, store: S3BlobStore) -> None:
    name = put(store, b"hello")
    broken = iter([True, True])
    bucket.interfere = lambda handler: handler.command == "GET" and next(broken, False) and break_off(handler)
    assert store.read_at(name, 0, 5) == b"hello"


def test_an_answer_that_always_breaks_off_is_given_up(bucket: FakeBucket, store: S3BlobStore) -> None:
    name = put(store, b"hello")
    bucket.interfere = break_off
    with pytest.raises(Unavailable):
        store.read_at(name, 0, 5)


@pytest.mark.parametrize("answered", ["bytes 1-5/9", "bytes 0-3/9", "bytes 0-4/5"])
def test_other_bytes_than_were_asked_for_are_not_taken(bucket: FakeBucket, store: S3BlobStore, answered: str) -> None:
    name = put(store, b"123456789")

    def interfere(handler: Handler) -> bool:
        if handler.command != "GET":
            return False
        first, last = (int(number) for number in answered.removeprefix("bytes ").partition("/")[0].split("-"))
        wrong = b"x" * (last - first + 1 + (answered == "bytes 0-4/5"))
        handler.answer(206, wrong, Content_Range=answered)
        return True

    bucket.interfere = interfere
    with pytest.raises(DamagedContent):
        store.read_at(name, 0, 5)


def test_a_server_that_always_sends_the_whole_is_not_taken_in(bucket: FakeBucket, store: S3BlobStore) -> None:
    name = put(store, b"hello")

    def interfere(handler: Handler) -> bool:
        if handler.command == "GET":
            handler.answer(200, b"hello")
        return handler.command == "GET"

    bucket.interfere = interfere
    with pytest.raises(Unavailable):
        store.read_at(name, 0, 5)


def test_of_a_small_object_no_more_is_read_than_it_may_have(bucket: FakeBucket) -> None:
    found = Bucket(S3Address(endpoint=bucket.address, **ADDRESS))
    found.put("installation", bytes(64))
    assert found.read("installation", 64)[0] == bytes(64)
    with pytest.raises(DamagedContent, match="far more bytes"):
        found.read("installation", 63)


def test_a_mark_that_goes_on_for_ever_is_damaged(bucket: FakeBucket, store: S3BlobStore) -> None:
    Bucket(S3Address(endpoint=bucket.address, **ADDRESS)).put("installation", b"0" * MIB)
    with pytest.raises(DamagedContent):
        store.owner()


def test_reading_on_takes_few_requests(bucket: FakeBucket, store: S3BlobStore) -> None:
    content = random.Random(9).randbytes(40 * 1024 * 1024)
    name = put(store, content)
    bucket.requests.clear()
    read, size = store.reader(name), 1024 * 1024
    assert b"".join(read(at, size) for at in range(0, len(content), size)) == content
    assert bucket.requests.count(f"GET blobs/{name.hex}") <= 8


def test_a_file_of_one_piece_takes_one_request_for_its_bytes(bucket: FakeBucket, store: S3BlobStore) -> None:
    name = put(store, b"hello")
    bucket.requests.clear()
    read = store.reader(name)
    assert (read(0, 6), read(0, 5)) == (b"hello", b"hello")
    assert bucket.requests == [f"HEAD trash/{name.hex}", f"GET blobs/{name.hex}"]


def part_size(largest: int) -> int:
    return S3BlobStore(Bucket(S3Address(endpoint="http://127.0.0.1:9", **ADDRESS)), largest=largest)._part_size


@pytest.mark.parametrize("largest", [1, 20 * 1024**3, 256 * 1024**3, 256 * 1024**3 + 1, 2 * 1024**4, 40 * 1024**4])
def test_parts_are_as_large_as_the_largest_file_needs(largest: int) -> None:
    part = part_size(largest)
    assert part >= PART
    assert -(-body_size(largest) // part) <= 10_000


def test_the_largest_file_that_is_accepted_by_default_has_9_714_parts_of_27_mib() -> None:
    assert settings.MAX_UPLOAD_BYTES == 256 * 1024**3
    part = part_size(settings.MAX_UPLOAD_BYTES)
    assert (part, -(-body_size(settings.MAX_UPLOAD_BYTES) // part)) == (27 * MIB, 9_714)


class Counting:
    """A bucket that counts what it is sent and keeps nothing."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def put(self, key: str, body: bytes, **_: Any) -> None: ...
    def begin(self, key: str, metadata: dict[str, str]) -> str:
        return "upload"

    def send(self, key: str, upload: str, number: int, body: bytes) -> str:
        self.sizes.append(len(body))
        return str(number)

    def complete(self, key: str, upload: str, etags: list[str], *, new: bool = True) -> None:
        assert len(etags) == len(self.sizes)

    def listed(self, prefix: str) -> Iterator[Any]:
        return iter(())


def test_a_writer_sends_as_many_parts_as_were_reckoned_with() -> None:
    """The largest file on a scale of one to 65,564: a byte stands for a sealed segment, a part is 27 MiB of them."""
    counting, part = Counting(), 27 * MIB // CIPHER_SEGMENT
    segments = 256 * 1024**3 // SEGMENT
    writer = S3Writer(cast("Bucket", counting), UUID(int=1), part_size=part)
    for _ in range(segments // 16):
        writer.write(bytes(16))
    writer.commit()
    assert sum(counting.sizes) == segments
    assert len(counting.sizes) == -(-segments // part) <= 10_000
    assert set(counting.sizes[:-1]) == {part}


def test_a_writer_holds_two_parts_in_memory_at_most_however_much_comes() -> None:
    part, piece = 27 * MIB, bytes(MIB)
    writer = S3Writer(cast("Bucket", Counting()), UUID(int=1), part_size=part)
    tracemalloc.start()
    try:
        for _ in range(40 * 27):
            writer.write(piece)
        writer.commit()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * part + 8 * MIB


def test_what_a_dead_writer_left_is_found_and_given_up(bucket: FakeBucket, store: S3BlobStore) -> None:
    writer = store.create()
    writer.write(bytes(3 * PART))
    (upload,) = bucket.uploads.values()
    upload.parts[2].changed += 50
    (given_up,) = store.abandoned()
    assert given_up.changed == pytest.approx(upload.parts[2].changed, abs=1.5)
    store.discard_abandoned(writer.name)
    assert (bucket.uploads, bucket.objects) == ({}, {})


def test_an_abort_while_the_bucket_is_down_hides_nothing_and_is_made_up_for(
    bucket: FakeBucket, store: S3BlobStore
) -> None:
    writer = store.create()
    writer.write(bytes(2 * PART))
    refuse(bucket, 500, "InternalError")
    writer.abort()
    bucket.interfere = lambda _: False
    assert [blob.name for blob in store.abandoned()] == [writer.name]
    store.discard_abandoned(writer.name)
    assert (bucket.uploads, bucket.objects) == ({}, {})


def test_a_blob_whose_parts_were_taken_away_cannot_be_continued(bucket: FakeBucket, store: S3BlobStore) -> None:
    writer = store.create()
    writer.write(bytes(2 * PART))
    size = writer.suspend()
    bucket.uploads.clear()
    with pytest.raises(DamagedContent):
        store.reopen(writer.name, size)


def test_what_is_not_ours_in_a_bucket_is_left_alone(bucket: FakeBucket, store: S3BlobStore) -> None:
    bucket.objects |= {"blobs/readme": Thing(b"?"), "trash/readme": Thing(b"?"), "incoming/readme": Thing(b"?")}
    assert (list(store.names()), list(store.trashed()), list(store.abandoned())) == ([], [], [])


def test_names_in_the_trash_are_left_out_of_a_long_listing(store: S3BlobStore) -> None:
    names = [put(store, b"hello") for _ in range(7)]
    for name in names[::2]:
        store.put_in_trash(name)
    assert {blob.name for blob in store.names()} == set(names[1::2])


def test_the_store_is_asked_to_encrypt_once_more_where_that_is_wanted(bucket: FakeBucket) -> None:
    address = S3Address(endpoint=bucket.address, encryption="aws:kms", encryption_key="key-1", **ADDRESS)
    asked: list[tuple[str | None, str | None]] = []

    def interfere(handler: Handler) -> bool:
        name = "x-amz-server-side-encryption"
        asked.append((handler.headers.get(name), handler.headers.get(f"{name}-aws-kms-key-id")))
        return False

    bucket.interfere = interfere
    put(S3BlobStore(Bucket(address), largest=1), b"hello")
    assert asked == [("aws:kms", "key-1")]


def test_keys_are_in_no_representation() -> None:
    assert "very secret" not in repr(S3Address(**ADDRESS))


def test_the_settings_choose_the_store(bucket: FakeBucket, settings: Any) -> None:
    settings.BLOB_BUCKET = {**ADDRESS, "endpoint": bucket.address}
    assert isinstance(blob_store(), S3BlobStore)
    assert blob_store() is blob_store()


def test_a_sound_bucket_has_no_faults_and_keeps_no_probe(bucket: FakeBucket) -> None:
    assert list(faults(Bucket(S3Address(endpoint=bucket.address, **ADDRESS)))) == []
    assert not bucket.objects


def test_a_start_says_what_is_wrong_with_the_bucket(bucket: FakeBucket, settings: Any) -> None:
    settings.BLOB_BUCKET = {**ADDRESS, "endpoint": bucket.address}
    refuse(bucket, 403, "AccessDenied")
    sentences = [message.msg for message in checks.check_bucket(None)]
    assert "without TLS" in sentences[0]
    assert "AccessDenied" in sentences[1] or "403" in sentences[1]


def test_a_start_refuses_a_bucket_that_writes_a_name_twice(bucket: FakeBucket) -> None:
    def interfere(handler: Handler) -> bool:
        del handler.headers["If-None-Match"]
        return False

    bucket.interfere = interfere
    (sentence,) = faults(Bucket(S3Address(endpoint=bucket.address, **ADDRESS)))
    assert "If-None-Match" in sentence


def test_a_directory_needs_no_bucket(settings: Any) -> None:
    settings.BLOB_BUCKET = None
    assert checks.check_bucket(None) == []


def test_a_start_says_that_the_client_is_not_installed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BLOB_BUCKET = {**ADDRESS, "endpoint": "https://s3.example.org"}
    monkeypatch.setattr(checks, "find_spec", lambda _: None)
    (message,) = checks.check_bucket(None)
    assert "uv sync --group aws" in message.msg

"""What every blob store must do. A new one is added to `STORES` and must pass unchanged."""

import errno
import os
import random
import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from core.errors import DamagedContent, IthacaError, StorageFull, Unavailable
from tests.ceph import ACCESS_KEY, SECRET_KEY, ceph
from tests.fakes.s3 import bucket_in_memory
from tests.needs import needs
from workspaces.storage import BlobStore, LocalBlobStore
from workspaces.storage.s3 import Bucket, S3Address, S3BlobStore


@pytest.fixture(scope="session")
def gateway() -> Iterator[str]:
    with ceph() as address:
        yield address


@pytest.fixture
def local_store(tmp_path: Path) -> BlobStore:
    return LocalBlobStore(tmp_path / "blobs")


@pytest.fixture
def memory_store() -> Iterator[BlobStore]:
    with bucket_in_memory() as bucket:
        yield store_in(S3Address(bucket="bucket", endpoint=bucket.address, **KEYS))


@pytest.fixture
def ceph_store(gateway: str) -> BlobStore:
    address = S3Address(bucket=f"b-{uuid4()}", prefix="files/", endpoint=gateway, **KEYS)
    Bucket(address).client.create_bucket(Bucket=address.bucket)
    return store_in(address)


def store_in(address: S3Address) -> BlobStore:
    return S3BlobStore(Bucket(address), largest=1024**3)


MORE_THAN_A_PART = 8 * 1024 * 1024 + 1
KEYS = {"style": "path", "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
STORES = ["local_store", "memory_store", pytest.param("ceph_store", marks=needs("ceph"))]


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> BlobStore:
    made: BlobStore = request.getfixturevalue(request.param)
    return made


def put(store: BlobStore, *pieces: bytes | memoryview) -> UUID:
    writer = store.create()
    for piece in pieces:
        writer.write(piece)
    writer.commit()
    return writer.name


def test_what_was_written_can_be_read_at_any_place(store: BlobStore) -> None:
    name = put(store, b"hello ", memoryview(b"world"))
    assert store.read_at(name, 0, 11) == b"hello world"
    assert store.read_at(name, 6, 3) == b"wor"
    assert store.size(name) == 11


def test_a_read_is_short_only_at_the_end(store: BlobStore) -> None:
    name = put(store, b"hello")
    assert store.read_at(name, 3, 100) == b"lo"
    assert store.read_at(name, 5, 1) == b""


def test_a_reader_gives_what_is_there_wherever_it_is_asked(store: BlobStore) -> None:
    content = bytes(range(256)) * 40
    read = store.reader(put(store, content))
    for offset, length in [(10_000, 1_000), (0, 100), (100, 100), (200, 100), (300, 5_000), (250, 100), (9_000, 9_000)]:
        assert read(offset, length) == content[offset : offset + length]
    assert read(len(content), 1) == b""
    assert read(5, 0) == b""


def test_a_blob_of_many_parts_is_what_was_written(store: BlobStore) -> None:
    content = random.Random(7).randbytes(3 * MORE_THAN_A_PART)  # seeded: content only
    name = put(store, *(content[at : at + 1_500_000] for at in range(0, len(content), 1_500_000)))
    read = store.reader(name)
    assert store.size(name) == len(content)
    assert b"".join(read(at, 2**20) for at in range(0, len(content), 2**20)) == content


def test_a_large_blob_can_be_suspended_anywhere(store: BlobStore) -> None:
    content = random.Random(8).randbytes(2 * MORE_THAN_A_PART)
    name, at = suspended(store, content[:3])
    for stop in (MORE_THAN_A_PART - 1, MORE_THAN_A_PART, MORE_THAN_A_PART + 1, len(content)):
        writer = store.reopen(name, at)
        writer.write(content[at:stop])
        at = writer.suspend()
    store.reopen(name, at).commit()
    assert store.read_at(name, 0, len(content) + 1) == content


def test_a_large_blob_goes_back_to_the_place_that_was_acknowledged(store: BlobStore) -> None:
    name, acknowledged = suspended(store, b"hello ")
    writer = store.reopen(name, acknowledged)
    writer.write(bytes(MORE_THAN_A_PART))
    writer.suspend()
    writer = store.reopen(name, acknowledged)
    writer.write(b"world")
    writer.commit()
    assert store.read_at(name, 0, 99) == b"hello world"


def test_a_blob_may_hold_nothing(store: BlobStore) -> None:
    assert store.size(put(store)) == 0


def test_every_blob_has_a_name_of_its_own(store: BlobStore) -> None:
    assert put(store, b"same") != put(store, b"same")


def test_a_blob_is_there_for_nobody_before_it_is_committed(store: BlobStore) -> None:
    writer = store.create()
    writer.write(b"hello")
    assert list(store.names()) == []
    with pytest.raises(IthacaError):
        store.read_at(writer.name, 0, 5)


def test_an_aborted_blob_leaves_nothing(store: BlobStore) -> None:
    writer = store.create()
    writer.write(b"hello")
    writer.abort()
    writer.abort()
    assert list(store.names()) == []
    assert list(store.abandoned()) == []


def test_aborting_after_the_commit_changes_nothing(store: BlobStore) -> None:
    writer = store.create()
    writer.write(b"hello")
    writer.commit()
    writer.abort()
    assert store.read_at(writer.name, 0, 5) == b"hello"


def test_nothing_can_be_written_after_the_end(store: BlobStore) -> None:
    writer = store.create()
    writer.commit()
    with pytest.raises(Unavailable):
        writer.write(b"late")


def suspended(store: BlobStore, *pieces: bytes) -> tuple[UUID, int]:
    writer = store.create()
    for piece in pieces:
        writer.write(piece)
    return writer.name, writer.suspend()


def test_a_suspended_blob_is_continued_where_it_was_left(store: BlobStore) -> None:
    name, size = suspended(store, b"hello ")
    writer = store.reopen(name, size)
    writer.write(b"world")
    writer.commit()
    assert (size, writer.name) == (6, name)
    assert store.read_at(name, 0, 99) == b"hello world"


def test_a_blob_may_be_suspended_many_times(store: BlobStore) -> None:
    name, size = suspended(store)
    for letter in (b"a", b"b", b"c"):
        writer = store.reopen(name, size)
        writer.write(letter)
        size = writer.suspend()
    store.reopen(name, size).commit()
    assert store.read_at(name, 0, 99) == b"abc"


def test_what_lies_beyond_the_place_where_a_blob_is_continued_is_discarded(store: BlobStore) -> None:
    name, _ = suspended(store, b"hello", b"you")
    writer = store.reopen(name, 5)
    writer.write(b"!")
    assert writer.suspend() == 6
    store.reopen(name, 6).commit()
    assert store.read_at(name, 0, 99) == b"hello!"


def test_a_blob_whose_writer_died_is_continued_at_what_was_durable(store: BlobStore) -> None:
    name, size = suspended(store, b"hello")
    store.reopen(name, size).write(b"never acknowledged")
    store.reopen(name, size).commit()
    assert store.read_at(name, 0, 99) == b"hello"


def test_a_suspended_blob_is_there_for_nobody_and_outlives_an_abort_of_its_writer(store: BlobStore) -> None:
    writer = store.create()
    writer.write(b"hello")
    writer.suspend()
    writer.abort()
    assert list(store.names()) == []
    assert [blob.name for blob in store.abandoned()] == [writer.name]


def test_nothing_can_be_written_to_a_suspended_blob_until_it_is_opened_again(store: BlobStore) -> None:
    writer = store.create()
    writer.suspend()
    with pytest.raises(Unavailable):
        writer.write(b"late")


def test_an_aborted_continuation_leaves_nothing(store: BlobStore) -> None:
    name, size = suspended(store, b"hello")
    store.reopen(name, size).abort()
    assert list(store.abandoned()) == []


def test_a_blob_cannot_be_continued_where_fewer_bytes_are(store: BlobStore) -> None:
    name, size = suspended(store, b"hello")
    with pytest.raises(DamagedContent):
        store.reopen(name, size + 1)
    assert store.reopen(name, size).suspend() == size


def test_only_a_blob_that_is_on_its_way_can_be_continued(store: BlobStore) -> None:
    given_up, size = suspended(store, b"hello")
    store.discard_abandoned(given_up)
    for name in (uuid4(), put(store, b"hello"), given_up):
        with pytest.raises(DamagedContent):
            store.reopen(name, size)


def test_a_blob_that_never_was_is_damage(store: BlobStore) -> None:
    put(store, b"another")
    for ask in (lambda: store.read_at(uuid4(), 0, 1), lambda: store.size(uuid4())):
        with pytest.raises(DamagedContent):
            ask()


def test_a_deleted_blob_is_gone_and_may_be_deleted_again(store: BlobStore) -> None:
    name = put(store, b"hello")
    store.delete(name)
    store.delete(name)
    assert list(store.names()) == []


def test_a_blob_can_be_put_back_under_its_name_in_the_place_of_a_damaged_one(store: BlobStore) -> None:
    name = put(store, b"damaged")
    for content in (b"hello", bytes(MORE_THAN_A_PART)):
        writer = store.create(name)
        writer.write(content)
        writer.commit()
        assert store.read_at(name, 0, len(content) + 1) == content


def test_every_blob_is_listed_with_its_age(store: BlobStore) -> None:
    names = {put(store, b"one"), put(store, b"two")}
    assert {blob.name for blob in store.names()} == names
    assert all(blob.changed > 1_700_000_000 for blob in store.names())


def test_what_was_given_up_is_listed_and_can_be_discarded(store: BlobStore) -> None:
    writer = store.create()
    writer.write(bytes(MORE_THAN_A_PART))
    (given_up,) = store.abandoned()
    assert given_up.name == writer.name
    store.discard_abandoned(given_up.name)
    assert list(store.abandoned()) == []


def test_a_blob_in_the_trash_cannot_be_read_and_can_be_taken_back(store: BlobStore) -> None:
    name = put(store, b"hello")
    store.put_in_trash(name)
    assert ([blob.name for blob in store.names()], [blob.name for blob in store.trashed()]) == ([], [name])
    with pytest.raises(DamagedContent):
        store.read_at(name, 0, 5)
    store.take_from_trash(name)
    assert (store.read_at(name, 0, 5), list(store.trashed())) == (b"hello", [])


def test_what_lies_in_the_trash_counts_from_when_it_was_put_there(store: BlobStore, tmp_path: Path) -> None:
    name = put(store, b"hello")
    # A directory keeps the time of the file itself.
    for path in tmp_path.rglob(name.hex):
        os.utime(path, (0, 0))
    store.put_in_trash(name)
    (trashed,) = store.trashed()
    assert trashed.changed > 1_700_000_000


def test_the_trash_can_be_emptied(store: BlobStore) -> None:
    name = put(store, b"hello")
    store.put_in_trash(name)
    store.delete_from_trash(name)
    store.delete_from_trash(name)
    assert list(store.trashed()) == []


def test_nothing_comes_of_moving_a_blob_that_is_not_there(store: BlobStore) -> None:
    store.put_in_trash(uuid4())
    store.take_from_trash(uuid4())
    assert (list(store.names()), list(store.trashed())) == ([], [])


def test_a_store_belongs_to_the_first_who_marks_it(store: BlobStore) -> None:
    first, second = uuid4(), uuid4()
    assert store.owner() is None
    store.mark(first)
    store.mark(second)
    assert store.owner() == first


def test_a_mark_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    store = LocalBlobStore(tmp_path)
    (tmp_path / "installation").write_text("?")
    with pytest.raises(DamagedContent):
        store.owner()


def test_an_empty_store_lists_nothing(store: BlobStore) -> None:
    assert list(store.names()) == []


def test_only_its_owner_can_read_the_directory(tmp_path: Path) -> None:
    put(LocalBlobStore(tmp_path / "blobs"), b"hello")
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "blobs").rglob("*")}
    assert modes == {True: 0o700, False: 0o600}


def test_bytes_names_and_directories_are_made_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    name = put(LocalBlobStore(tmp_path / "blobs"), b"hello").hex
    assert synced[-1] == name[1]
    assert set(synced) == {tmp_path.name, "blobs", name, name[0], name[1]}


def test_a_suspended_blob_is_durable_under_its_temporary_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
    )
    name, _ = suspended(LocalBlobStore(tmp_path / "blobs"), b"hello")
    assert synced[-2:] == [name.hex, "incoming"]


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, StorageFull),
        (errno.EDQUOT, StorageFull),
        (errno.EROFS, Unavailable),
        (errno.EACCES, Unavailable),
        (errno.EIO, DamagedContent),
    ],
)
def test_what_the_disk_says_is_translated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[IthacaError]
) -> None:
    def fail(*args: object) -> int:
        raise OSError(number, "no")

    writer = LocalBlobStore(tmp_path / "blobs").create()
    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(error):
        writer.write(b"hello")


def test_a_short_write_is_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:2]))
    store = LocalBlobStore(tmp_path / "blobs")
    assert store.read_at(put(store, b"hello"), 0, 9) == b"hello"


def test_a_directory_that_went_away_is_unavailable(tmp_path: Path) -> None:
    store = LocalBlobStore(tmp_path / "blobs")
    name = put(store, b"hello")
    (tmp_path / "blobs").rename(tmp_path / "unmounted")
    with pytest.raises(Unavailable):
        store.read_at(name, 0, 5)

"""A bucket as a blob store: `blobs/`, `incoming/` for those on their way, `trash/`, and the mark `installation`.

Putting a blob into the trash writes an empty object `trash/<blob>` beside it, and whoever opens a blob looks for that
first: nothing is copied, and the time of the mark is when the blob was put there.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from uuid import UUID, uuid4

from core.errors import DamagedContent
from workspaces.storage.protocol import BlobWriter, ReadAt, StoredBlob
from workspaces.storage.s3.bucket import Bucket
from workspaces.storage.s3.errors import NameTaken
from workspaces.storage.s3.reading import AheadReader
from workspaces.storage.s3.writing import BLOBS, INCOMING, S3Writer, blob_key, incoming_prefix, reopen

_MIB = 1024 * 1024
_TRASH = "trash/"
_MARK = "installation"
_LARGEST_MARK = 1024
# A blob has at most 10,000 parts, each but the last of at least 5 MiB. A few are left over for what sealing adds.
_SMALLEST_PART = 8 * _MIB
_PARTS = 9_900


class S3BlobStore:
    """`largest` is the size in bytes of the largest file that is accepted; parts are made large enough for it."""

    def __init__(self, bucket: Bucket, *, largest: int) -> None:
        self._bucket = bucket
        self._part_size = max(_SMALLEST_PART, -(-largest // _PARTS // _MIB) * _MIB)

    def create(self, name: UUID | None = None) -> BlobWriter:
        return S3Writer(self._bucket, name or uuid4(), part_size=self._part_size, is_new=name is None)

    def reopen(self, name: UUID, size: int) -> BlobWriter:
        return reopen(self._bucket, name, size)

    def read_at(self, name: UUID, offset: int, length: int) -> bytes:
        return self.reader(name)(offset, length)

    def reader(self, name: UUID) -> ReadAt:
        return AheadReader(self._bucket, blob_key(name), partial(self._require_in_use, name))

    def size(self, name: UUID) -> int:
        self._require_in_use(name)
        if found := self._bucket.head(blob_key(name)):
            return found.size
        raise DamagedContent("The stored bytes are missing.")

    def delete(self, name: UUID) -> None:
        self._bucket.delete(blob_key(name))

    def names(self) -> Iterator[StoredBlob]:
        """Yield what lies under `blobs/` and not in the trash; both are listed in the order of their names."""
        trashed = (found.key.removeprefix(_TRASH) for found in self._bucket.listed(_TRASH))
        next_trashed = next(trashed, "")
        for found in self._bucket.listed(BLOBS):
            name = found.key.removeprefix(BLOBS)
            while next_trashed and next_trashed < name:
                next_trashed = next(trashed, "")
            if name != next_trashed:
                yield from _blob(name, found.changed)

    def abandoned(self) -> Iterator[StoredBlob]:
        changed: dict[str, float] = {}
        for found in self._bucket.listed(INCOMING):
            name = found.key.removeprefix(INCOMING).partition("/")[0]
            changed[name] = max(changed.get(name, 0), found.changed)
        for name, written in changed.items():
            for blob in _blob(name, written):
                yield StoredBlob(blob.name, max(written, self._last_part(blob.name)))

    def discard_abandoned(self, name: UUID) -> None:
        for upload, _ in self._bucket.uploads(blob_key(name)):
            self._bucket.give_up(blob_key(name), upload)
        for found in list(self._bucket.listed(incoming_prefix(name))):
            self._bucket.delete(found.key)

    def put_in_trash(self, name: UUID) -> None:
        if self._bucket.head(blob_key(name)) is not None:
            # One that lies there already keeps its time.
            with suppress(NameTaken):
                self._bucket.put(_TRASH + name.hex, b"", new=True)

    def take_from_trash(self, name: UUID) -> None:
        self._bucket.delete(_TRASH + name.hex)

    def delete_from_trash(self, name: UUID) -> None:
        if self._bucket.head(_TRASH + name.hex) is not None:
            self._bucket.delete(blob_key(name))
            self._bucket.delete(_TRASH + name.hex)

    def trashed(self) -> Iterator[StoredBlob]:
        for found in self._bucket.listed(_TRASH):
            yield from _blob(found.key.removeprefix(_TRASH), found.changed)

    def owner(self) -> UUID | None:
        if self._bucket.head(_MARK) is None:
            return None
        try:
            return UUID(self._bucket.read(_MARK, _LARGEST_MARK)[0].decode("ascii").strip())
        except ValueError as error:
            raise DamagedContent("The file store's mark, its object “installation”, cannot be read.") from error

    def mark(self, owner: UUID) -> None:
        with suppress(NameTaken):
            self._bucket.put(_MARK, f"{owner}\n".encode(), new=True)

    def _require_in_use(self, name: UUID) -> None:
        if self._bucket.glance(_TRASH + name.hex) is not None:
            raise DamagedContent("The stored bytes were taken out of use.")

    def _last_part(self, name: UUID) -> float:
        """Return when the last part of a blob arrived, or its upload began."""
        latest = 0.0
        for upload, begun in self._bucket.uploads(blob_key(name)):
            with suppress(DamagedContent):  # it has been completed or given up meanwhile
                parts = self._bucket.sent(blob_key(name), upload).values()
                latest = max([latest, begun, *(part.changed for part in parts)])
        return latest


def _blob(name: str, changed: float) -> Iterator[StoredBlob]:
    """Yield a blob, unless the bucket holds something that is not ours under a name that is not one."""
    with suppress(ValueError):
        yield StoredBlob(UUID(hex=name), changed)

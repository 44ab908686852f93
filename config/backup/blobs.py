"""Sealed files in a backup. They never change, so all backups of one directory share them, and each lists its own."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import orjson
from blake3 import blake3

from core.errors import DamagedContent, StorageFull, Unavailable
from workspaces.models import SealedDocument, Version
from workspaces.storage import blob_store

_BLOCK = 4 * 1024 * 1024
_COLUMNS = ("blob", "body_size", "body_blake3")

Progress = Callable[[int], None]
"""Told how many bytes were dealt with."""


@dataclass(frozen=True)
class Blob:
    """A sealed file: its name in the store, its length in bytes and its BLAKE3 (32 bytes)."""

    name: UUID
    size: int
    blake3: bytes

    def line(self) -> bytes:
        return orjson.dumps([self.name.hex, self.size, self.blake3.hex()]) + b"\n"


def recorded_blobs() -> Iterator[Blob]:
    """Yield every blob that the database knows and that was not removed for good."""
    for found in (Version.objects.filter(shredded_at=None), SealedDocument.objects.all()):
        rows = found.order_by().values_list(*_COLUMNS)
        for name, size, digest in rows.iterator(chunk_size=2000):
            yield Blob(name, size, bytes(digest))


def listed_blobs(chunks: Iterable[bytes]) -> Iterator[Blob]:
    """Yield the blobs that a backup lists."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from map(_parse, lines)


def copy_out(blob: Blob, directory: Path) -> None:
    """Copy a blob from the store, unless an earlier backup has it.

    Raises:
        DamagedContent: what the store holds is not what was recorded. It is not copied.

    """
    path = blob_path(directory, blob.name)
    if path.is_file() and path.stat().st_size == blob.size:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    try:
        with unfinished.open("wb") as file:
            for block in _checked(blob, blob_store().reader(blob.name)):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except OSError as error:
        raise StorageFull(f"A file could not be copied ({error.strerror}). Start the backup again.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def copy_in(blob: Blob, directory: Path) -> None:
    """Put a blob back into the store, unless it lies there already.

    Raises:
        DamagedContent: the copy is not what was recorded. Nothing is put back.

    """
    if _is_stored(blob):
        return
    writer = blob_store().create(blob.name)
    try:
        for block in blocks_of_copy(blob, directory):
            writer.write(block)
        writer.commit()
    finally:
        writer.abort()


def blocks_of_copy(blob: Blob, directory: Path) -> Iterator[bytes]:
    """Yield the bytes of a copy.

    Raises:
        DamagedContent: as soon as it shows that they are not those that were recorded.

    """
    try:
        with blob_path(directory, blob.name).open("rb") as file:
            yield from _checked(blob, lambda offset, length: os.pread(file.fileno(), length, offset))
    except OSError as error:
        raise DamagedContent(f"The copy of {blob.name} cannot be read.") from error


def blob_path(directory: Path, name: UUID) -> Path:
    return directory / name.hex[:2] / name.hex


def _checked(blob: Blob, read_at: Callable[[int, int], bytes]) -> Iterator[bytes]:
    found, offset = blake3(), 0
    # One byte more than there should be, so that anything after the end shows.
    while offset <= blob.size and (block := read_at(offset, min(_BLOCK, blob.size + 1 - offset))):
        found.update(block)
        offset += len(block)
        yield block
    if offset != blob.size or found.digest() != blob.blake3:
        raise DamagedContent(f"The bytes of {blob.name} are not the ones that were recorded.")


def _is_stored(blob: Blob) -> bool:
    try:
        return blob_store().size(blob.name) == blob.size
    except (DamagedContent, Unavailable):
        # A store that holds nothing yet is no store to it; one that is down says so again when it is written to.
        return False


def _parse(line: bytes) -> Blob:
    name, size, digest = orjson.loads(line)
    return Blob(UUID(name), size, bytes.fromhex(digest))

"""Sealed bytes in a directory of this machine, or of a file system that it mounts."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from core.errors import DamagedContent, StorageFull, Unavailable
from workspaces.storage.protocol import BlobWriter, ReadAt, StoredBlob

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_INCOMING = "incoming"
_TRASH = "trash"
_MARK = "installation"


class LocalBlobStore:
    """A directory: `a/b/ab…` for blobs, `incoming/` for those on their way, `trash/`, and the mark `installation`.

    256 directories keep each of them small for millions of blobs. They are all made soon: a new one costs two more
    waits for the disk than one that is there.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def create(self, name: UUID | None = None) -> BlobWriter:
        name = name or uuid4()
        with _translated():
            incoming = self._directory / _INCOMING
            _make_directory(incoming)
            descriptor = os.open(incoming / name.hex, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            return _LocalWriter(name, descriptor, incoming / name.hex, self._path(name))

    def reopen(self, name: UUID, size: int) -> BlobWriter:
        temporary = self._directory / _INCOMING / name.hex
        with _translated():
            descriptor = self._descriptor(temporary, os.O_WRONLY)
            try:
                _cut_after(descriptor, size)
            except BaseException:
                os.close(descriptor)
                raise
            return _LocalWriter(name, descriptor, temporary, self._path(name))

    def read_at(self, name: UUID, offset: int, length: int) -> bytes:
        with _translated(), self._opened(name) as descriptor:
            return _read_fully(descriptor, offset, length)

    def open_file(self, name: UUID) -> BinaryIO:
        """Return the blob as a file of the system, for the kernel to send; other stores have none."""
        with _translated(), self._opened(name) as descriptor:
            return os.fdopen(os.dup(descriptor), "rb", buffering=0)

    def reader(self, name: UUID) -> ReadAt:
        return partial(self.read_at, name)

    def size(self, name: UUID) -> int:
        with _translated(), self._opened(name) as descriptor:
            return os.fstat(descriptor).st_size

    def delete(self, name: UUID) -> None:
        with _translated(), suppress(FileNotFoundError):
            self._path(name).unlink()

    def names(self) -> Iterator[StoredBlob]:
        return self._listed("[0-9a-f]/[0-9a-f]/*")

    def abandoned(self) -> Iterator[StoredBlob]:
        return self._listed(f"{_INCOMING}/*")

    def discard_abandoned(self, name: UUID) -> None:
        with _translated(), suppress(FileNotFoundError):
            (self._directory / _INCOMING / name.hex).unlink()

    def put_in_trash(self, name: UUID) -> None:
        with _translated(), suppress(FileNotFoundError):
            _make_directory(self._directory / _TRASH)
            # The clock of the trash starts before the move, so that a crash in between costs a blob nothing.
            os.utime(self._path(name))
            self._move(self._path(name), self._trash(name))

    def take_from_trash(self, name: UUID) -> None:
        with _translated(), suppress(FileNotFoundError):
            _make_directory(self._path(name).parent)
            self._move(self._trash(name), self._path(name))

    def delete_from_trash(self, name: UUID) -> None:
        with _translated(), suppress(FileNotFoundError):
            self._trash(name).unlink()

    def trashed(self) -> Iterator[StoredBlob]:
        return self._listed(f"{_TRASH}/*")

    def owner(self) -> UUID | None:
        try:
            with _translated(), suppress(FileNotFoundError):
                return UUID((self._directory / _MARK).read_text(encoding="ascii").strip())
        except ValueError as error:
            raise DamagedContent("The file store's mark, its file “installation”, cannot be read.") from error
        return None

    def mark(self, owner: UUID) -> None:
        with _translated():
            _make_directory(self._directory)
            temporary = self._directory / f"{_MARK}.{uuid4().hex}"
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.write(descriptor, f"{owner}\n".encode())
                os.fsync(descriptor)
                # A link, unlike a new name, never takes the place of what another process has just written.
                with suppress(FileExistsError):
                    (self._directory / _MARK).hardlink_to(temporary)
            finally:
                os.close(descriptor)
                temporary.unlink()
            _sync_directory(self._directory)

    @staticmethod
    def _move(source: Path, target: Path) -> None:
        source.rename(target)
        _sync_directory(target.parent)
        _sync_directory(source.parent)

    def _trash(self, name: UUID) -> Path:
        return self._directory / _TRASH / name.hex

    def _path(self, name: UUID) -> Path:
        return self._directory / name.hex[0] / name.hex[1] / name.hex

    @contextmanager
    def _opened(self, name: UUID) -> Iterator[int]:
        descriptor = self._descriptor(self._path(name), os.O_RDONLY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _descriptor(self, path: Path, flags: int) -> int:
        try:
            return os.open(path, flags)
        except FileNotFoundError as error:
            if not self._directory.is_dir():
                raise Unavailable("The file store is not reachable. Nothing was opened.") from error
            raise DamagedContent("The stored bytes are missing.") from error

    def _listed(self, pattern: str) -> Iterator[StoredBlob]:
        with _translated():
            for path in self._directory.glob(pattern):
                # A blob may be deleted, or get its name, while the directory is being read.
                with suppress(FileNotFoundError, ValueError):
                    yield StoredBlob(UUID(hex=path.name), path.stat().st_mtime)


class _LocalWriter:
    """Writes to a temporary name; `commit` makes bytes, name and directories durable, in that order."""

    def __init__(self, name: UUID, descriptor: int, temporary: Path, final: Path) -> None:
        self.name = name
        self._temporary = temporary
        self._final = final
        self._descriptor: int | None = descriptor
        self._suspended = False

    def write(self, data: bytes | memoryview) -> None:
        rest = memoryview(data)
        with _translated():
            while rest:
                rest = rest[os.write(self._open_descriptor(), rest) :]

    def commit(self) -> None:
        with _translated():
            os.fsync(self._open_descriptor())
            self._close()
            _make_directory(self._final.parent)
            self._temporary.rename(self._final)
            _sync_directory(self._final.parent)

    def abort(self) -> None:
        with _translated():
            self._close()
            if not self._suspended:
                self._temporary.unlink(missing_ok=True)

    def suspend(self) -> int:
        with _translated():
            descriptor = self._open_descriptor()
            os.fsync(descriptor)
            size = os.fstat(descriptor).st_size
            self._suspended = True
            self._close()
            # Its temporary name has to outlast a power failure too.
            _sync_directory(self._temporary.parent)
            return size

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise OSError(errno.EBADF, "The blob is closed.")
        return self._descriptor

    def _close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)


def _make_directory(path: Path) -> None:
    """Make a directory and its parents with mode 0700, and their names durable."""
    if path.is_dir():
        return
    _make_directory(path.parent)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cut_after(descriptor: int, size: int) -> None:
    """Leave the first `size` bytes of a file, and place the next write after them."""
    if os.fstat(descriptor).st_size < size:
        raise DamagedContent("Stored bytes of this upload are missing.")
    os.ftruncate(descriptor, size)
    os.lseek(descriptor, size, os.SEEK_SET)


def _read_fully(descriptor: int, offset: int, length: int) -> bytes:
    data = os.pread(descriptor, length, offset)
    if len(data) in (0, length):
        return data
    parts, found = [data], len(data)
    while found < length and (data := os.pread(descriptor, length - found, offset + found)):
        parts.append(data)
        found += len(data)
    return b"".join(parts)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull("There is no room left in the file store. Nothing was stored.") from error
        if error.errno == errno.EIO:
            raise DamagedContent("The stored bytes cannot be read from their disk.") from error
        raise Unavailable("The file store does not answer. Nothing was stored or opened; try again later.") from error

"""A file store and a key service that fail as real ones do: in the middle, and with the errors of their Protocol."""

from pathlib import Path
from uuid import UUID

from core.errors import StorageFull, Unavailable
from core.kms import Context, Generation
from workspaces.storage import BlobWriter, LocalBlobStore


class FillingStore(LocalBlobStore):
    """A disk with room for so many bytes."""

    def __init__(self, directory: Path, room: int) -> None:
        super().__init__(directory)
        self.room = room

    def create(self, name: UUID | None = None) -> BlobWriter:
        return _FillingWriter(self, super().create(name))

    def reopen(self, name: UUID, size: int) -> BlobWriter:
        return _FillingWriter(self, super().reopen(name, size))


class _FillingWriter:
    def __init__(self, store: FillingStore, writer: BlobWriter) -> None:
        self._store = store
        self._writer = writer

    @property
    def name(self) -> UUID:
        return self._writer.name

    def write(self, data: bytes | memoryview) -> None:
        self._store.room -= len(data)
        if self._store.room < 0:
            raise StorageFull("There is no room left in the file store. Nothing was stored.")
        self._writer.write(data)

    def commit(self) -> None:
        self._writer.commit()

    def abort(self) -> None:
        self._writer.abort()

    def suspend(self) -> int:
        return self._writer.suspend()


class DownKeyService:
    """A key service that does not answer."""

    format = 9

    def generate(self, root: str, context: Context) -> tuple[bytes, bytes]:
        raise self._down()

    def wrap(self, root: str, key: bytes, context: Context) -> bytes:
        raise self._down()

    def unwrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        raise self._down()

    def rewrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        raise self._down()

    def newest(self, root: str) -> Generation:
        raise self._down()

    def rotate(self, root: str) -> int:
        raise self._down()

    def destroy(self, root: str, generation: int) -> None:
        raise self._down()

    def check(self) -> None:
        raise self._down()

    def _down(self) -> Unavailable:
        return Unavailable("The key service does not answer. Nothing was opened or changed.")

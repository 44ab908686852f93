"""Bytes on their way in: sealed as they arrive, so that no plaintext ever touches a disk."""

from dataclasses import dataclass, field
from uuid import UUID

from core.errors import TooLarge
from core.ids import uuid7
from core.templatetags.ui import filesize
from workspaces.archive_rules import inspector, is_no_office, refined
from workspaces.crypt4gh import Hashes, Sealed, SealingWriter, key_commitment, new_data_key
from workspaces.inspection import Found, Inspector
from workspaces.keys import OpenKey, wrap_data_key
from workspaces.media_types import HEAD, MediaType, decide, sniff
from workspaces.storage import blob_store


@dataclass(frozen=True)
class SealedBlob:
    """Bytes that lie sealed in the store and belong to nothing yet. Their key exists in this object only."""

    blob: UUID
    head_type: str
    content: Sealed
    data_key: bytes = field(repr=False)
    found: Found | None = None
    """What looking into it showed, if it is an archive."""


@dataclass
class Passage:
    """What is learnt of bytes while they pass by, from the first to the last of them."""

    hashes: Hashes = field(default_factory=Hashes)
    inspector: Inspector = field(default_factory=inspector)


@dataclass(frozen=True)
class SealedUpload:
    """Sealed bytes for a version in one workspace.

    `bind` wraps their key for the file that they will be a version of. The ids are made here, because sealing comes
    before the rows; `file_id` counts only if a new file is made.
    """

    file_id: UUID
    version_id: UUID
    stored: SealedBlob
    workspace_key: OpenKey = field(repr=False)

    @property
    def archive(self) -> str:
        """How far it was looked into, if it is an archive."""
        return self.stored.found.state.value if self.stored.found else ""

    def media_type(self, name: str) -> MediaType:
        """Return what kind of file this is under a name."""
        return decide(self.stored.head_type, name, is_no_office=is_no_office(self.archive))

    def bind(self, file_id: str) -> tuple[bytes, bytes]:
        """Return the wrapped data key and the key commitment for a version of this file."""
        version_id, data_key = str(self.version_id), self.stored.data_key
        wrapped = wrap_data_key(self.workspace_key, data_key, file_id=file_id, version_id=version_id)
        return wrapped, key_commitment(data_key, file_id, version_id)


class BlobSealer:
    """Seals one stream of bytes under a fresh data key into a new blob."""

    def __init__(self, *, limit: int) -> None:
        self._data_key = new_data_key()
        self._blob = blob_store().create()
        self._writer = SealingWriter(self._data_key, self._blob.write)
        self._inspector = inspector()
        self._limit = limit
        self._size = 0
        self._head = b""

    def update(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            TooLarge: the bytes so far are more than the limit; nothing is kept.
            StorageFull, Unavailable: the store does not take them; nothing is kept.

        """
        self._size += len(chunk)
        try:
            refuse_if_too_large(self._size, self._limit)
            if len(self._head) < HEAD:
                self._head += chunk[: HEAD - len(self._head)]
            self._writer.update(chunk)
            self._inspector.update(chunk)
        except BaseException:
            self.abort()
            raise

    def finish(self) -> SealedBlob:
        """Make the blob durable."""
        try:
            content = self._writer.finish()
            self._blob.commit()
        except BaseException:
            self.abort()
            raise
        found = self._inspector.finish()
        return SealedBlob(self._blob.name, refined(sniff(self._head), found), content, self._data_key, found)

    def abort(self) -> None:
        """Keep nothing. May be called at any time; does nothing after `finish`."""
        self._writer.abort()
        self._blob.abort()


class UploadSealer:
    """A BlobSealer for a version in one workspace."""

    def __init__(self, workspace_key: OpenKey, *, limit: int) -> None:
        self._workspace_key = workspace_key
        self._sealer = BlobSealer(limit=limit)
        self.update = self._sealer.update
        self.abort = self._sealer.abort

    def finish(self) -> SealedUpload:
        return SealedUpload(uuid7(), uuid7(), self._sealer.finish(), self._workspace_key)


def refuse_if_too_large(size: int, limit: int) -> None:
    if size > limit:
        raise TooLarge(f"This file is larger than {filesize(limit)}, the most that is accepted. Nothing was stored.")


def discard(stored: SealedBlob) -> None:
    """Delete bytes that were not recorded, sooner than the sweeper would."""
    blob_store().delete(stored.blob)

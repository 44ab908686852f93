"""What every blob store does. Names are random ids, so nothing that a person typed ever reaches a path.

Everything behind these Protocols raises StorageFull, DamagedContent or Unavailable and nothing else.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

ReadAt = Callable[[int, int], bytes]


@dataclass(frozen=True)
class StoredBlob:
    """A blob as the sweeper sees it; `changed` is a POSIX timestamp."""

    name: UUID
    changed: float


class BlobWriter(Protocol):
    """One blob on its way in. It exists for nobody until `commit` has returned."""

    @property
    def name(self) -> UUID: ...
    def write(self, data: bytes | memoryview) -> None: ...
    def commit(self) -> None:
        """Make the blob durable and give it its name."""
        ...

    def abort(self) -> None:
        """Forget what was written. Does nothing after `commit` or `suspend`; may be called twice."""
        ...

    def suspend(self) -> int:
        """Make what was written durable, close, and return how many bytes of the blob are durable, from its start.

        The blob is still on its way: `BlobStore.reopen` continues it, `discard_abandoned` gives it up. A store may keep
        fewer bytes than were written, and says so.
        """
        ...


class BlobStore(Protocol):
    def create(self, name: UUID | None = None) -> BlobWriter:
        """Begin a blob under a new name, or put one back under the name that it had."""
        ...

    def reopen(self, name: UUID, size: int) -> BlobWriter:
        """Continue a blob that is still on its way, after its first `size` bytes; what lies beyond them is discarded.

        Whoever calls this makes sure that nobody else is writing to the blob.

        Raises:
            DamagedContent: there are fewer bytes, or none: it never was, was given up or is committed already.

        """
        ...

    def read_at(self, name: UUID, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer only at the end of the blob.

        Raises:
            DamagedContent: the blob is missing or cannot be read.
            Unavailable: the store does not answer.

        """
        ...

    def reader(self, name: UUID) -> ReadAt:
        """Return a `read_at` of one blob for one consumer that mostly reads on, in one thread; it may fetch ahead."""
        ...

    def size(self, name: UUID) -> int: ...
    def delete(self, name: UUID) -> None:
        """Remove a blob; one that is not there is removed already."""
        ...

    def names(self) -> Iterator[StoredBlob]:
        """Yield every blob there is, in no order."""
        ...

    def abandoned(self) -> Iterator[StoredBlob]:
        """Yield what was begun and neither committed nor aborted; `changed` is when the last bytes came."""
        ...

    def discard_abandoned(self, name: UUID) -> None: ...

    def put_in_trash(self, name: UUID) -> None:
        """Take a blob out of use, without destroying it yet."""
        ...

    def take_from_trash(self, name: UUID) -> None: ...
    def delete_from_trash(self, name: UUID) -> None: ...
    def trashed(self) -> Iterator[StoredBlob]:
        """Yield what lies in the trash; `changed` is when it was put there."""
        ...

    def owner(self) -> UUID | None:
        """Return the id of the installation that this store belongs to, if it was marked."""
        ...

    def mark(self, owner: UUID) -> None:
        """Let the store belong to an installation, unless it belongs to one."""
        ...

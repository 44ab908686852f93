"""The sealing writer: plaintext in, sealed body out, in one pass and in flat memory.

Rules enforced (profile S1, writer rules 2 and 4): counter nonces with a last-segment flag, all segments but the last
full, an empty file gives no segment. The header is not part of the body: see `header`.

One helper thread works ahead of the caller: it computes the SHA-256, which takes longest, and seals what the caller
has not begun to seal meanwhile. The sink is always called in the caller's thread and in order. A file of at most
512 KiB starts no thread.

A body may be sealed in several sittings: `suspend()` ends one at a whole segment and gives back what is left, a writer
with `at` begins the next there. Whoever does so owes rule 1 this: a sitting that did not end with `suspend()` is never
continued under its key, because segments of it may have left that nobody knows of.

Out of scope: rule 1. The writer cannot know whether its key was used before; make one with `new_data_key()` for every
body, also when an upload is tried again.
"""

import hashlib
from collections import deque
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from blake3 import blake3
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from workspaces.crypt4gh.batches import Batcher
from workspaces.crypt4gh.errors import ClosedWriterError
from workspaces.crypt4gh.helping import Helper, Task
from workspaces.crypt4gh.pieces import CIPHER_PIECE, Sink, write_pieces
from workspaces.crypt4gh.segments import (
    CIPHER_BATCH,
    SEGMENT,
    Data,
    body_size,
    cipher_for,
    seal_batch,
    segment_count,
)

# Batches under way: while the helper works on the first the caller may take the second, and one is left for the helper.
_IN_FLIGHT = 3


@dataclass(frozen=True)
class Sealed:
    """What was sealed.

    Attributes:
        plaintext_size: bytes taken in.
        body_size: bytes given to the sink.
        plaintext_sha256: 32 bytes, or none with `hash_content=False`.
        body_blake3: 32 bytes over everything given to the sink, or none with `hash_content=False`.

    """

    plaintext_size: int
    body_size: int
    plaintext_sha256: bytes
    body_blake3: bytes


@dataclass(frozen=True)
class Suspended:
    """Where a sitting ended.

    Attributes:
        segments: whole segments sealed and given to the sink, from the start of the body.
        rest: plaintext after them, at most one segment; it was not sealed, since it may be the last. Give it to the
            next sitting first.

    """

    segments: int
    rest: bytes


class Hashes:
    """The SHA-256 of the plaintext and the BLAKE3 of the body so far; hand it on from one sitting to the next."""

    def __init__(self) -> None:
        self.content = hashlib.sha256()
        self.body = blake3()


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A batch under way: the buffer that it is sealed into, and what is done with it by whom comes first.

    The content's hash is left to the helper, because hashing cannot be done but in order.
    """

    sealed: bytearray
    sealing: Task[None]
    hashing: Task[None] | None


class SealingWriter:
    """Seals one file under one data key.

    Use it as a context manager, or call `finish()` or `abort()`: either stops its thread.

    Args:
        key: data key of 32 bytes, fresh from `new_data_key()`.
        sink: called with consecutive pieces of the sealed body. **The piece is valid during the call only**: its
            buffer is used again, and a view that was kept raises ValueError when it is touched. Copy what you keep.
        hash_content: whether to compute the SHA-256 of the plaintext and the BLAKE3 of the body on the way.
        at: how many segments of the body were sealed in earlier sittings.
        hashes: those of the earlier sittings, to be carried on; they are the body's only if all sittings had them.

    Raises:
        ValueError: the key is not 32 bytes long.

    """

    def __init__(
        self, key: bytes, sink: Sink, *, hash_content: bool = True, at: int = 0, hashes: Hashes | None = None
    ) -> None:
        hashes = hashes or (Hashes() if hash_content else None)
        self._cipher = cipher_for(key)
        self._sink = sink
        self._content = hashes.content if hashes else None
        self._body = hashes.body if hashes else None
        self._batcher = Batcher()
        self._helper = Helper("crypt4gh-seal")
        self._in_flight: deque[_Ahead] = deque()
        self._spare: list[bytearray] = []
        self._sent = at * SEGMENT
        self._open = True

    def update(self, data: Data) -> None:
        """Take the next bytes of the plaintext, any number of them. `bytes` are not copied.

        Raises:
            ClosedWriterError: the writer was finished or aborted, also by an earlier error.
            TypeError: the data are not bytes-like and contiguous.
            Exception: whatever the sink raises; the writer is aborted.

        """
        self._require_open()
        try:
            for batch in self._batcher.push(data):
                self._submit(batch)
        except BaseException:
            self.abort()
            raise

    def finish(self) -> Sealed:
        """Seal what was held back, give it to the sink and return what was sealed.

        Raises:
            ClosedWriterError: the writer was finished or aborted, also by an earlier error.
            Exception: whatever the sink raises; the writer is aborted.

        """
        self._require_open()
        try:
            while self._in_flight:
                self._collect()
            self._seal_rest(self._batcher.rest(), last=True)
        finally:
            self.abort()
        return Sealed(
            plaintext_size=self._sent,
            body_size=body_size(self._sent),
            plaintext_sha256=self._content.digest() if self._content else b"",
            body_blake3=self._body.digest() if self._body else b"",
        )

    def suspend(self) -> Suspended:
        """End this sitting: seal all whole segments but the very last, give them to the sink, and hand back the rest.

        Raises:
            ClosedWriterError: the writer was finished or aborted, also by an earlier error.
            Exception: whatever the sink raises; the writer is aborted.

        """
        self._require_open()
        try:
            while self._in_flight:
                self._collect()
            held = memoryview(self._batcher.rest())
            whole = max(segment_count(len(held)) - 1, 0) * SEGMENT
            self._seal_rest(held[:whole], last=False)
        finally:
            self.abort()
        return Suspended(self._sent // SEGMENT, bytes(held[whole:]))

    def abort(self) -> None:
        """Stop the helper thread and forget what was not yet given to the sink. May be called at any time."""
        self._open = False
        self._helper.stop()
        self._in_flight.clear()
        self._spare.clear()

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Abort the writer unless it was finished."""
        self.abort()

    def _require_open(self) -> None:
        if not self._open:
            raise ClosedWriterError("This writer was finished or aborted and takes no more data.")

    def _submit(self, plain: Data) -> None:
        if len(self._in_flight) == _IN_FLIGHT:
            self._collect()
        buffer = self._spare.pop() if self._spare else bytearray(CIPHER_BATCH)
        # Nothing here leads back to the writer, so one that is forgotten goes, and its thread with it.
        sealing = Task(partial(_seal, self._cipher, plain, self._sent, buffer, last=False))
        hashing = Task(partial(self._content.update, plain)) if self._content else None
        if hashing:
            self._helper.give(hashing)
        self._helper.give(sealing)
        self._in_flight.append(_Ahead(buffer, sealing, hashing))
        self._sent += len(plain)

    def _collect(self) -> None:
        ahead = self._in_flight.popleft()
        ahead.sealing.result(other.sealing for other in self._in_flight)
        self._give(ahead.sealed)
        self._spare.append(ahead.sealed)
        if ahead.hashing:
            ahead.hashing.wait()

    def _seal_rest(self, plain: Data, *, last: bool) -> None:
        if not plain:
            return
        buffer = bytearray(body_size(len(plain)))
        if self._content:
            self._content.update(plain)
        _seal(self._cipher, plain, self._sent, buffer, last=last)
        self._give(buffer)
        self._sent += len(plain)

    def _give(self, buffer: bytearray) -> None:
        if self._body:
            self._body.update(buffer)
        write_pieces(self._sink, buffer, CIPHER_PIECE)


def _seal(cipher: ChaCha20Poly1305, plain: Data, position: int, buffer: bytearray, *, last: bool) -> None:
    with memoryview(buffer) as view:
        seal_batch(cipher, position // SEGMENT, plain, view, last=last)

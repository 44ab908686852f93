"""The strict reader of profile S1, for stored bodies (any range) and for streams.

Rules enforced:

1. A segment's bytes leave only after its tag was verified with exactly the nonce of its place.
2. Only the last segment is short, and only the last is marked as last; nothing follows it.
3. A stored body has exactly the length on record, and its last segment is opened once before anything else leaves.
4. A stream that ends at a segment boundary, but too early, is refused before its final segment's bytes leave.

What a stream cannot show: a body cut down to no segment at all is a valid empty file. Only a record of the length
(a `SealedBody`, a receipt) tells the two apart.

Out of scope: the key commitment, which the caller checks first (`commitment`), and tolerance for other profiles.
"""

from collections.abc import Callable, Generator, Iterator

from workspaces.crypt4gh.ahead import Block, open_blocks, open_views
from workspaces.crypt4gh.errors import LengthError
from workspaces.crypt4gh.header import Readable
from workspaces.crypt4gh.segments import (
    BATCH_SEGMENTS,
    CIPHER_BATCH,
    CIPHER_SEGMENT,
    SEGMENT,
    cipher_for,
    plaintext_size,
    segment_count,
)

ReadAt = Callable[[int, int], bytes]


class SealedBody:
    """A stored body that can be read at any position.

    Args:
        read_at: called as `read_at(offset, length)`, in the consumer's thread; returns the stored bytes, fewer only
            at the end of the body and none beyond it.
        key: data key of 32 bytes, whose commitment was checked.
        body_size: length on record, in bytes.

    Raises:
        LengthError: no body has that length.
        ValueError: the key is not 32 bytes long.

    """

    def __init__(self, read_at: ReadAt, *, key: bytes, body_size: int) -> None:
        self._read_at = read_at
        self._cipher = cipher_for(key)
        self._body_size = body_size
        self._plaintext_size = plaintext_size(body_size)
        self._segments = segment_count(self._plaintext_size)
        self._end_verified = False

    @property
    def plaintext_size(self) -> int:
        """Length of the plaintext in bytes, as the record has it."""
        return self._plaintext_size

    def verify_end(self) -> None:
        """Check that the body ends where the record says, by opening its last segment; later calls do nothing.

        Raises:
            LengthError: the store holds fewer or more bytes than the record says.
            SegmentError: the last segment is not what belongs there.

        """
        if self._end_verified:
            return
        first = max(self._segments - 1, 0)
        offset = first * CIPHER_SEGMENT
        # One byte more than there should be, so that anything after the end shows.
        stored = self._read_at(offset, self._body_size - offset + 1)
        self._require_length(offset, len(stored), self._body_size - offset)
        if self._segments:
            list(open_blocks(self._cipher, [Block(first, stored, last=True)]))
        self._end_verified = True

    def iter_range(self, start: int, stop: int) -> Iterator[bytes]:
        """Return the verified plaintext from `start` up to, not including, `stop` in blocks of up to 512 KiB.

        The range and the end of the body are checked in this call, before the first block is asked for; so a caller
        still can answer with an error instead of with half a file.

        Raises:
            LengthError: the range is not within the plaintext, or the store holds less or more than the record says.
            SegmentError: from the call for the last segment, from the iterator for any other; nothing of the block
                that holds the segment is yielded.

        """
        self._require_range(start, stop)
        return open_blocks(self._cipher, self._blocks(start, stop))

    def iter_views(self, start: int, stop: int) -> Generator[memoryview]:
        """Return the same as `iter_range` does, but not copied: a view is valid until the next one is asked for.

        Raises:
            LengthError, SegmentError: as `iter_range` does.

        """
        self._require_range(start, stop)
        return open_views(self._cipher, self._blocks(start, stop))

    def _require_range(self, start: int, stop: int) -> None:
        if not 0 <= start <= stop <= self._plaintext_size:
            raise LengthError(f"The range {start} to {stop} is not within {self._plaintext_size} bytes.")
        self.verify_end()

    def _blocks(self, start: int, stop: int) -> Iterator[Block]:
        after = segment_count(stop) if stop > start else 0
        for first in range(start // SEGMENT, after, BATCH_SEGMENTS):
            until = min(first + BATCH_SEGMENTS, after)
            yield Block(
                first,
                self._fetch(first, until),
                last=until == self._segments,
                skip=max(start - first * SEGMENT, 0),
                stop=stop - first * SEGMENT,
            )

    def _fetch(self, first: int, until: int) -> bytes:
        offset = first * CIPHER_SEGMENT
        length = min(until * CIPHER_SEGMENT, self._body_size) - offset
        stored = self._read_at(offset, length)
        self._require_length(offset, len(stored), length)
        return stored

    def _require_length(self, offset: int, found: int, expected: int) -> None:
        if found == expected:
            return
        segment = (offset + min(found, expected)) // CIPHER_SEGMENT
        what = "ends early" if found < expected else "goes on after its end"
        raise LengthError(f"The stored body {what}, at segment {segment}: the record says {self._body_size} bytes.")


def open_stream(source: Readable, key: bytes) -> Iterator[bytes]:
    """Yield the verified plaintext of a body that can only be read once, in blocks of up to 512 KiB.

    Reads one block ahead, so that the last segment is known before it is opened. An empty source is an empty file.

    Args:
        source: stands at the first byte of the body; see `read_header`.
        key: data key of 32 bytes.

    Raises:
        ValueError: the key is not 32 bytes long; raised by the call, the following by the iterator.
        SegmentError: for the first segment that is not what belongs at its place; nothing of its block is yielded.

    """
    return open_blocks(cipher_for(key), _stream_blocks(source))


def _stream_blocks(source: Readable) -> Iterator[Block]:
    first, block = 0, _read_block(source)
    while block:
        following = _read_block(source) if len(block) == CIPHER_BATCH else b""
        yield Block(first, block, last=not following)
        first, block = first + BATCH_SEGMENTS, following


def _read_block(source: Readable) -> bytes:
    block = source.read(CIPHER_BATCH)
    if len(block) in (0, CIPHER_BATCH):
        return block
    parts, missing = [block], CIPHER_BATCH - len(block)
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)

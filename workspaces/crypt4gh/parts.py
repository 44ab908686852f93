"""A part of a body: whole segments of it that lie apart from the rest, none of them the last.

An upload that was broken off roughly goes on under another key; what came before is such a part. The same rules hold as
for a body: a segment's bytes leave only after its tag was verified with exactly the nonce of its place.
"""

from collections.abc import Iterator

from workspaces.crypt4gh.ahead import Block, open_blocks
from workspaces.crypt4gh.errors import LengthError
from workspaces.crypt4gh.reader import ReadAt
from workspaces.crypt4gh.segments import BATCH_SEGMENTS, CIPHER_SEGMENT, cipher_for


def open_part(read_at: ReadAt, *, key: bytes, first: int, segments: int) -> Iterator[bytes]:
    """Yield the verified plaintext of a part, in blocks of up to 512 KiB.

    Args:
        read_at: called as `read_at(offset, length)` with offsets from the start of the part.
        key: data key of 32 bytes that the part was sealed under.
        first: number of its first segment in the whole body.
        segments: how many there are.

    Raises:
        ValueError: the key is not 32 bytes long; raised by the call, the following by the iterator.
        LengthError: there are fewer bytes.
        SegmentError: for the first segment that is not what belongs at its place.

    """
    return open_blocks(cipher_for(key), _blocks(read_at, first, segments))


def _blocks(read_at: ReadAt, first: int, segments: int) -> Iterator[Block]:
    for done in range(0, segments, BATCH_SEGMENTS):
        length = min(BATCH_SEGMENTS, segments - done) * CIPHER_SEGMENT
        sealed = read_at(done * CIPHER_SEGMENT, length)
        if len(sealed) != length:
            raise LengthError(f"The part ends early, after segment {first + done}.")
        yield Block(first + done, sealed, last=False)

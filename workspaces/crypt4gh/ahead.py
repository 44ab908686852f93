"""Opens blocks of segments one after another, with the next ones decrypted ahead in a helper thread.

Rule enforced: a block's plaintext leaves only when every segment of the block was verified at its place. Blocks are
fetched in the consumer's thread and in order, so whatever they come from need not be thread-safe.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from workspaces.crypt4gh.helping import Helper, Task
from workspaces.crypt4gh.segments import BATCH, Data, open_batch

_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive sealed segments, and which part of their plaintext is wanted.

    Attributes:
        first: number of the first segment.
        sealed: whole segments as stored, at most 512 KiB of plaintext.
        last: whether the final one must be the last of the file.
        skip: plaintext bytes not wanted at the front.
        stop: end of the wanted part within the block's plaintext.

    """

    first: int
    sealed: Data
    last: bool
    skip: int = 0
    stop: int = BATCH


def open_blocks(cipher: ChaCha20Poly1305, blocks: Iterable[Block]) -> Iterator[bytes]:
    """Yield the wanted plaintext of each block, in order, as bytes of its own; see `open_views`."""
    with closing(open_views(cipher, blocks)) as views:
        for view in views:
            yield bytes(view)


def open_views(cipher: ChaCha20Poly1305, blocks: Iterable[Block]) -> Generator[memoryview]:
    """Yield the wanted plaintext of each block, in order, without a copy.

    **A view is valid until the next one is asked for**: it is released then, because its buffer is used again, and one
    that was kept raises ValueError when it is touched.

    The first block is opened at once and without a thread, so a short read costs none.

    Raises:
        SegmentError: for the first segment that is not what belongs at its place; nothing of its block is yielded.

    """
    source, opener = iter(blocks), _Opener(cipher)
    for block in source:
        yield from opener.lend(opener.open(block))
        break
    helper, ready = Helper("crypt4gh-open"), deque[Task[_Opened]]()
    try:
        for block in source:
            ready.append(task := opener.task(block))
            helper.give(task)
            if len(ready) > _AHEAD:
                yield from opener.lend(ready.popleft().result(ready))
        while ready:
            yield from opener.lend(ready.popleft().result(ready))
    finally:
        helper.stop()


@dataclass(frozen=True, slots=True)
class _Opened:
    """Verified plaintext in a buffer, of which the part from `start` to `stop` is wanted."""

    buffer: bytearray
    start: int
    stop: int


class _Opener:
    """Opens blocks into a few buffers, which are used again and again."""

    def __init__(self, cipher: ChaCha20Poly1305) -> None:
        self._cipher = cipher
        self._spare: list[bytearray] = []

    def task(self, block: Block) -> Task[_Opened]:
        return Task(lambda: self.open(block))

    def open(self, block: Block) -> _Opened:
        buffer = self._buffer(len(block.sealed))
        with memoryview(buffer) as view:
            size = open_batch(self._cipher, block.first, block.sealed, view, last=block.last)
        return _Opened(buffer, block.skip, min(size, block.stop))

    def lend(self, opened: _Opened) -> Iterator[memoryview]:
        with memoryview(opened.buffer) as whole, whole[opened.start : opened.stop] as view:
            yield view
        self._spare.append(opened.buffer)

    def _buffer(self, size: int) -> bytearray:
        buffer = self._spare.pop() if self._spare else bytearray()
        return buffer if len(buffer) >= size else bytearray(size)

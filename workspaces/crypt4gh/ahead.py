"""Opens blocks of segments one after another, with the next ones decrypted ahead in a helper thread.

Rule enforced: a block's plaintext leaves only when every segment of the block was verified at its place. Blocks are
fetched in the consumer's thread and in order, so whatever they come from need not be thread-safe.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from workspaces.crypt4gh.segments import BATCH, Data, open_batch

_AHEAD = 2


@dataclass(frozen=True)
class Block:
    """Consecutive sealed segments, and which part of their plaintext is wanted.

    Attributes:
        first: number of the first segment.
        sealed: whole segments as stored, at most 1 MiB of plaintext.
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
    """Yield the wanted plaintext of each block, in order.

    The first block is opened at once and without a thread, so a short read costs none.

    Raises:
        SegmentError: for the first segment that is not what belongs at its place; nothing of its block is yielded.

    """
    source = iter(blocks)
    opener = _Opener(cipher)
    for block in source:
        yield opener.open(block)
        break
    with ThreadPoolExecutor(1, "crypt4gh-open") as helper:
        ready: deque[Future[bytes]] = deque()
        try:
            for block in source:
                ready.append(helper.submit(opener.open, block))
                if len(ready) > _AHEAD:
                    yield ready.popleft().result()
            while ready:
                yield ready.popleft().result()
        finally:
            helper.shutdown(cancel_futures=True)


class _Opener:
    """One buffer, used for every block by one thread at a time."""

    def __init__(self, cipher: ChaCha20Poly1305) -> None:
        self._cipher = cipher
        self._buffer = memoryview(bytearray())

    def open(self, block: Block) -> bytes:
        if len(self._buffer) < len(block.sealed):
            self._buffer = memoryview(bytearray(len(block.sealed)))
        size = open_batch(self._cipher, block.first, block.sealed, self._buffer, last=block.last)
        return bytes(self._buffer[block.skip : min(size, block.stop)])

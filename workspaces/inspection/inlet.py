"""Where a parser takes its bytes from: it waits, by `yield`, until somebody has put more in.

A parser is a generator. `yield from inlet.exactly(30)` gives 30 bytes, however many pieces they came in.
"""

from collections.abc import Generator
from typing import TypeAlias

from workspaces.inspection.findings import DAMAGED, unseen

Waiting: TypeAlias = Generator[None, None, None]


class Inlet:
    """Bytes that were put in and not yet taken out. `position` is how many were taken out so far."""

    def __init__(self) -> None:
        self.position = 0
        self._held = memoryview(b"")
        self._is_over = False

    def put(self, data: bytes | memoryview) -> None:
        """Put in the next bytes; a piece is only joined to what is left of the one before."""
        self._held = memoryview(bytes(self._held) + bytes(data)) if self._held else memoryview(data)

    def close(self) -> None:
        """Say that nothing more comes."""
        self._is_over = True

    def exactly(self, size: int) -> Generator[None, None, bytes]:
        """Take so many bytes.

        Raises:
            StopLookingError: there are not so many.

        """
        if (yield from self._wait_for(size)) < size:
            raise unseen(DAMAGED)
        return bytes(self._take(size))

    def at_most(self, size: int) -> Generator[None, None, memoryview]:
        """Take what there is, at least one byte; nothing at the end. Valid until more is put in."""
        yield from self._wait_for(1)
        return self._take(size)

    def peek(self, size: int) -> Generator[None, None, bytes]:
        """Return so many bytes, or fewer at the end, and leave them where they are."""
        yield from self._wait_for(size)
        return bytes(self._held[:size])

    def skip(self, size: int) -> Waiting:
        """Take so many bytes and forget them.

        Raises:
            StopLookingError: there are not so many.

        """
        while size:
            piece = yield from self.at_most(size)
            if not piece:
                raise unseen(DAMAGED)
            size -= len(piece)

    def give_back(self, data: bytes) -> None:
        """Put bytes that were taken too much in front again."""
        self.position -= len(data)
        self._held = memoryview(data + bytes(self._held))

    def _wait_for(self, size: int) -> Generator[None, None, int]:
        while len(self._held) < size and not self._is_over:
            yield
        return len(self._held)

    def _take(self, size: int) -> memoryview:
        taken, self._held = self._held[:size], self._held[size:]
        self.position += len(taken)
        return taken

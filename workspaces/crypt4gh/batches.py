"""Cuts a stream of chunks into batches of 512 KiB and holds the last one back.

Only the end of the stream tells which segment is the last, and its nonce must say so. So a batch is handed on when
the first byte after it has arrived, and never earlier.

Rule enforced: a batch handed on does not change any more. `bytes` are passed on without a copy, anything else (a
buffer that the caller may fill again) is copied first.
"""

from collections.abc import Iterator

from workspaces.crypt4gh.segments import BATCH, Data


class Batcher:
    """Takes chunks of any size; gives batches of `BATCH` bytes, then what remains."""

    def __init__(self) -> None:
        self._held: Data = b""
        self._partial = bytearray()
        self._filled = 0

    def push(self, data: Data) -> Iterator[Data]:
        """Take a chunk and yield the batches that are now known not to be the last; run it to its end.

        Raises:
            TypeError: the chunk is not bytes-like and contiguous.

        """
        view = memoryview(data).cast("B")
        stable = isinstance(data, bytes)
        while view:
            if self._held:
                yield self._held
                self._held = b""
            view = self._take(view, stable=stable)

    def rest(self) -> Data:
        """Return what is left: 1 to `BATCH` bytes, or none if nothing ever came."""
        return self._held or memoryview(self._partial)[: self._filled]

    def _take(self, view: memoryview, *, stable: bool) -> memoryview:
        if stable and not self._filled and len(view) >= BATCH:
            self._held = view[:BATCH]
            return view[BATCH:]
        if not self._filled:
            self._partial = bytearray(BATCH)
        size = min(BATCH - self._filled, len(view))
        self._partial[self._filled : self._filled + size] = view[:size]
        self._filled += size
        if self._filled == BATCH:
            self._held, self._filled = self._partial, 0
        return view[size:]

"""Unpacking what was compressed by deflate, a little at a time, into the layer that looks at it."""

import zlib
from collections.abc import Callable

from workspaces.inspection.findings import DAMAGED, Budget, unseen
from workspaces.inspection.layer import Layer

PIECE_IN = 16 * 1024
_PIECE_OUT = 64 * 1024


class Inflater:
    """One compressed stream.

    Args:
        form: how it is wrapped, as zlib's `wbits`.
        budget: counts what comes out.
        inner: looks at what comes out.
        count: called with the size of each piece that came out and was looked at.

    """

    def __init__(self, form: int, budget: Budget, inner: Layer, count: Callable[[int], None]) -> None:
        self.size = 0
        self._stream = zlib.decompressobj(form)
        self._budget = budget
        self._inner = inner
        self._count = count

    @property
    def is_over(self) -> bool:
        """Whether the end of the stream was reached."""
        return self._stream.eof

    @property
    def unused(self) -> bytes:
        """What was put in and does not belong to the stream any more."""
        return self._stream.unused_data

    def put(self, data: bytes | memoryview) -> None:
        """Unpack the next bytes.

        Raises:
            StopLookingError: they are damaged, or a limit is reached.

        """
        while True:
            try:
                out = self._stream.decompress(data, _PIECE_OUT)
            except zlib.error as error:
                raise unseen(DAMAGED) from error
            self.size += len(out)
            self._budget.count_inflated(len(out))
            self._inner.put(out)
            self._count(len(out))
            data = self._stream.unconsumed_tail
            # A full piece may leave more behind even when all that was put in is used up.
            if self._stream.eof or (not data and len(out) < _PIECE_OUT):
                return

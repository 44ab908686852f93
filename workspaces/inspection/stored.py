"""An entry of a ZIP archive that is neither compressed nor says beforehand how long it is."""

import struct
from collections.abc import Generator

from workspaces.inspection.findings import DAMAGED, Budget, unseen
from workspaces.inspection.inlet import Inlet
from workspaces.inspection.layer import Layer

_MARK = b"PK\x07\x08"
_WINDOW = 64 * 1024
# The mark, the checksum, and both sizes of 8 bytes each.
_LONGEST = 24


def pass_until_descriptor(inlet: Inlet, budget: Budget, inner: Layer) -> Generator[None, None, int]:
    """Pass by the content up to the mark that is followed by its true length, and return that.

    Content may hold the mark with a length that happens to be true; then the list of entries tells otherwise.

    Raises:
        StopLookingError: there is no such mark.

    """
    size = 0
    while True:
        window = yield from inlet.peek(_WINDOW)
        is_last = len(window) < _WINDOW
        found = _find(window, size)
        length = found if found >= 0 else len(window) - _LONGEST
        if length <= 0 and found < 0:
            raise unseen(DAMAGED)
        content = yield from inlet.exactly(length)
        size += length
        budget.count_content(length)
        inner.put(content)
        if found >= 0:
            return size
        if is_last:
            raise unseen(DAMAGED)


def _find(window: bytes, before: int) -> int:
    """Return where in the window the mark stands that tells the true length, or -1."""
    at = window.find(_MARK)
    while at >= 0:
        told = window[at + 8 : at + _LONGEST].ljust(16, b"\xff")
        length = before + at
        if length in {struct.unpack_from("<L", told)[0], struct.unpack_from("<Q", told)[0]}:
            return at
        at = window.find(_MARK, at + 1)
    return -1

"""One depth: tells what kind of archive begins here, if any, and lets its parser look at it."""

import re
from collections.abc import Callable
from typing import TypeAlias

from workspaces.inspection.findings import Budget, unseen
from workspaces.inspection.inlet import Inlet, Waiting

Parser: TypeAlias = Callable[[Inlet, Budget, int], Waiting]

HEAD = 512
_TAR_SUM = slice(148, 156)
_OCTAL = re.compile(rb"[ 0]*[0-7]+[ \0]*")
_UNKNOWN = {
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"BZh": "bzip2",
}


class Layer:
    """Takes the bytes of something at one depth.

    Args:
        budget: what was seen at all depths.
        depth: how many archives this lies in.
        in_gzip: whether it was compressed as a whole, so that a tar archive here is the same archive.

    """

    def __init__(self, budget: Budget, depth: int, *, in_gzip: bool = False) -> None:
        self.is_archive = False
        self._in_gzip = in_gzip
        self._inlet = Inlet()
        self._budget = budget
        self._depth = depth
        self._parser: Waiting | None = self._look()
        next(self._parser)

    @property
    def is_at_work(self) -> bool:
        """Whether there is anything (more) to look at."""
        return self._parser is not None

    def put(self, data: bytes | memoryview) -> None:
        """Look at the next bytes.

        Raises:
            StopLookingError: saying why not to look on.

        """
        if self._parser is not None:
            self._inlet.put(data)
            self._go_on()

    def close(self) -> None:
        """Say that this was all.

        Raises:
            StopLookingError: the archive is not complete.

        """
        if self._parser is not None:
            self._inlet.close()
            self._go_on()

    def _go_on(self) -> None:
        try:
            if self._parser is not None:
                next(self._parser)
        except StopIteration:
            self._parser = None

    def _look(self) -> Waiting:
        head = yield from self._inlet.peek(HEAD)
        parser = parser_for(head)
        self.is_archive = parser is not None
        if parser is None:
            for magic, name in _UNKNOWN.items():
                if head.startswith(magic):
                    self._budget.note_unknown(f"Archives of this kind are not understood here: {name}.")
            return
        depth = self._depth - 1 if self._in_gzip and is_tar(head) else self._depth
        limit = self._budget.limits.depth
        if depth >= limit:
            raise unseen(f"There are archives in archives in it, more than {limit} deep.")
        yield from parser(self._inlet, self._budget, depth)


def parser_for(head: bytes) -> Parser | None:
    """Return what looks into bytes that begin so, or None where they are no archive."""
    # The parsers begin layers of their own.
    from workspaces.inspection import gzips, tars, zips

    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return zips.look
    if head.startswith(b"\x1f\x8b\x08"):
        return gzips.look
    return tars.look if is_tar(head) else None


def is_tar(head: bytes) -> bool:
    """Tell the first block of a tar archive, also of the old kind that has no mark, by its sum."""
    if len(head) < HEAD or not head[0] or not _OCTAL.fullmatch(head[_TAR_SUM]):
        return False
    summed = sum(head) - sum(head[_TAR_SUM]) + 8 * ord(" ")
    return int(head[_TAR_SUM].strip(b" \0"), 8) == summed

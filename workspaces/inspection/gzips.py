"""gzip: one compressed file, or an archive that was compressed as a whole (RFC 1952)."""

import zlib
from collections.abc import Generator

from workspaces.inspection.findings import DAMAGED, Budget, unsafe, unseen
from workspaces.inspection.inflating import PIECE_IN, Inflater
from workspaces.inspection.inlet import Inlet, Waiting
from workspaces.inspection.layer import Layer

_FORM = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b"
_BLOCKED_HEAD = 16
_MOST_MEMBERS = 100_000


def look(inlet: Inlet, budget: Budget, depth: int) -> Waiting:
    """Unpack member after member, and look into what comes out.

    Files of the field in blocked gzip (BAM, BCF, VCF.gz) hold one table each and are many GiB large: only their
    beginning is unpacked, to see that they are no archive.

    Raises:
        StopLookingError: a limit is reached, or it is damaged.

    """
    # A tar archive that was compressed as a whole is one archive, and not one in another.
    inner = Layer(budget, depth + 1, in_gzip=True)
    blocked = _is_blocked((yield from inlet.peek(_BLOCKED_HEAD)))
    members = 0
    while head := (yield from inlet.peek(2)):
        if head != _MAGIC:
            if (yield from _only_zeros(inlet)):
                break
            raise unsafe("Something else stands behind its end.")
        members += 1
        if members > _MOST_MEMBERS:
            raise budget.beyond("It was compressed in more pieces than are looked into.")
        yield from _member(inlet, budget, inner)
        if blocked and not inner.is_at_work:
            return
    inner.close()


def _member(inlet: Inlet, budget: Budget, inner: Layer) -> Waiting:
    def count(size: int) -> None:
        if not inner.is_archive:
            budget.count_content(size)

    inflater = Inflater(_FORM, budget, inner, count)
    while not inflater.is_over:
        piece = yield from inlet.at_most(PIECE_IN)
        if not piece:
            raise unseen(DAMAGED)
        inflater.put(piece)
    inlet.give_back(inflater.unused)


def _is_blocked(head: bytes) -> bool:
    """Tell blocked gzip (BGZF) by the field that says how long a block is."""
    return len(head) == _BLOCKED_HEAD and head[3] & 4 == 4 and head[12:16] == b"BC\x02\x00"  # noqa: PLR2004


def _only_zeros(inlet: Inlet) -> Generator[None, None, bool]:
    while piece := (yield from inlet.at_most(PIECE_IN)):
        if any(piece):
            return False
    return True

"""A part of an RFC 6962 tree: some leaves at their places, and the fewest hashes that lead from them to the root.

One proof for many leaves costs far less than many proofs, because the upper nodes are there once. The hashes stand in
one order only: those of the subtrees that hold nothing that is shown, from left to right.

Rules enforced
    * places ascend and lie inside the tree, no hash is missing and none is left over;
    * a `cut` inside the tree is an earlier size: the root that the tree had then comes out too, so one proof shows
      that the tree continues each of its earlier states.

Out of scope: where hashes come from (`missing` says which are needed), and whether a root is the right one.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from ledger_bridge.tlog.errors import ProofError
from ledger_bridge.tlog.merkle import HASH_SIZE, node_hash

Shown = Sequence[int]
"""Places of leaves, ascending."""


def missing(size: int, shown: Shown, cuts: Sequence[int] = ()) -> Iterator[tuple[int, int]]:
    """Yield the subtrees [begin, end) whose hashes a proof must hold, from left to right.

    Raises:
        ProofError: places or cuts do not ascend, or lie outside the tree.

    """
    _require_inside(size, shown, cuts)
    waiting = [(0, size)]
    while waiting:
        begin, end = waiting.pop()
        if not _holds(shown, begin, end) and not _is_cut(cuts, begin, end):
            yield begin, end
        elif end - begin > 1:
            split = _split(begin, end)
            waiting += [(split, end), (begin, split)]


def roots(
    size: int, shown: Shown, leaf_hashes: Mapping[int, bytes], hashes: Sequence[bytes], cuts: Sequence[int] = ()
) -> dict[int, bytes]:
    """The root of the tree, and those that it had at each cut, by size.

    Raises:
        ProofError: places or cuts do not ascend or lie outside the tree, or the hashes are not as many as needed.

    """
    _require_inside(size, shown, cuts)
    if any(len(one) != HASH_SIZE for one in hashes):
        raise ProofError(f"a hash of the proof does not have {HASH_SIZE} bytes")
    climb = _Climb(shown, leaf_hashes, hashes, cuts)
    root, earlier = climb.node(0, size)
    climb.require_end()
    return {**earlier, size: root}


class _Climb:
    def __init__(
        self, shown: Shown, leaf_hashes: Mapping[int, bytes], hashes: Sequence[bytes], cuts: Sequence[int]
    ) -> None:
        self._shown = shown
        self._leaf_hashes = leaf_hashes
        self._hashes = hashes
        self._taken = 0
        self._cuts = cuts

    def node(self, begin: int, end: int) -> tuple[bytes, dict[int, bytes]]:
        """The hash over [begin, end), and for each cut within the one over [begin, cut). At most 63 calls deep."""
        cut = _is_cut(self._cuts, begin, end)
        if not cut and not _holds(self._shown, begin, end):
            return self._take(), {}
        if end - begin == 1:
            return self._leaf_hashes[begin], {}
        split = _split(begin, end)
        left, earlier = self.node(begin, split)
        right, later = self.node(split, end)
        if cut:
            # A smaller tree is divided at the same place as long as it reaches beyond it.
            earlier |= {size: node_hash(left, part) for size, part in later.items()}
            if _holds(self._cuts, split, split + 1):
                earlier[split] = left
        return node_hash(left, right), earlier

    def require_end(self) -> None:
        if self._taken != len(self._hashes):
            raise ProofError(f"the proof holds {len(self._hashes)} hashes, but {self._taken} are needed")

    def _take(self) -> bytes:
        if self._taken == len(self._hashes):
            raise ProofError("the proof holds too few hashes")
        self._taken += 1
        return self._hashes[self._taken - 1]


def _holds(places: Shown, begin: int, end: int) -> bool:
    at = bisect_left(places, begin)
    return at < len(places) and places[at] < end


def _is_cut(cuts: Sequence[int], begin: int, end: int) -> bool:
    """Whether an earlier tree ended within, so that the node did not exist then."""
    return _holds(cuts, begin + 1, end)


def _split(begin: int, end: int) -> int:
    return begin + (1 << (end - begin - 1).bit_length() - 1)


def _require_inside(size: int, shown: Shown, cuts: Sequence[int]) -> None:
    for places, first, what in ((shown, 0, "leaves"), (cuts, 1, "earlier sizes")):
        last = first - 1
        for place in places:
            if not last < place < size:
                raise ProofError(f"the {what} shown of a tree of {size} do not ascend, or lie outside")
            last = place

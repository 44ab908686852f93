"""The RFC 6962 Merkle tree with SHA-256: hashing, growing, proving, verifying.

Rules enforced
    * leaf hash = SHA-256(0x00 ‖ leaf), node hash = SHA-256(0x01 ‖ left ‖ right), empty root = SHA-256("");
    * a proof has exactly the length that index and sizes determine; one hash too many or too few is refused;
    * an index lies inside the tree, an old size does not exceed the new one;
    * nothing can be learnt from old size 0, so `verify_consistency` refuses it unless the caller says that an empty
      beginning is fine (a witness that meets a log for the first time).

Out of scope: where nodes are stored (a `get_node` callback answers), signatures, and sizes above 2^63 - 1.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from ledger_bridge.tlog.errors import FormatError, ProofError

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
# What the hash of every leaf and of every node begins with, taken in once.
_begin_leaf, _begin_node = sha256(b"\x00").copy, sha256(b"\x01").copy

GetNode = Callable[[int, int], bytes]
"""`get_node(level, index)`: the hash over the 2^level leaves that start at index · 2^level, all of them present."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash the bytes of one leaf."""
    made = _begin_leaf()
    made.update(leaf)
    return made.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbouring subtrees into their parent."""
    made = _begin_node()
    made.update(left + right)
    return made.digest()


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes."""
    frontier = Frontier()
    frontier.append_many(leaf_hashes)
    return frontier.root()


class Frontier:
    """The right edge of a growing tree: all that is needed to append leaves and to know the root.

    It holds one hash per one-bit of the size, so at most 63, however large the log is.
    """

    def __init__(self) -> None:
        self._size = 0
        self._pending: list[bytes] = []  # by level; meaningful only where the size has a one-bit

    @classmethod
    def from_hashes(cls, size: int, hashes: Sequence[bytes]) -> "Frontier":
        """Restore what `hashes()` returned for a tree of this size.

        Raises:
            FormatError: the number or the length of the hashes does not fit the size.

        """
        if size < 0 or len(hashes) != size.bit_count() or any(len(h) != HASH_SIZE for h in hashes):
            raise FormatError(f"{len(hashes)} hashes do not make a frontier of size {size}")
        frontier = cls()
        frontier._size = size
        largest_first = iter(hashes)
        levels = range(size.bit_length())
        frontier._pending = [next(largest_first) if size >> n & 1 else b"" for n in reversed(levels)][::-1]
        return frontier

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._size

    def hashes(self) -> list[bytes]:
        """The perfect subtrees from left to right, largest first."""
        levels = range(self._size.bit_length())
        return [self._pending[n] for n in reversed(levels) if self._size >> n & 1]

    def append(self, leaf_hash: bytes) -> None:
        """Append one leaf."""
        self.append_many((leaf_hash,))

    def append_many(self, leaf_hashes: Iterable[bytes]) -> list[list[bytes]]:
        """Append leaves and return the perfect nodes they completed, by level, from left to right.

        The first node of level n has index `old_size >> n`; level 0 repeats the leaf hashes. A log stores these nodes
        instead of hashing them again.
        """
        fresh = list(leaf_hashes)
        old_size, self._size = self._size, self._size + len(fresh)
        grown: list[list[bytes]] = []
        while fresh:
            level = len(grown)
            grown.append(fresh)
            if len(self._pending) == level:
                self._pending.append(b"")
            row = [self._pending[level], *fresh] if old_size >> level & 1 else fresh
            if len(row) & 1:
                self._pending[level] = row[-1]
            # node_hash written out: these lines run once per leaf of every log.
            fresh = []
            for a, b in zip(row[::2], row[1::2], strict=False):
                node = _begin_node()
                node.update(a + b)
                fresh.append(node.digest())
        return grown

    def root(self) -> bytes:
        """The root hash of the tree as it stands."""
        return _fold(self.hashes())


def _fold(largest_first: Sequence[bytes]) -> bytes:
    if not largest_first:
        return EMPTY_ROOT
    result = largest_first[-1]
    for left in reversed(largest_first[:-1]):
        result = node_hash(left, result)
    return result


def is_subtree(start: int, end: int) -> bool:
    """Whether [start, end) may stand under one node: start is a multiple of the next power of two ≥ its width."""
    if not 0 <= start <= end:
        return False
    return start == end or start % (1 << (end - start - 1).bit_length()) == 0


def subtree_root(start: int, end: int, get_node: GetNode) -> bytes:
    """The root over the leaves [start, end).

    Raises:
        FormatError: [start, end) is not a subtree.

    """
    if not is_subtree(start, end):
        raise FormatError(f"[{start}, {end}) is not a subtree")
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(get_node(level, start >> level))
        start += 1 << level
    return _fold(nodes)


def inclusion_proof(index: int, size: int, get_node: GetNode) -> list[bytes]:
    """The sibling hashes that lead from leaf `index` to the root of a tree of `size` leaves, lowest first.

    Raises:
        ProofError: there is no such leaf in a tree of this size.

    """
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    begin, end, siblings = 0, size, []
    while end - begin > 1:
        split = _split(begin, end)
        if index < split:
            siblings.append((split, end))
            end = split
        else:
            siblings.append((begin, split))
            begin = split
    return [subtree_root(b, e, get_node) for b, e in reversed(siblings)]


def consistency_proof(old_size: int, new_size: int, get_node: GetNode) -> list[bytes]:
    """The hashes that show that a tree of `new_size` leaves begins with the tree of `old_size` leaves.

    Raises:
        ProofError: the old size is larger than the new one, or negative.

    """
    if not 0 <= old_size <= new_size:
        raise ProofError(f"no tree of {new_size} leaves continues one of {old_size}")
    if old_size in (0, new_size):
        return []
    begin, end, parts = 0, new_size, []
    while end != old_size:
        split = _split(begin, end)
        if old_size <= split:
            parts.append((split, end))
            end = split
        else:
            parts.append((begin, split))
            begin = split
    if begin:  # with begin 0 this part is the old root itself, which the verifier has
        parts.append((begin, end))
    return [subtree_root(b, e, get_node) for b, e in reversed(parts)]


def _split(begin: int, end: int) -> int:
    """Where RFC 6962 divides [begin, end): after the largest power of two strictly smaller than its length."""
    return begin + (1 << (end - begin - 1).bit_length() - 1)


def verify_inclusion(*, leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf is number `index` of the tree with this size and root (RFC 9162, 2.1.3.2).

    Raises:
        ProofError: it is not, or the proof has the wrong length.

    """
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    _require_hashes(leaf_hash, root, *proof)
    fn, sn, result = index, size - 1, leaf_hash
    for sibling in proof:
        if sn == 0:
            raise ProofError("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            result = sha256(b"\x01" + sibling + result).digest()
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            result = sha256(b"\x01" + result + sibling).digest()
        fn >>= 1
        sn >>= 1
    if sn:
        raise ProofError("the inclusion proof is too short")
    if result != root:
        raise ProofError("the inclusion proof leads to another root")


def verify_consistency(
    *,
    old_size: int,
    new_size: int,
    old_root: bytes,
    new_root: bytes,
    proof: Sequence[bytes],
    allow_empty: bool = False,
) -> None:
    """Check that the new tree begins with the whole old tree (RFC 9162, 2.1.4.2).

    `allow_empty` accepts old size 0 with an empty proof, as a witness must when it meets a log for the first time.
    Whoever asks for a proof of history leaves it off, because everything is consistent with an empty tree.

    Raises:
        ProofError: the trees are not shown to be consistent.

    """
    if old_size == 0 and not allow_empty:
        raise ProofError("consistency with an empty tree proves nothing")
    if new_size == 0 and new_root != EMPTY_ROOT:
        raise ProofError("the empty tree has only one root")
    verify_subtree_consistency(start=0, end=old_size, size=new_size, subtree_root=old_root, root=new_root, proof=proof)


def verify_subtree_inclusion(
    *, leaf_hash: bytes, index: int, start: int, end: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf `index` of the log lies under the subtree [start, end) with this root.

    Raises:
        ProofError: it does not, or [start, end) is not a subtree.

    """
    if not is_subtree(start, end):
        raise ProofError(f"[{start}, {end}) is not a subtree")
    verify_inclusion(leaf_hash=leaf_hash, index=index - start, size=end - start, proof=proof, root=root)


def verify_subtree_consistency(
    *, start: int, end: int, size: int, subtree_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the subtree [start, end) is part of the tree with this size and root.

    An empty subtree is part of every tree and needs no proof.

    Raises:
        ProofError: it is not shown to be, or [start, end) is not a subtree of such a tree.

    """
    if not is_subtree(start, end) or end > size:
        raise ProofError(f"[{start}, {end}) is not a subtree of a tree of {size} leaves")
    _require_hashes(*proof)
    if start == end:
        _verify_empty(subtree_root, proof)
        return
    left, right, last = _shared_node(start, end - 1, size - 1)
    parts = [subtree_root, *proof] if left == right else list(proof)
    if not parts:
        raise ProofError("the consistency proof is empty")
    inner, outer = _climb(left, right, last, parts)
    if inner != subtree_root:
        raise ProofError("the consistency proof leads to another root of the old tree")
    if outer != root:
        raise ProofError("the consistency proof leads to another root of the new tree")


def _verify_empty(root: bytes, proof: Sequence[bytes]) -> None:
    if proof or root != EMPTY_ROOT:
        raise ProofError("the empty tree has one root and needs no proof")


def _require_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_SIZE for one in hashes):
        raise ProofError(f"a hash of the proof does not have {HASH_SIZE} bytes")


def _shared_node(left: int, right: int, last: int) -> tuple[int, int, int]:
    """Go up to the lowest node that belongs to the subtree and to the whole tree alike."""
    while left != right and (right & 1 or right == last):
        left, right, last = left >> 1, right >> 1, last >> 1
    return left, right, last


def _climb(left: int, right: int, last: int, parts: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Rebuild both roots at once: siblings on the left belong to both trees, on the right only to the larger."""
    inner = outer = parts[0]
    for part in parts[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if right & 1 or right == last:
            if left < right:
                inner = node_hash(part, inner)
            outer = node_hash(part, outer)
            while right and not right & 1:
                left, right, last = left >> 1, right >> 1, last >> 1
        else:
            outer = node_hash(outer, part)
        left, right, last = left >> 1, right >> 1, last >> 1
    if last:
        raise ProofError("the consistency proof is too short")
    return inner, outer

"""Proofs over the stored tree: files for what is full; leaves and the roots of smaller tiles for its right edge.

The root of every size follows from the right edge alone, which is in the database. So a proof that was made with the
help of files is checked before it is handed out, and made again without them if one of them was damaged.
"""

import logging
from collections.abc import Callable
from functools import lru_cache
from itertools import count

from django.db import connection

from ledger_bridge.models import Leaf
from ledger_bridge.tile_store import FULL, tile_store
from ledger_bridge.tlog import merkle, tiles
from ledger_bridge.tlog.entry import LEAF_SIZE
from ledger_bridge.tlog.errors import ProofError
from ledger_bridge.tlog.merkle import HASH_SIZE, GetNode
from ledger_bridge.tlog.tiles import TILE_HEIGHT, TILE_WIDTH

_LEAVES = "SELECT string_agg(data, ''::bytea ORDER BY index) FROM ledger_bridge_leaf WHERE index >= %s AND index < %s"
_ROOTS = (
    "SELECT string_agg(root, ''::bytea ORDER BY number) FROM ledger_bridge_tile"
    " WHERE level = %s AND number >= %s AND number < %s"
)

logger = logging.getLogger(__name__)


def inclusion(index: int, size: int) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of this size.

    Raises:
        ProofError: there is no such leaf in a tree of this size, or leaves and roots do not agree.

    """

    def verify(proof: list[bytes], root: bytes, node: GetNode) -> None:
        merkle.verify_inclusion(leaf_hash=node(0, index), index=index, size=size, proof=proof, root=root)

    return _proven(size, lambda node: merkle.inclusion_proof(index, size, node), verify)


def consistency(old_size: int, new_size: int) -> list[bytes]:
    """Return the proof that the larger tree begins with the smaller one.

    Raises:
        ProofError: the old size is larger than the new one, or leaves and roots do not agree.

    """

    def verify(proof: list[bytes], root: bytes, node: GetNode) -> None:
        old_root = merkle.subtree_root(0, old_size, node)
        merkle.verify_consistency(
            old_size=old_size, new_size=new_size, old_root=old_root, new_root=root, proof=proof, allow_empty=True
        )

    return _proven(new_size, lambda node: merkle.consistency_proof(old_size, new_size, node), verify)


def root_at(size: int) -> bytes:
    """Return the root that the tree had at this size."""
    return merkle.subtree_root(0, size, nodes_of(size))


def nodes_of(size: int) -> GetNode:
    """Return what answers for the nodes of the tree of this size, from files where they are there."""
    return tiles.node_reader(size, _Edge(size).read)


def read_tile(level: int, index: int, width: int) -> bytes:
    """Return the first `width` hashes of a tile, as many as there are."""
    return _stored(level, index)[: width * HASH_SIZE] or tile_from_database(level, index, width)


def tile_from_database(level: int, index: int, width: int) -> bytes:
    """Return what `read_tile` does, whatever lies in the store."""
    first = index * TILE_WIDTH
    if level:
        return _asked(_ROOTS, level - 1, first, first + width)
    data = _asked(_LEAVES, first, first + width)
    if len(data) % LEAF_SIZE == 0:
        return _hashed(data)
    # Somebody changed the length of a leaf: let the others still be where they are.
    return b"".join(map(merkle.leaf_hash, read_leaves(first, width)))


def read_leaves(first: int, count: int) -> list[bytes]:
    """Return so many leaves from `first` on, as many as there are."""
    rows = Leaf.objects.filter(index__gte=first, index__lt=first + count).order_by("index")
    return [bytes(data) for data in rows.values_list("data", flat=True)]


class _Edge:
    """Answers for a tree of one size: the tiles at its right edge, fetched by one query, and those that are full."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._edge: dict[tuple[int, int], bytes] = {}
        self._fetch()

    def read(self, level: int, index: int, width: int) -> bytes:
        return self._edge.get((level, index)) or read_tile(level, index, width)

    def read_without_files(self, level: int, index: int, width: int) -> bytes:
        return self._edge.get((level, index)) or tile_from_database(level, index, width)

    def _fetch(self) -> None:
        places, asked, values = [], [], []
        for level in count():
            end = self._size >> TILE_HEIGHT * level
            if not end:
                break
            first = end // TILE_WIDTH * TILE_WIDTH
            if first < end:
                places.append((level, end // TILE_WIDTH))
                asked.append(f"({_ROOTS if level else _LEAVES})")
                values += [level - 1, first, end] if level else [first, end]
        if not asked:
            return
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(asked)}", values)
            found = cursor.fetchone() or ()
        for place, data in zip(places, found, strict=True):
            hashes = bytes(data or b"")
            if place[0]:
                self._edge[place] = hashes
            elif len(hashes) % LEAF_SIZE == 0:
                self._edge[place] = _hashed(hashes)


def _proven(
    size: int, prove: Callable[[GetNode], list[bytes]], verify: Callable[[list[bytes], bytes, GetNode], None]
) -> list[bytes]:
    edge = _Edge(size)
    try:
        return _checked(size, edge.read, prove, verify)
    except ProofError:
        # Wrong sizes are refused the second time as well; a damaged file is not asked the second time.
        proof = _checked(size, edge.read_without_files, prove, verify)
    logger.critical("A stored tile is damaged: a proof had to be made without the files. Run “manage.py ledger_tiles”.")
    return proof


def _checked(
    size: int,
    read: tiles.ReadTile,
    prove: Callable[[GetNode], list[bytes]],
    verify: Callable[[list[bytes], bytes, GetNode], None],
) -> list[bytes]:
    node = tiles.node_reader(size, read)
    proof = prove(node)
    verify(proof, merkle.subtree_root(0, size, node), node)
    return proof


def _stored(level: int, index: int) -> bytes:
    hashes = tile_store().read(level, index) or b""
    return hashes if len(hashes) == FULL else b""


def _asked(sql: str, *values: int) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        (data,) = cursor.fetchone()
    return bytes(data or b"")


@lru_cache(maxsize=64)
def _hashed(leaves: bytes) -> bytes:
    """Hash leaves that lie one behind the other: proofs of one size ask for the same right edge again and again."""
    return b"".join(merkle.leaf_hash(leaves[start : start + LEAF_SIZE]) for start in range(0, len(leaves), LEAF_SIZE))

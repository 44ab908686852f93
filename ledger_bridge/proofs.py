"""Proofs over the stored tree: tiles for what is full, leaves and smaller tiles' roots for its right edge."""

from ledger_bridge.models import Leaf, Tile
from ledger_bridge.tlog import merkle, tiles


def inclusion(index: int, size: int) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of this size.

    Raises:
        ProofError: there is no such leaf in a tree of this size.

    """
    return merkle.inclusion_proof(index, size, tiles.node_reader(size, read_tile))


def consistency(old_size: int, new_size: int) -> list[bytes]:
    """Return the proof that the larger tree begins with the smaller one.

    Raises:
        ProofError: the old size is larger than the new one.

    """
    return merkle.consistency_proof(old_size, new_size, tiles.node_reader(new_size, read_tile))


def root_at(size: int) -> bytes:
    """Return the root that the tree had at this size."""
    return merkle.subtree_root(0, size, tiles.node_reader(size, read_tile))


def read_tile(level: int, index: int, width: int) -> bytes:
    """Return the first `width` hashes of a tile, as many as there are."""
    full = Tile.objects.filter(level=level, number=index).values_list("hashes", flat=True).first()
    if full is not None:
        return bytes(full)[: width * merkle.HASH_SIZE]
    return b"".join(_hashes(level, range(index * tiles.TILE_WIDTH, index * tiles.TILE_WIDTH + width)))


def read_leaves(first: int, count: int) -> list[bytes]:
    """Return so many leaves from `first` on, as many as there are."""
    rows = Leaf.objects.filter(index__gte=first, index__lt=first + count).order_by("index")
    return [bytes(data) for data in rows.values_list("data", flat=True)]


def _hashes(level: int, places: range) -> list[bytes]:
    if level == 0:
        return [merkle.leaf_hash(leaf) for leaf in read_leaves(places.start, len(places))]
    below = Tile.objects.filter(level=level - 1, number__gte=places.start, number__lt=places.stop)
    return [bytes(root) for root in below.order_by("number").values_list("root", flat=True)]

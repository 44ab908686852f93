"""Tiles (C2SP tlog-tiles v0.1.0): the shape in which a log is read.

Rules enforced
    * a full tile is 256 hashes; a tile above level 0 holds one hash for every *full* tile below it;
    * the partial tile of a smaller tree is a prefix of the full one; width 0 does not exist;
    * paths have one spelling: three-digit groups, `x` before all but the last, no leading zeros in level and width;
    * an entry in a bundle is at most 65535 bytes.

Out of scope: storing and fetching. A `read_tile(level, index, width)` callback answers, and whoever gets tiles from a
stranger has to check the proofs made from them against a signed root before trusting any hash.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Literal

from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.merkle import HASH_SIZE, GetNode, node_hash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 63
MAX_ENTRY_SIZE = 2**16 - 1
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)

Level = int | Literal["entries"]
ReadTile = Callable[[int, int, int], bytes]
"""`read_tile(level, index, width)`: at least the first `width` hashes of that tile."""


@dataclass(frozen=True)
class Tile:
    """Names one tile, or with level "entries" one bundle."""

    level: Level
    index: int
    width: int = TILE_WIDTH


def tile_path(level: Level, index: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile below the log's prefix.

    Raises:
        FormatError: there is no such tile.

    """
    if index < 0 or not 1 <= width <= TILE_WIDTH or (level != "entries" and not 0 <= level <= MAX_LEVEL):
        raise FormatError(f"there is no tile {level}/{index} of width {width}")
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    suffix = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{suffix}"


def parse_path(path: str) -> Tile:
    """Read a tile's path.

    Raises:
        FormatError: it is not one, or not in its one spelling.

    """
    match = _PATH.fullmatch(path)
    if not match:
        raise FormatError(f"{path[:80]!r} is not the path of a tile")
    level: Level = "entries" if match["level"] == "entries" else int(match["level"])
    tile = Tile(level, int(match["index"].replace("x", "").replace("/", "")), int(match["width"] or TILE_WIDTH))
    # Rebuilding the path refuses superfluous zero groups, `.p/256` and levels above 63 in one go.
    if tile_path(tile.level, tile.index, tile.width) != path:
        raise FormatError(f"{path[:80]!r} is not the canonical path of a tile")
    return tile


def tile_width(level: Level, index: int, size: int) -> int:
    """How many hashes (or entries) this tile has in a tree of this size; 0 if the tile does not exist."""
    shift = 0 if level == "entries" else TILE_HEIGHT * level
    return max(0, min(TILE_WIDTH, (size >> shift) - index * TILE_WIDTH))


def tiles_between(old_size: int, new_size: int) -> Iterator[Tile]:
    """The hash tiles that are new or wider in the larger tree, each in its widest form, lowest level first."""
    for level in count():
        old, new = old_size >> TILE_HEIGHT * level, new_size >> TILE_HEIGHT * level
        if new == 0:
            return
        if old != new:
            for index in range(old // TILE_WIDTH, (new - 1) // TILE_WIDTH + 1):
                yield Tile(level, index, tile_width(level, index, new_size))


def node_from_tiles(level: int, index: int, size: int, read_tile: ReadTile) -> bytes:
    """The hash of one perfect subtree, folded from the tile that holds it, in a tree of this size.

    Raises:
        FormatError: the subtree is not complete at this size, or `read_tile` gave too little.

    """
    tile_level, span = divmod(level, TILE_HEIGHT)
    first = index << span
    tile, offset = divmod(first, TILE_WIDTH)
    width = tile_width(tile_level, tile, size)
    end = offset + (1 << span)
    data = read_tile(tile_level, tile, width) if end <= width else b""
    if len(data) < end * HASH_SIZE:
        raise FormatError(f"tile {tile_level}/{tile} of a tree of {size} leaves does not hold {end} hashes")
    return _folded(data)[span][offset >> span]


def tile_root(hashes: bytes) -> bytes:
    """The root over a full tile: the one hash that the tile above holds of it.

    Raises:
        FormatError: the tile is not full.

    """
    if len(hashes) != TILE_WIDTH * HASH_SIZE:
        raise FormatError(f"a full tile has {TILE_WIDTH} hashes")
    return _folded(hashes)[-1][0]


@lru_cache(maxsize=64)
def _folded(data: bytes) -> tuple[list[bytes], ...]:
    """All complete subtrees within a tile, by their height. Proofs meet the same upper tiles again and again."""
    row = [data[at : at + HASH_SIZE] for at in range(0, len(data) - HASH_SIZE + 1, HASH_SIZE)]
    rows = [row]
    while len(row) > 1:
        # The odd one out on the right is not complete.
        row = [node_hash(a, b) for a, b in zip(row[::2], row[1::2], strict=False)]
        rows.append(row)
    return tuple(rows)


def node_reader(size: int, read_tile: ReadTile) -> GetNode:
    """What `merkle.inclusion_proof` and `merkle.consistency_proof` ask for, answered from tiles."""
    # One proof touches a handful of tiles, each up to eight times.
    cached = lru_cache(maxsize=16)(read_tile)
    return lambda level, index: node_from_tiles(level, index, size, cached)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """An entry bundle: every entry behind its length.

    Raises:
        FormatError: an entry is too long.

    """
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_SIZE:
            raise FormatError(f"an entry has at most {MAX_ENTRY_SIZE} bytes, this one has {len(entry)}")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle.

    Raises:
        FormatError: the bundle is cut, or holds more entries than a tile has hashes.

    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or at + 2 > len(data) or len(entries) == TILE_WIDTH:
            raise FormatError("the entry bundle is cut or too long")
        entries.append(data[at + 2 : end])
        at = end
    return entries

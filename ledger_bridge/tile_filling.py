"""Brings full tiles into their store: after the commit that completed them, as often as it takes, in any process.

Readers do not wait for it: a tile that is not stored yet is made from the database. Every tile is made from the leaves,
or from the roots of the tiles below, and is stored only if its own root is the one that the sequencer wrote down.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from ledger_bridge import proofs
from ledger_bridge.alone import alone
from ledger_bridge.failpoints import reach
from ledger_bridge.fsck.problem import Problem
from ledger_bridge.fsck.rolling import report_damage
from ledger_bridge.fsck.walk import OTHER_BYTES
from ledger_bridge.models import Tile, TreeState
from ledger_bridge.tile_store import FULL, FullTile, TileStore, tile_store
from ledger_bridge.tlog.tiles import TILE_WIDTH, tile_root

PORTION = 64
"""Level-0 tiles: what is read at once, and durable before the next are read."""
_A_TURN = 8_192
"""Level-0 tiles: two million entries, so that a store which begins empty does not hold up everything else for long."""

logger = logging.getLogger(__name__)


@dataclass
class Compared:
    """What a comparison of the whole store found and did."""

    full: int = 0
    replaced: int = 0
    wrong: tuple[str, ...] = ()


def store_tiles() -> int:
    """Store what was completed since the last time, and return up to how many level-0 tiles everything is there.

    Raises:
        OSError: when the store does not take them; nothing but a later attempt depends on that.

    """
    # Two processes may do this at once, but it would be done twice.
    with alone(Path(settings.LEDGER_DIRECTORY) / "tiles.lock") as is_ours:
        store, full = tile_store(), _full_tiles()
        reached = min(store.reached(), full)
        if not is_ours:
            return reached
        for first in range(reached, min(full, reached + _A_TURN), PORTION):
            reached = min(first + PORTION, full)
            if wrong := _store(store, range(first, reached)):
                report_damage([Problem(str(tile), OTHER_BYTES) for tile in wrong])
            reach("tiles stored")
            store.move_on(reached)
            reach("tiles counted")
        return reached


def compare_tiles(*, replace: bool) -> Compared:
    """Compare every full tile with the leaves, store what is missing and, if asked to, replace what is damaged."""
    store, full, found = tile_store(), _full_tiles(), Compared()
    for first in range(0, full, PORTION):
        made = list(_completed(range(first, min(first + PORTION, full))))
        wrong = store.write(made)
        found.full += len(made)
        if replace:
            for tile in wrong:
                store.set_aside(tile.level, tile.number)
            found.replaced += len(wrong)
            wrong = store.write(wrong)
        found.wrong += tuple(map(str, wrong))
    store.move_on(full)
    return found


def _full_tiles() -> int:
    tree = TreeState.objects.first()
    return tree.size // TILE_WIDTH if tree else 0


def _store(store: TileStore, numbers: range) -> list[FullTile]:
    return store.write(list(_completed(numbers)))


def _completed(numbers: range) -> Iterator[FullTile]:
    """Return the level-0 tiles of these numbers and every tile above that the last of its 256 completed."""
    level = 0
    while numbers:
        roots = dict(
            Tile.objects.filter(level=level, number__gte=numbers.start, number__lt=numbers.stop).values_list(
                "number", "root"
            )
        )
        for number in numbers:
            hashes = proofs.tile_from_database(level, number, TILE_WIDTH)
            if len(hashes) == FULL and tile_root(hashes) == bytes(roots.get(number, b"")):
                yield FullTile(level, number, hashes)
            else:
                logger.critical("Leaves and root of tile %d/%d do not agree, so it is not stored.", level, number)
        level, numbers = level + 1, range(numbers.start // TILE_WIDTH, numbers.stop // TILE_WIDTH)

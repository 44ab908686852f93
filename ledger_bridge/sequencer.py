"""Puts waiting entries into the log: one transaction a batch, one signed checkpoint at its end.

Nothing is released before the commit that made it. Two sequencers cannot both win: the second finds the tree's row
locked and leaves, and indexes, checkpoint sizes and tiles are unique besides.
"""

import io
from collections.abc import Iterator
from itertools import count

from django.conf import settings
from django.db import connection, transaction
from psycopg2.extras import execute_values

from ledger_bridge.leaf_making import COPY_COLUMNS, Counter, make_leaves, streams_in
from ledger_bridge.models import Checkpoint
from ledger_bridge.proofs import read_tile
from ledger_bridge.publishing import publish_latest, require_no_rollback
from ledger_bridge.signing import log_signer
from ledger_bridge.stream_keys import unwrap_stream_key
from ledger_bridge.tlog import checkpoint
from ledger_bridge.tlog.merkle import HASH_SIZE, Frontier
from ledger_bridge.tlog.tiles import TILE_HEIGHT, TILE_WIDTH

_LOCK_TREE = "SELECT size, frontier FROM ledger_bridge_treestate FOR UPDATE SKIP LOCKED"
_PLANT_TREE = "INSERT INTO ledger_bridge_treestate (id, size, frontier) VALUES (1, 0, '') ON CONFLICT DO NOTHING"
# Always the oldest that can be seen, never "everything after the last one": ids become visible out of order.
_TAKE = """
    WITH taken AS (
        DELETE FROM ledger_bridge_outbox
        WHERE id IN (SELECT id FROM ledger_bridge_outbox ORDER BY id LIMIT %s) RETURNING *
    )
    SELECT string_agg(
        uuid_send(entry) || commitment || seed
        || int8send(coalesce(workspace_stream, 0)) || int8send(coalesce(item_stream, 0))
        || int8send(coalesce(actor_stream, 0)) || int8send(coalesce(person_stream, 0)), ''::bytea ORDER BY id
    ) FROM taken
"""
_COPY_LEAVES = f"COPY ledger_bridge_leaf ({', '.join(COPY_COLUMNS)}) FROM STDIN (FORMAT binary)"
_STREAMS = "SELECT id, kind, subject::text, wrapped_key, length FROM ledger_bridge_stream WHERE id = ANY(%s)"
_LENGTHEN = """
    UPDATE ledger_bridge_stream SET length = grown.length
    FROM unnest(%s::bigint[], %s::bigint[]) AS grown (id, length) WHERE ledger_bridge_stream.id = grown.id
"""

TileRow = tuple[int, int, bytes, bytes]
"""Level, number, hashes and root."""


def sequence_batch() -> int:
    """Sequence up to one batch of waiting entries and return how many there were.

    Raises:
        RolledBack: when more, or something else, was published before.
        Unavailable: when a key is out of reach.

    """
    with transaction.atomic(durable=True):
        frontier = _lock_tree()
        records = _take() if frontier else b""
        if frontier is None or not records:
            return 0
        require_no_rollback(frontier.size)
        added = _append(frontier, records)
    publish_latest()
    return added


def _append(frontier: Frontier, records: bytes) -> int:
    old_size = frontier.size
    counters = _counters(streams_in(records))
    leaves = make_leaves(records, old_size, counters)
    with connection.cursor() as cursor:
        cursor.copy_expert(_COPY_LEAVES, io.BytesIO(leaves.rows))
        cursor.execute(_LENGTHEN, [list(counters), [counter.length for counter in counters.values()]])
        grown = frontier.append_many(leaves.hashes)
        _store_tiles(list(full_tiles(old_size, grown)))
        cursor.execute(
            "UPDATE ledger_bridge_treestate SET size = %s, frontier = %s WHERE size = %s",
            [frontier.size, b"".join(frontier.hashes()), old_size],
        )
    _sign(frontier)
    return frontier.size - old_size


def full_tiles(old_size: int, grown: list[list[bytes]]) -> Iterator[TileRow]:
    """Return the tiles that these nodes (`Frontier.append_many`) completed."""
    for level in count():
        below, above = level * TILE_HEIGHT, (level + 1) * TILE_HEIGHT
        if len(grown) <= above:
            return
        first = old_size >> above
        stored = (old_size >> below) - first * TILE_WIDTH
        hashes = (read_tile(level, first, stored) if stored else b"") + b"".join(grown[below])
        for place, root in enumerate(grown[above]):
            start = place * TILE_WIDTH * HASH_SIZE
            yield level, first + place, hashes[start : start + TILE_WIDTH * HASH_SIZE], root


def _lock_tree() -> Frontier | None:
    """Lock the tree and return its right edge; None when another sequencer has it."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_TREE)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_PLANT_TREE)
            return Frontier() if cursor.rowcount else None
    size, edge = row[0], bytes(row[1])
    return Frontier.from_hashes(size, [edge[at : at + HASH_SIZE] for at in range(0, len(edge), HASH_SIZE)])


def _take() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [settings.LEDGER_BATCH])
        taken = cursor.fetchone()[0]
    return bytes(taken) if taken else b""


def _counters(streams: set[int]) -> dict[int, Counter]:
    with connection.cursor() as cursor:
        cursor.execute(_STREAMS, [list(streams)])
        return {
            pk: Counter(unwrap_stream_key(bytes(wrapped), kind, subject), length)
            for pk, kind, subject, wrapped, length in cursor.fetchall()
        }


def _store_tiles(rows: list[TileRow]) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor, "INSERT INTO ledger_bridge_tile (level, number, hashes, root) VALUES %s", rows, page_size=64
        )


def _sign(frontier: Frontier) -> None:
    signer = log_signer()
    head = checkpoint.Checkpoint(settings.LEDGER_ORIGIN, frontier.size, frontier.root())
    Checkpoint.objects.create(size=head.size, root=head.root, note=signer.sign(head.marshal()).decode())

"""Puts waiting entries into the log: one transaction a batch, one signed checkpoint at its end.

Nothing is released before the commit that made it. Two sequencers cannot both win: the second finds the tree's row
locked and leaves, and indexes, checkpoint sizes and tiles are unique besides.
"""

import io
import logging
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from itertools import count
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2.extras import execute_values

from ledger_bridge.entry_codes import codes
from ledger_bridge.failpoints import reach
from ledger_bridge.leaf_making import (
    COPY_COLUMNS,
    RECORD,
    Counter,
    TagKey,
    make_leaves,
    set_aside_forged,
    streams_in,
    times_of,
)
from ledger_bridge.models import Checkpoint, Outbox, Quarantined
from ledger_bridge.publishing import publish_latest, require_no_rollback
from ledger_bridge.signing import sign_head
from ledger_bridge.stream_keys import ledger_key, unwrap_stream_key
from ledger_bridge.tlog import checkpoint
from ledger_bridge.tlog.merkle import HASH_SIZE, Frontier
from ledger_bridge.tlog.tiles import TILE_HEIGHT
from ledger_bridge.witnessing.watching import quorum_was_heard, watch

_LOCK_TREE = "SELECT size, frontier FROM ledger_bridge_treestate FOR UPDATE SKIP LOCKED"
_PLANT_TREE = "INSERT INTO ledger_bridge_treestate (id, size, frontier) VALUES (1, 0, '') ON CONFLICT DO NOTHING"
# A row of other lengths, which only an owner of the table can make, must not shift those that follow it.
# Always the oldest that can be seen, never "everything after the last one": ids become visible out of order.
_TAKE = """
    WITH oldest AS (SELECT id FROM ledger_bridge_outbox ORDER BY id LIMIT %s),
    taken AS (DELETE FROM ledger_bridge_outbox WHERE id <= (SELECT max(id) FROM oldest) RETURNING *)
    SELECT string_agg(CASE
        WHEN octet_length(commitment) = 32 AND octet_length(pads) = 64 AND octet_length(code) = 32 THEN
            uuid_send(entry) || commitment || pads
            || int8send(coalesce(workspace_stream, 0)) || int8send(coalesce(item_stream, 0))
            || int8send(coalesce(actor_stream, 0)) || int8send(coalesce(person_stream, 0)) || code
        ELSE uuid_send(entry) || decode(repeat('00', 160), 'hex')
    END, ''::bytea ORDER BY id) FROM taken
"""
_COPY_LEAVES = f"COPY ledger_bridge_leaf ({', '.join(COPY_COLUMNS)}) FROM STDIN (FORMAT binary)"
_STREAMS = "SELECT id, kind, subject::text, wrapped_key, length FROM ledger_bridge_stream WHERE id = ANY(%s)"
_LENGTHEN = """
    UPDATE ledger_bridge_stream SET length = grown.length
    FROM unnest(%s::bigint[], %s::bigint[]) AS grown (id, length) WHERE ledger_bridge_stream.id = grown.id
"""

_STORE_ROOTS = "INSERT INTO ledger_bridge_tile (level, number, root) VALUES %s"
_GROW = "UPDATE ledger_bridge_treestate SET size = %s, frontier = %s WHERE size = %s"

PORTION = 2_500
_EARLIEST = -24 * 3600 * 1000
_LATEST = 5 * 60 * 1000

logger = logging.getLogger(__name__)

TileRow = tuple[int, int, bytes]
"""Level, number and root."""
StreamRow = tuple[int, str, str, memoryview, int]
"""Id, kind, subject, wrapped key and length."""


def sequence_batch() -> int:
    """Sequence up to one batch of waiting entries and return how many left the outbox.

    Raises:
        RolledBack: when more, or something else, was published, cosigned or anchored before.
        Unavailable: when a key is out of reach.

    """
    watch()
    if Outbox.objects.exists():
        # Remembered only when fetched outside a transaction; fetched within, it would be fetched for every stream,
        # beside the thread that copies leaves through the same connection, and the server would hang up.
        ledger_key()
    with transaction.atomic(durable=True):
        frontier = _lock_tree()
        if frontier is None or not Outbox.objects.exists():
            return 0
        reach("tree locked")
        require_no_rollback(frontier.size)
        reach("history compared")
        if not quorum_was_heard():
            logger.warning("Nothing is signed before as many witnesses as the quorum asks for have answered once.")
            return 0
        added = append_waiting(frontier)
        reach("before the commit")
    reach("after the commit")
    publish_latest()
    return added


def append_waiting(frontier: Frontier) -> int:
    """Append one batch to the tree, in the transaction that has locked it, and sign the result.

    Returns how many rows it took from the outbox: those that `record()` did not make go into quarantine instead.
    """
    old_size = frontier.size
    batch = _Batch(old_size)
    hashes = batch.place()
    _quarantine(batch.forged)
    taken = len(hashes) + len(batch.forged)
    if not hashes:
        return taken
    reach("leaves copied")
    grown = frontier.append_many(hashes)
    with connection.cursor() as cursor:
        cursor.execute(_LENGTHEN, [list(batch.counters), [counter.length for counter in batch.counters.values()]])
        reach("streams lengthened")
        _store_roots(cursor, list(full_tiles(old_size, grown)))
        reach("roots of tiles stored")
        cursor.execute(_GROW, [frontier.size, b"".join(frontier.hashes()), old_size])
        reach("tree grown")
    _sign(frontier)
    return taken


class _Batch:
    """Moves waiting entries from the outbox to the log in portions: hashed here while the database works beside.

    The database gets one statement after the other, from one thread, and until `place` ends nobody else speaks to it.
    """

    def __init__(self, first_index: int) -> None:
        self.counters: dict[int, Counter] = {}
        self.forged: list[bytes] = []
        self._codes = codes()
        self._next = first_index
        self._left: int = settings.LEDGER_BATCH
        self._asked: set[int] = set()
        # Django's connections belong to a thread; the one beneath may be lent.
        self._cursor = connection.connection.cursor()

    def place(self) -> list[bytes]:
        """Give every entry its place and return the hashes of the leaves."""
        hashes: list[bytes] = []
        writing: list[Future[None]] = []
        with ThreadPoolExecutor(1) as database, self._cursor:
            records, streams = self._take()
            while records:
                reach("outbox taken")
                upcoming = database.submit(self._take)
                self._count(streams)
                leaves = make_leaves(self._genuine(records), self._next, self.counters)
                writing.append(database.submit(self._write, leaves.rows))
                hashes += leaves.hashes
                self._next += len(leaves.hashes)
                records, streams = upcoming.result()
            for written in writing:
                written.result()
        return hashes

    def _genuine(self, records: bytes) -> bytes:
        genuine, forged = set_aside_forged(records, self._codes)
        self.forged += forged
        if genuine:
            _flag_odd_times(*times_of(genuine))
        return genuine

    def _count(self, streams: list[StreamRow]) -> None:
        for pk, kind, subject, wrapped, length in streams:
            self.counters[pk] = Counter(_tag_key(bytes(wrapped), kind, subject), length)

    def _take(self) -> tuple[bytes, list[StreamRow]]:
        wanted = min(self._left, PORTION)
        if wanted <= 0:
            return b"", []
        self._cursor.execute(_TAKE, [wanted])
        (taken,) = self._cursor.fetchone()
        records = bytes(taken or b"")
        # A portion that is not full was the rest of the outbox.
        self._left = self._left - wanted if len(records) == wanted * RECORD.size else 0
        return records, self._find_streams(records)

    def _find_streams(self, records: bytes) -> list[StreamRow]:
        unknown = streams_in(records) - self._asked
        if not unknown:
            return []
        self._asked |= unknown
        self._cursor.execute(_STREAMS, [list(unknown)])
        rows: list[StreamRow] = self._cursor.fetchall()
        return rows

    def _write(self, rows: bytes) -> None:
        self._cursor.copy_expert(_COPY_LEAVES, io.BytesIO(rows))


@lru_cache(maxsize=16_384)
def _tag_key(wrapped: bytes, kind: str, subject: str) -> TagKey:
    """Open the key of a stream, once for all the batches in which the stream comes up again."""
    return TagKey.of(unwrap_stream_key(wrapped, kind, subject))


def full_tiles(old_size: int, grown: list[list[bytes]]) -> Iterator[TileRow]:
    """Return the tiles that these nodes (`Frontier.append_many`) completed."""
    for level in count():
        above = (level + 1) * TILE_HEIGHT
        if len(grown) <= above:
            return
        for number, root in enumerate(grown[above], start=old_size >> above):
            yield level, number, root


def _quarantine(forged: list[bytes]) -> None:
    """Keep what was found, so that it can be looked into, where nothing makes a leaf of it."""
    for record in forged:
        entry = UUID(bytes=record[:16])
        logger.critical("Entry %s was not made by this installation: it does not go into the log.", entry)
        Quarantined.objects.create(entry=entry, record=record)


def _flag_odd_times(first: int, last: int) -> None:
    """Say so when entries come long after they were recorded, or before: they were held back, or a clock is wrong."""
    now = int(time.time() * 1000)
    if first - now < _EARLIEST or last - now > _LATEST:
        logger.warning(
            "Entries recorded from %d to %d (ms since 1970) are sequenced at %d: see ledger_fsck.", first, last, now
        )


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


def _store_roots(cursor: CursorWrapper, rows: list[TileRow]) -> None:
    if rows:
        execute_values(cursor.cursor, _STORE_ROOTS, rows, page_size=1_000)


def _sign(frontier: Frontier) -> None:
    head = checkpoint.Checkpoint(settings.LEDGER_ORIGIN, frontier.size, frontier.root())
    note = sign_head(head).decode()
    reach("head signed")
    Checkpoint.objects.create(size=head.size, root=head.root, note=note)

"""Checks that compare tables: streams, the outbox, and entries that stand nowhere."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from core.errors import Unavailable
from ledger_bridge.disclosure import stored_entry
from ledger_bridge.entry_codes import message_of
from ledger_bridge.fsck.codes import CodeCheck
from ledger_bridge.fsck.problem import Problem
from ledger_bridge.models import Stream
from ledger_bridge.stored_entry import State
from ledger_bridge.stream_keys import unwrap_stream_key
from ledger_bridge.tlog.entry import SLOTS, commitment, stream_commitment
from ledger_bridge.tlog.errors import FormatError

_PLACES = " UNION ALL ".join(
    f"SELECT e.{slot}_stream_id AS stream, l.index, l.{slot}_n AS n"  # noqa: S608  constant names
    f" FROM ledger_bridge_leaf l JOIN ledger_bridge_entry e ON e.id = l.entry WHERE e.{slot}_stream_id IS NOT NULL"
    for slot in SLOTS
)
# PostgreSQL sorts on disk, so this needs no memory here however many entries there are.
_MISNUMBERED = f"""
    WITH numbered AS (
        SELECT stream, index, n, row_number() OVER (PARTITION BY stream ORDER BY index) AS expected
        FROM ({_PLACES}) AS places
    ), counted AS (
        SELECT stream, count(*) AS entries, min(index) FILTER (WHERE n IS DISTINCT FROM expected) AS wrong
        FROM numbered GROUP BY stream
    )
    SELECT s.id, counted.stream, s.length, coalesce(counted.entries, 0), counted.wrong
    FROM ledger_bridge_stream s FULL JOIN counted ON counted.stream = s.id
    WHERE s.id IS NULL OR s.length <> coalesce(counted.entries, 0) OR counted.wrong IS NOT NULL
"""  # noqa: S608  constant names
_UNPLACED = """
    SELECT e.id FROM ledger_bridge_entry e
    LEFT JOIN ledger_bridge_leaf l ON l.entry = e.id LEFT JOIN ledger_bridge_outbox o ON o.entry = e.id
    WHERE l.entry IS NULL AND o.entry IS NULL
        AND NOT EXISTS (SELECT FROM ledger_bridge_quarantine q WHERE q.entry = e.id)
"""
# An entry from before there were codes has none; what waits for it was given one.
_WAITING = """
    SELECT o.entry, e.id IS NULL, l.index,
        (o.commitment, o.workspace_stream, o.item_stream, o.actor_stream, o.person_stream) IS DISTINCT FROM
        (e.commitment, e.workspace_stream_id, e.item_stream_id, e.actor_stream_id, e.person_stream_id)
        OR e.code IS NOT NULL AND (o.pads, o.code) IS DISTINCT FROM (e.pads, e.code),
        o.commitment, o.pads, o.code, o.workspace_stream, o.item_stream, o.actor_stream, o.person_stream
    FROM ledger_bridge_outbox o
    LEFT JOIN ledger_bridge_entry e ON e.id = o.entry LEFT JOIN ledger_bridge_leaf l ON l.entry = o.entry
    ORDER BY o.id
"""


def check_streams() -> Iterator[Problem]:
    for stream in Stream.objects.order_by("id").iterator(chunk_size=2_000):
        yield from _check_key(stream)
    for stream_id, referenced, length, entries, wrong in _rows(_MISNUMBERED):
        if stream_id is None:
            yield Problem(f"stream {referenced}", "entries refer to it, but it is not there")
        if stream_id and length != entries:
            yield Problem(f"stream {stream_id}", f"its length says {length}, but the log holds {entries} entries of it")
        if wrong is not None:
            yield Problem(f"leaf {wrong}", f"its number in stream {referenced} does not follow the one before")


def check_unplaced() -> Iterator[Problem]:
    for (entry,) in _rows(_UNPLACED):
        yield Problem(f"entry {entry}", "it is neither in the log nor waiting for it")


def check_outbox() -> Iterator[Problem]:
    codes = CodeCheck()
    for entry, is_missing, index, differs, commitment_, pads, code, *streams in _rows(_WAITING):
        where = f"waiting entry {entry}"
        if is_missing:
            yield Problem(where, "there is no such entry")
        elif index is not None:
            yield Problem(where, f"it is in the log already, as leaf {index}")
        elif differs:
            yield Problem(where, "what waits differs from the entry")
        elif not codes.fits(_coded(entry, commitment_, pads, streams), bytes(code)):
            yield Problem(where, "it was not made by this installation, and will be put into quarantine")
        else:
            yield from check_commitment(str(entry))


def _coded(entry: Any, commitment_: bytes, pads: bytes, streams: list[int | None]) -> bytes:
    return message_of(str(entry), bytes(commitment_), bytes(pads), tuple(stream or 0 for stream in streams))


def check_commitment(entry: str) -> Iterator[Problem]:
    """Compare the commitment of an entry without a leaf with its fields."""
    stored = stored_entry(entry)
    try:
        # Of an erased entry that waits nothing but the code can be checked, and it fits.
        holds = stored is not None and (
            stored.state is State.KEYLESS or commitment(stored.fields, stored.seed) == stored.commitment
        )
    except FormatError:
        holds = False
    if not holds:
        yield Problem(f"waiting entry {entry}", "its fields are not those that were committed to")


def _check_key(stream: Stream) -> Iterator[Problem]:
    try:
        key = unwrap_stream_key(bytes(stream.wrapped_key), stream.kind, str(stream.subject))
    except Unavailable as error:
        yield Problem(f"stream {stream.pk}", f"its key cannot be opened ({error})")
        return
    if stream_commitment(key) != bytes(stream.commitment):
        yield Problem(f"stream {stream.pk}", "its commitment is not that of its key")


def _rows(sql: str) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        yield from cursor

"""Entries as they were committed to, read back from the tables (`stored_entry.py` opens them)."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection

from ledger_bridge.sealing import keys_for_reading
from ledger_bridge.stored_entry import COMMON_FIELDS, Row, Rows, StoredEntry, blinds_of, open_rows, streams_of
from ledger_bridge.tlog.entry import SLOTS

_TIME = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
_TIMES = {"occurred_at", "recorded_at"}
_IDS = {"id", "actor", "actor_institution", "workspace", "item", "version", "person"}
_WHAT_THE_LEAF_IS_MADE_OF = "e.pads, e.code, l.data"
_NOTHING_OF_THE_LEAF = "NULL, NULL, NULL"


def _shown(name: str) -> str:
    column = f'e."{name}"'
    if name in _TIMES:
        return _TIME.format(column)
    return f"{column}::text" if name in _IDS else column


def _select(more: str) -> str:
    return f"""
        SELECT {", ".join(_shown(name) for name in COMMON_FIELDS)},
            l.index, encode(e.commitment, 'hex'), encode(e.sealed, 'hex'), e.detail::text, encode(e.seed, 'hex'),
            {more},
            {", ".join(f"e.{slot}_stream_id" for slot in SLOTS)}, {", ".join(f"l.{slot}_n" for slot in SLOTS)}
        FROM ledger_bridge_entry e LEFT JOIN ledger_bridge_leaf l ON l.entry = e.id
    """  # noqa: S608  constant names


_BY_ID = _select(_WHAT_THE_LEAF_IS_MADE_OF) + " WHERE e.id = ANY(%s::uuid[])"
_BY_INDEX = _select(_WHAT_THE_LEAF_IS_MADE_OF) + " WHERE l.index = ANY(%s) ORDER BY l.index"
_EVENTS_BY_INDEX = _select(_NOTHING_OF_THE_LEAF) + " WHERE l.index = ANY(%s) ORDER BY l.index"
_COMMITMENTS = "SELECT id, encode(commitment, 'hex') FROM ledger_bridge_stream WHERE id = ANY(%s)"

_Found = tuple[list[Row], dict[int, str]]
"""Rows, and the commitments of all streams that occur in them."""


def stored_entry(entry: str) -> StoredEntry | None:
    """Return one entry."""
    return next(iter(stored_entries([entry])), None)


def stored_entries(entries: Sequence[str]) -> list[StoredEntry]:
    """Return these entries, in any order."""
    return list(open_rows(_query(_BY_ID, list(entries))))


def entries_at(indexes: Sequence[int]) -> Iterator[StoredEntry]:
    """Return the entries in these places of the log, in order."""
    return open_rows(_query(_BY_INDEX, list(indexes)))


def rows_ahead(portions: Iterable[Sequence[int]]) -> Generator[Rows]:
    """Yield, for each portion of places, the rows of the entries there, without what their leaves are made of.

    The database gathers the next portion while the caller works on the one before.
    """
    connection.ensure_connection()
    # Django's connections belong to a thread; the one beneath may be lent, and takes one statement after the other.
    with connection.connection.cursor() as cursor, ThreadPoolExecutor(1) as database:
        ahead: Future[_Found] | None = None
        for portion in portions:
            upcoming = database.submit(_find, cursor, _EVENTS_BY_INDEX, list(portion))
            if ahead is not None:
                yield _result(ahead)
            ahead = upcoming
        if ahead is not None:
            yield _result(ahead)


def _result(found: "Future[_Found]") -> Rows:
    with connection.wrap_database_errors:
        rows, commitments = found.result()
    return _with_keys(rows, commitments)


def _query(sql: str, wanted: list[str] | list[int]) -> Rows:
    with connection.cursor() as cursor:
        return _with_keys(*_find(cursor, sql, wanted))


def _find(cursor: Any, sql: str, wanted: list[str] | list[int]) -> _Found:
    cursor.execute(sql, [wanted])
    rows: list[Row] = cursor.fetchall()
    cursor.execute(_COMMITMENTS, [list({stream for row in rows for stream in streams_of(row) if stream})])
    return rows, dict(cursor.fetchall())


def _with_keys(rows: list[Row], commitments: Mapping[int, str]) -> Rows:
    return Rows(rows, keys_for_reading([blinds_of(row) for row in rows]), commitments)

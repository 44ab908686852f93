"""Entries as they were committed to, read back from the tables, and the shape in which others may check them.

The database writes times and ids in the very form that was committed to, so a row is its fields and nothing has to be
converted: exports read millions of them.
"""

import json
from collections import deque
from collections.abc import Container, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.db import connection

from ledger_bridge.entry_codes import message_of
from ledger_bridge.recording import COMMON_FIELDS
from ledger_bridge.tlog.entry import SLOTS, disclose

_TIME = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
_TIMES = {"occurred_at", "recorded_at"}
_IDS = {"id", "actor", "actor_institution", "workspace", "item", "version", "person"}
_STREAMS = tuple(f"{slot}_stream" for slot in SLOTS)
_FIELDS = (*COMMON_FIELDS, *_STREAMS)


def _shown(name: str) -> str:
    column = f'e."{name}"'
    if name in _TIMES:
        return _TIME.format(column)
    return f"{column}::text" if name in _IDS else column


_SELECT = f"""
    SELECT {", ".join(_shown(name) for name in COMMON_FIELDS)},
        {", ".join(f"encode({name}.commitment, 'hex')" for name in _STREAMS)},
        e.detail::text, e.seed, e.commitment, e.pads, e.code,
        {", ".join(f"e.{name}_id" for name in _STREAMS)},
        l.index, l.data, l.workspace_n, l.item_n, l.actor_n, l.person_n
    FROM ledger_bridge_entry e LEFT JOIN ledger_bridge_leaf l ON l.entry = e.id
        {" ".join(f"LEFT JOIN ledger_bridge_stream {name} ON {name}.id = e.{name}_id" for name in _STREAMS)}
"""  # noqa: S608  constant names
_BY_ID = _SELECT + " WHERE e.id = %s"
_BY_INDEX = _SELECT + " WHERE l.index = ANY(%s) ORDER BY l.index"


Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its secret, and its leaf once it has one."""

    fields: dict[str, Any]
    seed: bytes
    commitment: bytes
    pads: bytes
    code: bytes
    """Both empty for entries from before there were codes."""
    streams: tuple[int, ...]
    """The row of the stream in each slot, 0 for none."""
    index: int | None
    leaf: bytes
    numbers: dict[str, int]
    """By slot, for the streams it is in."""

    @property
    def coded(self) -> bytes:
        """What the code covers."""
        return message_of(self.fields["id"], self.commitment, self.pads, self.streams)

    def disclosed(self, *, numbers: Container[str], hide: Container[str] = ()) -> dict[str, Any]:
        """Return one line of `events.jsonl`, with the numbers of these slots."""
        shown = {slot: number for slot, number in self.numbers.items() if slot in numbers}
        return disclose(index=self.index or 0, tags=shown, fields=self.fields, seed=self.seed, hide=hide)

    def readable(self) -> dict[str, Any]:
        """Return the same for reading only: without salts, which cost time to make."""
        return {"index": self.index or 0, "tags": {}, "fields": self.fields, "hidden": {}}


def stored_entry(entry: str) -> StoredEntry | None:
    """Return one entry."""
    return next(map(_stored, _query(_BY_ID, entry)), None)


def entries_at(indexes: Sequence[int]) -> Iterator[StoredEntry]:
    """Return the entries in these places of the log, in order."""
    return map(_stored, _query(_BY_INDEX, list(indexes)))


def entries_ahead(portions: Iterable[Sequence[int]]) -> Iterator[StoredEntry]:
    """Return the entries of one portion after the other; the next is fetched while the last one is worked upon.

    Nobody else may use this thread's connection to the database before the end is reached.
    """
    connection.ensure_connection()
    raw = connection.connection

    def fetch(indexes: Sequence[int]) -> list[Row]:
        with raw.cursor() as cursor:
            cursor.execute(_BY_INDEX, [list(indexes)])
            rows: list[Row] = cursor.fetchall()
            return rows

    with ThreadPoolExecutor(1) as database:
        waiting = deque[Future[list[Row]]]()
        for portion in portions:
            waiting.append(database.submit(fetch, portion))
            if len(waiting) > 1:
                yield from map(_stored, waiting.popleft().result())
        while waiting:
            yield from map(_stored, waiting.popleft().result())


def _query(sql: str, wanted: str | list[int]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [wanted])
        rows: list[Row] = cursor.fetchall()
        return rows


def _stored(row: Row) -> StoredEntry:
    at = len(_FIELDS)
    fields = dict(zip(_FIELDS, row[:at], strict=True))
    detail, seed, commitment, pads, code, *rows = row[at : at + 5 + len(SLOTS)]
    index, leaf, *numbers = row[at + 5 + len(SLOTS) :]
    for name, value in json.loads(detail).items():
        fields["detail." + name] = value
    counted = {slot: number for slot, number in zip(SLOTS, numbers, strict=True) if number}
    streams = tuple(stream or 0 for stream in rows)
    secrets = bytes(seed), bytes(commitment), bytes(pads or b""), bytes(code or b"")
    return StoredEntry(fields, *secrets, streams, index, bytes(leaf or b""), counted)

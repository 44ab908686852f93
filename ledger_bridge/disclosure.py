"""Entries as they were committed to, read back from the tables, and the shape in which others may check them.

The database writes times and ids in the very form that was committed to, so a row is its fields and nothing has to be
converted: exports read millions of them.
"""

import json
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

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
        e.detail::text, e.seed, e.commitment, l.index, l.data, l.workspace_n, l.item_n, l.actor_n, l.person_n
    FROM ledger_bridge_entry e LEFT JOIN ledger_bridge_leaf l ON l.entry = e.id
        {" ".join(f"LEFT JOIN ledger_bridge_stream {name} ON {name}.id = e.{name}_id" for name in _STREAMS)}
"""  # noqa: S608  constant names
_BY_ID = _SELECT + " WHERE e.id = %s"
_BY_INDEX = _SELECT + " WHERE l.index = ANY(%s) ORDER BY l.index"


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its secret, and its leaf once it has one."""

    fields: dict[str, Any]
    seed: bytes
    commitment: bytes
    index: int | None
    leaf: bytes
    numbers: dict[str, int]
    """By slot, for the streams it is in."""

    def disclosed(self, *, numbers: Container[str], hide: Container[str] = ()) -> dict[str, Any]:
        """Return one line of `events.jsonl`, with the numbers of these slots."""
        shown = {slot: number for slot, number in self.numbers.items() if slot in numbers}
        return disclose(index=self.index or 0, tags=shown, fields=self.fields, seed=self.seed, hide=hide)


def stored_entry(entry: str) -> StoredEntry | None:
    """Return one entry."""
    return next(_query(_BY_ID, entry), None)


def entries_at(indexes: Sequence[int]) -> Iterator[StoredEntry]:
    """Return the entries in these places of the log, in order."""
    return _query(_BY_INDEX, list(indexes))


def _query(sql: str, wanted: str | list[int]) -> Iterator[StoredEntry]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [wanted])
        yield from map(_stored, cursor.fetchall())


def _stored(row: tuple[Any, ...]) -> StoredEntry:
    at = len(_FIELDS)
    fields = dict(zip(_FIELDS, row[:at], strict=True))
    detail, seed, commitment, index, leaf, *numbers = row[at:]
    for name, value in json.loads(detail).items():
        fields["detail." + name] = value
    counted = {slot: number for slot, number in zip(SLOTS, numbers, strict=True) if number}
    return StoredEntry(fields, bytes(seed), bytes(commitment), index, bytes(leaf or b""), counted)

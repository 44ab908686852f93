"""Entries as they were committed to, read back from the tables, and the shape in which others may check them.

The database writes times and ids in the very form that was committed to, so a row is its fields and nothing has to be
converted: exports read millions of them.
"""

import json
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db import connection

from ledger_bridge.entry_codes import message_of
from ledger_bridge.recording import COMMON_FIELDS
from ledger_bridge.sealing import SEALED, SUBJECTS, DamagedSealError, Keys, keys_for_reading, open_entry
from ledger_bridge.tlog.entry import SLOTS, disclose, disclose_erased, disclose_whole

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
        e.detail::text, e.seed, e.sealed, e.commitment, e.pads, e.code,
        {", ".join(f"e.{name}_id" for name in _STREAMS)},
        l.index, l.data, l.workspace_n, l.item_n, l.actor_n, l.person_n
    FROM ledger_bridge_entry e LEFT JOIN ledger_bridge_leaf l ON l.entry = e.id
        {" ".join(f"LEFT JOIN ledger_bridge_stream {name} ON {name}.id = e.{name}_id" for name in _STREAMS)}
"""  # noqa: S608  constant names
_AFTER_FIELDS = len(_FIELDS)
_PLACES = {name: _FIELDS.index(name) for name in SUBJECTS}
_BY_ID = _SELECT + " WHERE e.id = ANY(%s::uuid[])"
_BY_INDEX = _SELECT + " WHERE l.index = ANY(%s) ORDER BY l.index"


Row = tuple[Any, ...]


class State(Enum):
    """Whether an entry can be opened."""

    OPEN = "open"
    KEYLESS = "keyless"
    """A subject's key is gone: erased, or lost."""
    DAMAGED = "damaged"
    """The keys are there, but do not fit."""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its secret, and its leaf once it has one."""

    fields: dict[str, Any]
    """Of one that cannot be opened only those that were never sealed."""
    seed: bytes
    """Empty when it cannot be opened."""
    state: State
    blinds: dict[str, str]
    """What stands in the columns of subjects, where the entry is sealed."""
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
    def is_readable(self) -> bool:
        return self.state is State.OPEN

    @property
    def coded(self) -> bytes:
        """What the code covers."""
        return message_of(self.fields["id"], self.commitment, self.pads, self.streams)

    def disclosed(self, *, numbers: Container[str], hide: Container[str] = ()) -> dict[str, Any]:
        """Return one line of `events.jsonl`, with the numbers of these slots."""
        shown = {slot: number for slot, number in self.numbers.items() if slot in numbers}
        if not self.is_readable:
            return disclose_erased(index=self.index or 0, tags=shown, commitment=self.commitment)
        return disclose(index=self.index or 0, tags=shown, fields=self.fields, seed=self.seed, hide=hide)

    def disclosed_whole(self, *, numbers: Container[str]) -> dict[str, Any]:
        """Return the same with the seed in place of salts: shorter, and nothing has to be computed."""
        if not self.is_readable:
            return self.disclosed(numbers=numbers)
        shown = {slot: number for slot, number in self.numbers.items() if slot in numbers}
        return disclose_whole(index=self.index or 0, tags=shown, fields=self.fields, seed=self.seed)

    def readable(self) -> dict[str, Any]:
        """Return the same for reading only: without salts, which cost time to make."""
        if not self.is_readable:
            return self.disclosed(numbers=())
        return {"index": self.index or 0, "tags": {}, "fields": self.fields, "hidden": {}}


def stored_entry(entry: str) -> StoredEntry | None:
    """Return one entry."""
    return next(iter(stored_entries([entry])), None)


def stored_entries(entries: Sequence[str]) -> list[StoredEntry]:
    """Return these entries, in any order."""
    return _stored(_query(_BY_ID, list(entries)))


def entries_at(indexes: Sequence[int]) -> Iterator[StoredEntry]:
    """Return the entries in these places of the log, in order."""
    return iter(_stored(_query(_BY_INDEX, list(indexes))))


def _query(sql: str, wanted: list[str] | list[int]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [wanted])
        rows: list[Row] = cursor.fetchall()
        return rows


def _stored(rows: Sequence[Row]) -> list[StoredEntry]:
    blinds = [_blinds(row) for row in rows]
    keys = keys_for_reading(blinds)
    return [_entry(row, blind, known) for row, blind, known in zip(rows, blinds, keys, strict=True)]


def _blinds(row: Row) -> dict[str, str]:
    """Return the blind ids of an entry by column; none of one from before there were seals."""
    is_sealed = row[_AFTER_FIELDS + 2] is not None
    return {name: row[place] for name, place in _PLACES.items() if is_sealed and row[place]}


def _entry(row: Row, blinds: dict[str, str], keys: Keys | None) -> StoredEntry:
    fields = dict(zip(_FIELDS, row[:_AFTER_FIELDS], strict=True))
    detail, seed, sealed, commitment, pads, code, *rows = row[_AFTER_FIELDS : _AFTER_FIELDS + 6 + len(SLOTS)]
    index, leaf, *numbers = row[_AFTER_FIELDS + 6 + len(SLOTS) :]
    counted = {slot: number for slot, number in zip(SLOTS, numbers, strict=True) if number}
    streams = tuple(stream or 0 for stream in rows)
    state = State.OPEN
    if sealed is None:
        content = json.loads(detail)
    else:
        state, content, seed = _unseal(fields, bytes(sealed), bytes(commitment), keys)
    for name, value in content.items():
        fields["detail." + name] = value
    secrets = bytes(commitment), bytes(pads or b""), bytes(code or b"")
    return StoredEntry(fields, bytes(seed), state, blinds, *secrets, streams, index, bytes(leaf or b""), counted)


def _unseal(
    fields: dict[str, Any], sealed: bytes, commitment: bytes, keys: Keys | None
) -> tuple[State, dict[str, Any], bytes]:
    """Put what was sealed into the fields, and return the detail and the seed; of what cannot be opened, neither."""
    try:
        opened = open_entry(fields["id"], sealed, commitment=commitment, keys=keys) if keys is not None else None
    except DamagedSealError:
        opened = None
    if opened is None:
        for name in SEALED:
            del fields[name]
        return (State.KEYLESS if keys is None else State.DAMAGED), {}, b""
    fields.update(opened.values)
    return State.OPEN, opened.detail, opened.seed

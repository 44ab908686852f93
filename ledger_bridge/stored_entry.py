"""Entries as they were committed to, opened from rows of the tables: pure, for whoever was given rows and keys.

The database writes times and ids in the very form that was committed to, so a row is its fields and nothing has to be
converted: exports read millions of them. `disclosure.py` fetches the rows.
"""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from ledger_bridge.entry_seal import SEALED, SUBJECTS, DamagedSealError, JoinedKeys, Opened, open_entry
from ledger_bridge.tlog.entry import SLOTS, disclose, disclose_erased, disclose_whole

COMMON_FIELDS = (
    "id", "kind", "schema", "occurred_at", "recorded_at", "actor", "actor_kind", "actor_institution",
    "workspace", "item", "version", "person", "outcome", "purpose", "request_id", "source_address",
)  # fmt: skip
STREAM_FIELDS = tuple(f"{slot}_stream" for slot in SLOTS)

Row = tuple[Any, ...]
"""The common fields; index, commitment, sealed, detail, seed, pads, code, leaf (bytes in hex but for the last three);
the rows of the streams and the numbers in them, slot by slot. What is about seals is null where there are none."""

_COMMON = len(COMMON_FIELDS)
_REST = _COMMON + 8
_STREAMS = slice(_REST, _REST + len(SLOTS))
_NUMBERS = slice(_STREAMS.stop, _STREAMS.stop + len(SLOTS))
_SUBJECTS = tuple((name, COMMON_FIELDS.index(name)) for name in SUBJECTS)
_ID, _INDEX, _COMMITMENT = COMMON_FIELDS.index("id"), _COMMON, _COMMON + 1
_SEALED = slice(_COMMON + 2, _COMMON + 5)
# From the common columns, followed by what was sealed of them, to the common fields.
_in_place = itemgetter(
    *(_COMMON + SEALED.index(name) if name in SEALED else place for place, name in enumerate(COMMON_FIELDS))
)


class State(Enum):
    """Whether an entry can be opened."""

    OPEN = "open"
    KEYLESS = "keyless"
    """A subject's key is gone: erased, or lost."""
    DAMAGED = "damaged"
    """The keys are there, but do not fit."""


@dataclass(slots=True)
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
    """Both empty for entries from before there were codes, and where they were not fetched."""
    streams: tuple[int, ...]
    """The row of the stream in each slot, 0 for none."""
    index: int | None
    leaf: bytes
    """Empty where it was not fetched."""
    numbers: dict[str, int]
    """By slot, for the streams it is in."""

    @property
    def is_readable(self) -> bool:
        return self.state is State.OPEN

    def is_accounted_for(self, erased: Container[str]) -> bool:
        """True when it cannot be opened because a subject was erased whose stream has one of these commitments."""
        return self.state is State.KEYLESS and any(self.fields[name] in erased for name in STREAM_FIELDS)

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


class Rows(NamedTuple):
    """Fetched rows with all that opens them; another process can open them as well."""

    rows: Sequence[Row]
    keys: Sequence[JoinedKeys | None]
    """For each row; None where a key is gone."""
    commitments: Mapping[int, str]
    """Of all streams that occur, by their rows."""


def blinds_of(row: Row) -> dict[str, str]:
    """Return the blind ids of an entry by column; none of one from before there were seals."""
    if row[_SEALED.start] is None:
        return {}
    return {name: blind for name, place in _SUBJECTS if (blind := row[place])}


def streams_of(row: Row) -> tuple[int | None, ...]:
    """Return the row of the stream in each slot."""
    return row[_STREAMS]


def open_rows(fetched: Rows) -> Iterator[StoredEntry]:
    """Open every row; one that cannot be opened says so in its state."""
    for row, keys in zip(fetched.rows, fetched.keys, strict=True):
        yield open_row(row, keys, fetched.commitments)


def open_row(row: Row, keys: JoinedKeys | None, commitments: Mapping[int, str]) -> StoredEntry:
    """Open one row."""
    state, fields, seed = open_fields(row, keys, commitments)
    index, commitment, _, _, _, pads, code, leaf = row[_COMMON:_REST]
    numbers = {slot: number for slot, number in zip(SLOTS, row[_NUMBERS], strict=True) if number}
    return StoredEntry(
        fields, seed, state, blinds_of(row), bytes.fromhex(commitment), bytes(pads or b""), bytes(code or b""),
        tuple([stream or 0 for stream in row[_STREAMS]]), index, bytes(leaf or b""), numbers,
    )  # fmt: skip


def index_of(row: Row) -> int:
    """Return the place in the log."""
    index: int = row[_INDEX]
    return index


def numbers_in(row: Row, streams: Container[int]) -> dict[str, int]:
    """Return the numbers of an entry in those of its streams that have these rows, by slot."""
    listed = zip(SLOTS, row[_STREAMS], row[_NUMBERS], strict=True)
    return {slot: number for slot, stream, number in listed if stream in streams}


def open_fields(
    row: Row, keys: JoinedKeys | None, commitments: Mapping[int, str]
) -> tuple[State, dict[str, Any], bytes]:
    """Return the fields and the seed of an entry, as far as it can be opened."""
    sealed, detail, seed = row[_SEALED]
    if sealed is None:
        return State.OPEN, _fields(row, row[:_COMMON], commitments, json.loads(detail)), bytes.fromhex(seed)
    opened = _unseal(row, keys)
    if opened is None:
        fields = _fields(row, row[:_COMMON], commitments, {})
        for name in SEALED:
            del fields[name]
        return (State.KEYLESS if keys is None else State.DAMAGED), fields, b""
    common = _in_place((*row[:_COMMON], *opened.values))
    return State.OPEN, _fields(row, common, commitments, opened.detail), opened.seed


def _unseal(row: Row, keys: JoinedKeys | None) -> Opened | None:
    if keys is None:
        return None
    entry, sealed = bytes.fromhex(row[_ID].replace("-", "")), bytes.fromhex(row[_SEALED.start])
    try:
        return open_entry(entry, sealed, commitment=bytes.fromhex(row[_COMMITMENT]), keys=keys)
    except DamagedSealError:
        return None


def _fields(row: Row, common: Row, commitments: Mapping[int, str], detail: Mapping[str, Any]) -> dict[str, Any]:
    streams = map(commitments.get, row[_STREAMS])
    return dict(zip(_names(tuple(detail)), (*common, *streams, *detail.values()), strict=True))


@lru_cache(maxsize=1024)
def _names(detail: tuple[str, ...]) -> tuple[str, ...]:
    """Entries of one kind have the same names, so these are made once for all of them."""
    return (*COMMON_FIELDS, *STREAM_FIELDS, *("detail." + name for name in detail))

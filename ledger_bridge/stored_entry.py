"""Entries as they were committed to, opened from rows of the tables: pure, for whoever was given rows and keys.

The database writes times and ids in the very form that was committed to, so a row is its fields and nothing has to be
converted: exports read millions of them. `disclosure.py` fetches the rows.
"""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from ledger_bridge.entry_seal import SEALED, SUBJECTS, DamagedSealError, KeysByColumn, open_entry
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
_IS_SEALED = _COMMON + 2


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
    keys: Sequence[KeysByColumn | None]
    """For each row; None where a key is gone."""
    commitments: Mapping[int, str]
    """Of all streams that occur, by their rows."""


def blinds_of(row: Row) -> dict[str, str]:
    """Return the blind ids of an entry by column; none of one from before there were seals."""
    if row[_IS_SEALED] is None:
        return {}
    return {name: blind for name, place in _SUBJECTS if (blind := row[place])}


def streams_of(row: Row) -> tuple[int | None, ...]:
    """Return the row of the stream in each slot."""
    return row[_STREAMS]


def open_rows(fetched: Rows) -> Iterator[StoredEntry]:
    """Open every row; one that cannot be opened says so in its state."""
    for row, keys in zip(fetched.rows, fetched.keys, strict=True):
        yield _open_row(row, keys, fetched.commitments)


def _open_row(row: Row, keys: KeysByColumn | None, commitments: Mapping[int, str]) -> StoredEntry:
    fields = dict(zip(COMMON_FIELDS, row, strict=False))
    index, commitment_hex, sealed, detail, seed_hex, pads, code, leaf = row[_COMMON:_REST]
    streams = row[_STREAMS]
    for name, stream in zip(STREAM_FIELDS, streams, strict=True):
        fields[name] = commitments.get(stream)
    commitment = bytes.fromhex(commitment_hex)
    state, blinds = State.OPEN, blinds_of(row)
    if sealed is None:
        content, seed = json.loads(detail), bytes.fromhex(seed_hex)
    else:
        state, content, seed = _unseal(fields, bytes.fromhex(sealed), commitment, keys)
    for name, value in content.items():
        fields["detail." + name] = value
    return StoredEntry(
        fields, seed, state, blinds, commitment, bytes(pads or b""), bytes(code or b""),
        tuple([stream or 0 for stream in streams]), index, bytes(leaf or b""),
        {slot: number for slot, number in zip(SLOTS, row[_NUMBERS], strict=True) if number},
    )  # fmt: skip


def _unseal(
    fields: dict[str, Any], sealed: bytes, commitment: bytes, keys: KeysByColumn | None
) -> tuple[State, dict[str, Any], bytes]:
    """Put what was sealed into the fields, and return the detail and the seed; of what cannot be opened, neither."""
    try:
        entry = bytes.fromhex(fields["id"].replace("-", ""))
        opened = open_entry(entry, sealed, commitment=commitment, keys=keys) if keys is not None else None
    except DamagedSealError:
        opened = None
    if opened is None:
        for name in SEALED:
            del fields[name]
        return (State.KEYLESS if keys is None else State.DAMAGED), {}, b""
    fields.update(zip(SEALED, opened.values, strict=True))
    return State.OPEN, opened.detail, opened.seed

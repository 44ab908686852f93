"""Rows of an export become events, as `events.jsonl` holds them: pure, so that a second process can do it as well.

Rules enforced
    * nothing passes for erased that the log does not account for: the export ends there, without the manifest;
    * where anything is left out, salts are disclosed and never the seed, which would open what is hidden.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.errors import Unavailable
from ledger_bridge.entry_seal import JoinedKeys
from ledger_bridge.leaving_out import names_left_out
from ledger_bridge.stored_entry import Row, Rows, State, StoredEntry, index_of, numbers_in, open_fields, open_row
from ledger_bridge.tlog.entry import SLOTS, disclose_whole


class Fetched(NamedTuple):
    """What the database gave for some places of the log."""

    rows: Rows
    erased: frozenset[str]
    """Commitments of the streams that were erased; asked for only where an entry lacks a key."""


@dataclass(frozen=True)
class Opener:
    """Opens entries for one export. `disclosed` are the rows of the streams whose numbers it gives."""

    disclosed: frozenset[int]
    left_out: Sequence[str] = ()

    def __call__(self, fetched: Fetched) -> Iterator[dict[str, Any]]:
        """Yield the events, with their numbers in the disclosed streams.

        Raises:
            Unavailable: when one cannot be opened, and no erasure accounts for that.

        """
        rows = fetched.rows
        for row, keys in zip(rows.rows, rows.keys, strict=True):
            usual = None if self.left_out else self._whole(row, keys, rows.commitments)
            yield usual or self._event(open_row(row, keys, rows.commitments), fetched.erased)

    def _whole(self, row: Row, keys: JoinedKeys | None, commitments: Mapping[int, str]) -> dict[str, Any] | None:
        """Return the event of an entry that can be opened, without everything else that is known of an entry."""
        state, fields, seed = open_fields(row, keys, commitments)
        if state is not State.OPEN:
            return None
        return disclose_whole(index=index_of(row), tags=numbers_in(row, self.disclosed), fields=fields, seed=seed)

    def _event(self, entry: StoredEntry, erased: Container[str]) -> dict[str, Any]:
        if not (entry.is_readable or entry.is_accounted_for(erased)):
            raise Unavailable(f"Entry {entry.index} cannot be opened, and no erasure accounts for it: run ledger_fsck.")
        numbers = [slot for slot, stream in zip(SLOTS, entry.streams, strict=True) if stream in self.disclosed]
        return entry.disclosed(numbers=numbers, hide=names_left_out(entry.fields, self.left_out))

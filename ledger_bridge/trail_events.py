"""Rows of an export become events, as `events.jsonl` holds them: pure, so that a second process can do it as well.

Rules enforced
    * nothing passes for erased that the log does not account for: the export ends there, without the manifest;
    * where anything is left out, salts are disclosed and never the seed, which would open what is hidden.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.errors import Unavailable
from ledger_bridge.leaving_out import names_left_out
from ledger_bridge.stored_entry import Rows, StoredEntry, open_rows
from ledger_bridge.tlog.entry import SLOTS


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
        for entry in open_rows(fetched.rows):
            if not (entry.is_readable or entry.is_accounted_for(fetched.erased)):
                raise Unavailable(
                    f"Entry {entry.index} cannot be opened, and no erasure accounts for it: run ledger_fsck."
                )
            numbers = self._slots(entry)
            if self.left_out:
                yield entry.disclosed(numbers=numbers, hide=names_left_out(entry.fields, self.left_out))
            else:
                yield entry.disclosed_whole(numbers=numbers)

    def _slots(self, entry: StoredEntry) -> list[str]:
        return [slot for slot, stream in zip(SLOTS, entry.streams, strict=True) if stream in self.disclosed]

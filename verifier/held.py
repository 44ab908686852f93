"""Compares an export with the receipts that somebody kept: what the log told one person must be what it tells another.

Rules enforced
    * the export is from the same log, is not older than the receipt, and begins with the leaves of the receipt's tree;
    * what the receipt is about stands in the export under the same stream, and the receipt's numbers give its tags;
    * a complete export that covers the entry holds it.

Out of scope: the receipt itself (`receipt.py`). That the entry is the same in both follows from the leaf at its index.
"""

from dataclasses import dataclass

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.entry import SLOTS, TAG_SIZE, tag
from verifier.events import PRESENT, Marks
from verifier.form import Event
from verifier.report import MismatchError
from verifier.scope import SLOTS_OF, Scope, Stream


@dataclass(frozen=True)
class HeldReceipt:
    """A receipt that holds by itself."""

    name: str
    event: Event
    leaf: bytes
    checkpoint: Checkpoint

    def require_comparable(self, checkpoint: Checkpoint) -> None:
        """Check that the export can be compared with it.

        Raises:
            MismatchError: the export is of another log, or older.

        """
        if self.checkpoint.origin != checkpoint.origin:
            raise self.mismatch(f"it is from another log, {self.checkpoint.origin}")
        if self.checkpoint.size > checkpoint.size:
            sentence = f"its checkpoint covers {self.checkpoint.size} leaves, but this export ends at {checkpoint.size}"
            raise self.mismatch(f"{sentence}: it is older than the receipt, or the log was rolled back")

    def require_within(self, scope: Scope, marks: Marks) -> bool:
        """Check that the export says the same, and return whether it holds the entry.

        Raises:
            MismatchError: another stream, another number, or a complete export without the entry.

        """
        streams = [(slot, stream) for stream in scope.streams for slot in SLOTS_OF[stream.kind]]
        covering = [(slot, stream) for slot, stream in streams if self._is_in(slot, stream)]
        present = bool(marks[self.event.index] & PRESENT)
        if covering and scope.complete and not present:
            raise self.mismatch(f"event {self.event.index} belongs to {covering[0][1]}, but the export leaves it out")
        return present

    def mismatch(self, sentence: str) -> MismatchError:
        """Return what to raise about it."""
        return MismatchError(sentence, receipt=self.name)

    def _is_in(self, slot: int, stream: Stream) -> bool:
        """Whether the entry belongs to a disclosed stream by this slot: by what it commits to, or by its id."""
        committed = self.event.fields.get(f"{SLOTS[slot]}_stream")
        if self.event.fields.get(SLOTS[slot]) == stream.id and committed not in (None, stream.commitment):
            raise self.mismatch(f"it commits to another stream of {stream.kind} {stream.id}: there is a second one")
        if committed != stream.commitment:
            return False
        number = self.event.tags.get(SLOTS[slot])
        start = 1 + slot * TAG_SIZE
        if number is not None and tag(stream.key, number) != self.leaf[start : start + TAG_SIZE]:
            raise self.mismatch(f"it is not number {number} of {stream}")
        return True

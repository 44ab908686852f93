"""Which logs this one continues, and whether a checkpoint that somebody kept of one of them still holds.

Rules enforced
    * the entries about it stand at the very beginning of the log, one for each old log, the newest first; what an entry
      says of the old log's last checkpoint agrees with that checkpoint, and as many leaves follow as it says;
    * a checkpoint that the auditor kept of one of these logs is no longer than its last one, and has its root if it is
      as long; if all the leaves that it covers follow here, they give its root.

Out of scope: the old log's signature under its last checkpoint. A false one would not agree with what others kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.entry import LEAF_SIZE
from ledger_bridge.tlog.merkle import Frontier, leaf_hash
from ledger_bridge.tlog.note import parse
from verifier.form import Event, WrongEventError
from verifier.report import MismatchError, Report

KIND = "ledger.succeeded"


@dataclass(frozen=True)
class Predecessor:
    """A log that this one continues: its leaf n is leaf n + `offset` here, for the first `kept` leaves."""

    last: Checkpoint
    offset: int
    kept: int

    def describe(self, report: Report) -> None:
        """Say that it is continued, and what of it was lost."""
        origin, lost = self.last.origin, self.last.size - self.kept
        follow = f"{self.kept} of them follow from leaf {self.offset} on" if self.kept else "none of them follow"
        report.passed(
            f"This log continues the log {origin}: entry {self.offset - 1} names that log's last checkpoint, of"
            f" {self.last.size} leaves; {follow}."
        )
        if lost:
            report.limit(
                f"What {origin} recorded from its leaf {self.kept} on: {lost} leaves were lost when it ended, and"
                " nothing of them is in this log."
            )

    def compare(self, report: Report, known: Checkpoint, leaves: Iterable[bytes]) -> bool:
        """Compare with a checkpoint that the auditor kept of it, and return whether all that it covers follows here.

        Raises:
            MismatchError: this log does not continue what that checkpoint shows.

        """
        if known.size > self.last.size:
            sentence = (
                f"it says that {known.origin} ended with {self.last.size} leaves, but you know a checkpoint of"
                f" {known.size}: more was lost than it says"
            )
            raise MismatchError(sentence, member="notices.jsonl", event=self.offset - 1)
        if known.size == self.last.size and known.root != self.last.root:
            sentence = f"the last checkpoint of {known.origin} has another root than the one you know"
            raise MismatchError(sentence, member="notices.jsonl", event=self.offset - 1)
        if known.size > self.kept:
            report.limit(
                f"Whether the {self.kept} leaves that are left of {known.origin} are those of the checkpoint you know:"
                f" it covers {known.size}, and {known.size - self.kept} of these were lost. A checkpoint of"
                f" {known.origin} with at most {self.kept} leaves would show it."
            )
            return False
        self._compare_leaves(known, leaves)
        report.passed(
            f"The {known.size} leaves of the checkpoint of {known.origin} that you know follow from leaf {self.offset}"
            " on, unchanged."
        )
        return True

    def _compare_leaves(self, known: Checkpoint, leaves: Iterable[bytes]) -> None:
        if _root_between(leaves, self.offset, known.size) != known.root:
            sentence = (
                f"the {known.size} leaves from leaf {self.offset} on are not those of the checkpoint of {known.origin}"
                " that you know: history was changed"
            )
            raise MismatchError(sentence, member="leaves.bin")


def read(event: Event, before: Sequence[Predecessor], size: int) -> Predecessor:
    """Read an entry about a log that this one, of this size, continues, after those about newer ones.

    Raises:
        FormatError: the checkpoint in it is none.
        WrongEventError: it contradicts itself or its place.

    """
    if event.index != len(before):
        raise WrongEventError("it is not at the beginning of the log, where a log says what it continues", "kind")
    origin, note = event.text("detail.origin"), event.text("detail.checkpoint").encode()
    # The chain shows a checkpoint without signatures.
    last = Checkpoint.parse(parse(note).text if b"\n\n" in note else note)
    if (last.origin, last.size) != (origin, event.count("detail.size")):
        raise WrongEventError("it is of another log or size than the entry says", "detail.checkpoint")
    carried, there = event.count("detail.carried"), before[-1].kept - 1 if before else size - 1
    if carried > last.size or (carried > there and not before):
        raise WrongEventError("more leaves would follow than there are", "detail.carried")
    # Of what the log before carried on, the next one may have lost some.
    return Predecessor(last, event.index + 1, max(0, min(carried, there)))


def _root_between(chunks: Iterable[bytes], first: int, count: int) -> bytes:
    frontier, start = Frontier(), 0
    for chunk in chunks:
        end = start + len(chunk) // LEAF_SIZE
        places = range(max(first, start), min(first + count, end))
        frontier.append_many(leaf_hash(chunk[(at - start) * LEAF_SIZE : (at - start + 1) * LEAF_SIZE]) for at in places)
        start = end
    return frontier.root()

"""Which entries about erasures account for the events that were erased.

Rules enforced
    * such an entry tells what was erased, of which stream, and how many entries that were;
    * it accounts only for events recorded before it, and for no more than it says; no two account for the same event.

Out of scope: whether an event belonged to what was erased. Only where that very stream is disclosed does its number
show it; elsewhere it is the export's word, and the report says so.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from verifier.events import SLOT_BITS, Marks
from verifier.form import Event, WrongEventError
from verifier.report import MismatchError, Report
from verifier.scope import Scope

KIND = "erasure.done"
_WORDS = {"workspace": "workspace", "item": "file or folder", "person": "person"}


@dataclass(frozen=True)
class Erasure:
    """An entry about an erasure, and the places in the log for which it accounts, as the export says."""

    index: int
    of: str
    stream: str
    ground: str
    entries: int
    time: str
    covers: tuple[tuple[int, int], ...]

    def among(self, erased: Sequence[int]) -> list[int]:
        """Return the erased events for which it accounts."""
        places = ((bisect_left(erased, first), bisect_right(erased, last)) for first, last in self.covers)
        return [one for start, end in places for one in erased[start:end]]

    def describe(self, report: Report, found: Sequence[int], *, shown: bool) -> None:
        """Say what it says, and for how many events it accounts."""
        report.passed(
            f"Entry {self.index} records that what the log said about a {_WORDS[self.of]} was erased,"
            f" {self.time}{f', on the ground “{self.ground}”' if self.ground else ''}."
        )
        events = "1 of the erased events" if len(found) == 1 else f"{len(found)} of the erased events"
        if shown:
            report.passed(f"Entry {self.index} accounts for {events}: their numbers stand in the stream that it names.")
        else:
            report.limit(
                f"Whether entry {self.index} accounts for {events}, as the export says: an erased event no longer shows"
                " whom or what it was about."
            )


def read(event: Event, covers: tuple[tuple[int, int], ...]) -> Erasure:
    """Read an entry about an erasure.

    Raises:
        WrongEventError: it does not tell what it must, or accounts for what came after it.

    """
    if event.text("detail.of") not in _WORDS:
        raise WrongEventError("its value is not one that this field can have", "detail.of")
    if covers and covers[-1][1] >= event.index:
        raise WrongEventError("it would account for an event that was recorded after it", "covers")
    return Erasure(
        index=event.index,
        of=event.text("detail.of"),
        stream=event.text("detail.stream"),
        ground=event.text("detail.ground") if "detail.ground" in event.fields else "",
        entries=event.count("detail.entries"),
        time=event.text("recorded_at"),
        covers=covers,
    )


def describe_erased(
    report: Report, erased: Sequence[int], erasures: Sequence[Erasure], scope: Scope, marks: Marks
) -> None:
    """Say how many events were erased, and which entries account for them.

    Raises:
        MismatchError: an entry cannot account for what the export says.

    """
    _require_apart(erasures)
    if not erased:
        return
    events = "1 of these events was" if len(erased) == 1 else f"{len(erased)} of these events were"
    report.limit(
        f"What was erased: {events} erased. The log shows that each existed and between which others it was recorded."
    )
    rest = len(erased)
    for one in erasures:
        found = one.among(erased)
        if len(found) > one.entries:
            sentence = f"it would account for {len(found)} events, but says that {one.entries} were erased"
            raise MismatchError(sentence, member="notices.jsonl", event=one.index)
        rest -= len(found)
        if found:
            one.describe(report, found, shown=_is_shown(one, found, scope, marks))
    if rest:
        events = "1 of these events was" if rest == 1 else f"{rest} of these events were"
        report.limit(
            f"Why {events} erased: no entry in this export accounts for that. Ask whoever made it for the entry about"
            " the erasure."
        )


def _is_shown(erasure: Erasure, found: Sequence[int], scope: Scope, marks: Marks) -> bool:
    """Whether every one of these numbers itself in the stream that was erased, and in no other of its kind."""
    streams = [one for one in scope.streams if one.kind == erasure.of]
    bits = SLOT_BITS[erasure.of]
    return [one.commitment for one in streams] == [erasure.stream] and all(marks[one] & bits for one in found)


def _require_apart(erasures: Sequence[Erasure]) -> None:
    ranges = sorted((first, last, one.index) for one in erasures for first, last in one.covers)
    for (_, end, _), (start, _, index) in pairwise(ranges):
        if start <= end:
            sentence = f"two erasures would account for event {start}"
            raise MismatchError(sentence, member="notices.jsonl", event=index)

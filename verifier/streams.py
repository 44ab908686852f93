"""Checks completeness: nothing that the log recorded in a disclosed stream is missing from it.

For every disclosed stream of length L, the tags 1 … L stand in exactly one leaf each, in a slot of the stream's kind,
and the tags L + 1 … L + 64 stand in none. In a complete export each of these leaves has its event in `events.jsonl`.

A tag looks like noise to whoever lacks the stream's key, so the search runs over every slot of every leaf. Tags are
taken in batches and the leaves read again for each batch: memory stays flat however many streams are disclosed.

Out of scope: that the leaves are those of the checkpoint (see `trail.py`), and events that never reached the log.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from struct import Struct

from ledger_bridge.tlog.entry import HASH_SIZE, LEAF_SIZE, SLOTS, TAG_SIZE, tags
from verifier.events import PRESENT, Marks
from verifier.report import MismatchError
from verifier.scope import SLOTS_OF, Scope, Stream

HORIZON = 64
"""How far beyond the stated end of a stream is looked for more of it."""

_BATCH = 340_000  # about 48 MB, when the processes that read events have ended; a million in three passes
_TAGS = Struct(f"x{len(SLOTS) * f'{TAG_SIZE}s'}{HASH_SIZE}x")
"""The tags of a leaf, without its version and its commitment."""

Leaves = Callable[[], Iterable[bytes]]
"""Yields all leaves from the first to the last, in chunks of whole leaves; may be called again."""


@dataclass
class Span:
    """Consecutive numbers of one stream, whose tags are looked for in the same pass."""

    stream: Stream
    first: int
    last: int


@dataclass
class Batch:
    """Numbers whose tags are looked for together, about 340,000 of them."""

    spans: list[Span] = field(default_factory=list)
    size: int = 0


def check_streams(scope: Scope, leaves: Leaves, marks: Marks) -> int:
    """Check every disclosed stream and return how many of its entries the export leaves out by its filters.

    Raises:
        MismatchError: a tag is missing, stands twice or beyond the end, or its event is missing or unnumbered.

    """
    withheld = 0
    for batch in batches(scope.streams):
        search = Search(batch, scope, marks, member="leaves.bin")
        search.scan(leaves())
        withheld += search.finish()
    return withheld


def batches(streams: Iterable[Stream]) -> Iterator[Batch]:
    """Divide all numbers of the streams, and those beyond their ends, into batches."""
    batch = Batch()
    for stream in streams:
        first, end = 1, stream.length + HORIZON
        while first <= end:
            last = min(end, first + _BATCH - batch.size - 1)
            batch.spans.append(Span(stream, first, last))
            batch.size += last - first + 1
            first = last + 1
            if batch.size == _BATCH:
                yield batch
                batch = Batch()
    if batch.size:
        yield batch


class Search:
    """Looks for one batch of tags: in leaves, or wherever somebody else finds them and says so (`hit`)."""

    def __init__(self, batch: Batch, scope: Scope, marks: Marks, *, member: str) -> None:
        self._spans = batch.spans
        self._complete = scope.complete
        self._marks = marks
        self._member = member
        self.wanted: dict[bytes, int] = {}
        """The tags, and under which position each can be asked for."""
        for span in batch.spans:
            for one in tags(span.stream.key, span.first, span.last):
                self.wanted[one] = len(self.wanted)
        self._found = bytearray(len(self.wanted))
        self._withheld = 0

    def scan(self, leaves: Iterable[bytes], index: int = 0) -> None:
        """Look through chunks of leaves, the first of which is number `index` of the log.

        Raises:
            MismatchError: a tag stands where it must not.

        """
        wanted = self.wanted
        for chunk in leaves:
            for slot, here in enumerate(zip(*_TAGS.iter_unpack(chunk), strict=True)):
                # Most slots of most chunks hold nothing that is looked for; finding that out costs little.
                if wanted.keys().isdisjoint(here):
                    continue
                for offset, one in enumerate(here):
                    if one in wanted:
                        self.hit(wanted[one], index + offset, slot)
            index += len(chunk) // LEAF_SIZE

    def hit(self, position: int, index: int, slot: int) -> None:
        """Take note that a tag stands in this slot of this leaf.

        Raises:
            MismatchError: it must not stand there.

        """
        stream, number = self.name(position)
        if number > stream.length:
            sentence = f"{stream} goes on with number {number}, but the export says it ends with {stream.length}"
            raise MismatchError(sentence, member=self._member, leaf=index)
        if slot not in SLOTS_OF[stream.kind]:
            sentence = f"a tag of {stream} stands in the {SLOTS[slot]} slot"
            raise MismatchError(sentence, member=self._member, leaf=index)
        if self._found[position]:
            sentence = f"number {number} of {stream} stands here a second time"
            raise MismatchError(sentence, member=self._member, leaf=index)
        self._found[position] = 1
        self._require_event(stream, number, index, slot)

    def finish(self) -> int:
        """Check that every number was found; return how many events the export leaves out by its filters.

        Raises:
            MismatchError: one was not.

        """
        at = self._found.find(0)
        while at >= 0:
            stream, number = self.name(at)
            if number <= stream.length:
                raise MismatchError(f"number {number} of {stream} is in no leaf", member=self._member)
            at = self._found.find(0, at + 1)
        return self._withheld

    def name(self, position: int) -> tuple[Stream, int]:
        """Whose tag has this position, and which number."""
        for span in self._spans:
            count = span.last - span.first + 1
            if position < count:
                return span.stream, span.first + position
            position -= count
        raise AssertionError("every position lies in a span")

    def _require_event(self, stream: Stream, number: int, index: int, slot: int) -> None:
        mark = self._marks[index]
        if not mark & PRESENT:
            if self._complete:
                sentence = f"number {number} of {stream} is in the log, but the export leaves it out"
                raise MismatchError(sentence, member="events.jsonl", event=index)
            self._withheld += 1
        elif not mark & 1 << slot:
            sentence = f"it is number {number} of {stream} and does not say so"
            raise MismatchError(sentence, member="events.jsonl", event=index, field="tags")

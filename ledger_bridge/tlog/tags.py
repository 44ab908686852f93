"""Sorted tags: how to show in a few hundred bytes that a tag stands in a span of the log, or nowhere in it.

Formats: `docs/formats/tags.md`. A span is 4,096 · 4^k leaves that start at a multiple of their number. Its records,
four for each leaf, are the tags with their places, sorted; pages of eight records are the leaves of an RFC 6962 tree.
Because they are sorted, a tag's records stand together, between a neighbour that is smaller and one that is larger.

Rules enforced
    * spans have these sizes and places only; the spans of a log follow each other without gap or overlap;
    * a record is 24 bytes: the tag, and four times the leaf's index plus the slot;
    * a tag is found, or shown to be absent, only between neighbours: pages that stand side by side, or the ends;
    * the records that are shown ascend and lie in the span;
    * an opening is no larger than what an honest trail in short form needs, so a hostile one costs little memory.

Out of scope: that a root is that of a span's leaves. Whoever has the leaves can derive it (`span_root`).
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from io import BytesIO
from typing import Protocol

from ledger_bridge.tlog import partial
from ledger_bridge.tlog.entry import LEAF_SIZE, SLOTS, TAG_SIZE
from ledger_bridge.tlog.errors import FormatError, ProofError
from ledger_bridge.tlog.merkle import HASH_SIZE, root

RECORD_SIZE = TAG_SIZE + 8
RECORDS_IN_PAGE = 8
PAGE_SIZE = RECORD_SIZE * RECORDS_IN_PAGE
SMALLEST_SPAN = 4096
GROWTH = 4
"""Each size of span is so many times the one below it."""

ROW_PAGES = 64
"""Pages under one of the hashes that a tag file keeps beside its records."""
ROW_SIZE = PAGE_SIZE * ROW_PAGES

MOST_PAGES = 1 << 17
MOST_HASHES = 1 << 20
"""More than these no opening holds: a trail that looks up so much is given with every leaf instead."""

_SIZES_OF_SPANS = 16
_BEYOND = 1 << 50
_MOST_RANGES = 16
_PLACE = bytes(8)


@dataclass(frozen=True, order=True)
class Span:
    """Leaves of the log from `first` on, `leaves` of them.

    Raises:
        FormatError: no span has this size, or begins there.

    """

    first: int
    leaves: int

    def __post_init__(self) -> None:
        """Refuse other sizes and places."""
        if self.leaves not in _SIZES or self.first % self.leaves or not 0 <= self.first < _BEYOND:
            raise FormatError(f"there is no span of {self.leaves} leaves from leaf {self.first} on")

    @property
    def end(self) -> int:
        """The first leaf after it."""
        return self.first + self.leaves

    @property
    def records(self) -> int:
        """How many records it has."""
        return self.leaves * len(SLOTS)

    @property
    def pages(self) -> int:
        """How many pages they fill."""
        return self.records // RECORDS_IN_PAGE

    def parts(self) -> list["Span"]:
        """The smaller spans it is made of; none, if it is made of leaves."""
        part = self.leaves // GROWTH
        return [] if part < SMALLEST_SPAN else [Span(self.first + n * part, part) for n in range(GROWTH)]


_SIZES = frozenset(SMALLEST_SPAN * GROWTH**power for power in range(_SIZES_OF_SPANS))


def due_spans(size: int, largest: int) -> Iterator[Span]:
    """All spans of at most `largest` leaves that a log of this size fills, those of the smallest size first."""
    leaves = SMALLEST_SPAN
    while leaves <= min(size, largest):
        yield from (Span(first, leaves) for first in range(0, size - leaves + 1, leaves))
        leaves *= GROWTH


def cover(spans: Iterable[Span], size: int) -> list[Span]:
    """The fewest of these spans that follow each other from the first leaf on, inside a log of this size."""
    largest = {one.first: one for one in sorted(spans) if one.end <= size}
    chosen: list[Span] = []
    end = 0
    while end in largest:
        chosen.append(largest[end])
        end = chosen[-1].end
    return chosen


def require_cover(spans: Sequence[Span]) -> int:
    """Check that the spans follow each other from the first leaf on, and return where they end.

    Raises:
        ProofError: there is a gap or an overlap.

    """
    end = 0
    for span in spans:
        if span.first != end:
            raise ProofError(f"a span begins at leaf {span.first}, but the one before ends at {end}")
        end = span.end
    return end


def records_of(leaves: bytes, first: int) -> list[bytes]:
    """The records of some leaves, the first of which is number `first` of the log, in the order of the leaves.

    Raises:
        FormatError: these are not whole leaves.

    """
    if len(leaves) % LEAF_SIZE:
        raise FormatError(f"a leaf has {LEAF_SIZE} bytes")
    made = []
    place = first * len(SLOTS)
    for start in range(0, len(leaves), LEAF_SIZE):
        for at in range(start + 1, start + 1 + TAG_SIZE * len(SLOTS), TAG_SIZE):
            made.append(leaves[at : at + TAG_SIZE] + place.to_bytes(8, "big"))
            place += 1
    return made


def sorted_records(leaves: bytes, span: Span) -> bytes:
    """All records of a span, from its leaves.

    Raises:
        FormatError: these are not its leaves.

    """
    if len(leaves) != span.leaves * LEAF_SIZE:
        raise FormatError(f"a span of {span.leaves} leaves is not made of {len(leaves)} bytes")
    return b"".join(sorted(records_of(leaves, span.first)))


def merge(sources: Sequence[Iterable[bytes]]) -> Iterator[bytes]:
    """Merge sorted records, each source in blocks of whole records, into blocks of whole records.

    Memory holds one block of every source.
    """
    heads = [head for head in map(_Head, sources) if head.fill()]
    while heads:
        # Everything up to the smallest of the blocks' last records is at hand.
        limit = min(head.last for head in heads)
        yield b"".join(sorted(record for head in heads for record in head.take(limit)))
        heads = [head for head in heads if head.fill()]


class _Head:
    """The records of a source that were read and not merged yet."""

    def __init__(self, source: Iterable[bytes]) -> None:
        self._blocks = iter(source)
        self._records: list[bytes] = []

    @property
    def last(self) -> bytes:
        return self._records[-1]

    def fill(self) -> bool:
        """Read on when nothing is left, and say whether there is anything."""
        while not self._records:
            block = next(self._blocks, None)
            if block is None:
                return False
            self._records = [block[at : at + RECORD_SIZE] for at in range(0, len(block), RECORD_SIZE)]
        return True

    def take(self, limit: bytes) -> list[bytes]:
        at = bisect_left(self._records, limit)
        at += self._records[at : at + 1] == [limit]
        taken, self._records = self._records[:at], self._records[at:]
        return taken


def row_hashes(records: bytes) -> list[bytes]:
    """The hash over every 64 pages.

    Raises:
        FormatError: these are not whole rows of pages.

    """
    if len(records) % ROW_SIZE:
        raise FormatError(f"the records are not rows of {ROW_PAGES} pages")
    hashes = page_hashes(records)
    for _ in range(ROW_PAGES.bit_length() - 1):
        hashes = [sha256(b"\x01" + a + b).digest() for a, b in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes


def page_hashes(records: bytes) -> list[bytes]:
    """The hash of every page, as a leaf of the tree."""
    return [sha256(b"\x00" + records[at : at + PAGE_SIZE]).digest() for at in range(0, len(records), PAGE_SIZE)]


def span_root(records: Iterable[bytes]) -> bytes:
    """The root over all records of a span, given in order and in whole rows of pages.

    Raises:
        FormatError: these are not whole rows of pages.

    """
    # The rows are perfect subtrees of one size, so the tree over their hashes has the same root.
    return root(one for block in records for one in row_hashes(block))


def root_from_leaves(span: Span, leaves: Callable[[], Iterable[bytes]], *, at_once: int = 1 << 21) -> bytes:
    """The root of a span from its leaves, which `leaves` yields in order, in chunks of whole leaves, as often as asked.

    Memory holds about `at_once` records: of a large span, one range of tags after the other.

    Raises:
        FormatError: these are not its leaves.

    """
    bits = max(0, (span.records - 1).bit_length() - (at_once - 1).bit_length())
    return span_root(_ranges(span, leaves, min(bits, _MOST_RANGES)))


def _ranges(span: Span, leaves: Callable[[], Iterable[bytes]], bits: int) -> Iterator[bytes]:
    """Yield the sorted records in whole rows, those whose tags begin with the same bits in one pass over the leaves."""
    rest = b""
    for prefix in range(1 << bits):
        found: list[bytes] = []
        place = span.first
        for chunk in leaves():
            made = records_of(chunk, place)
            place += len(made) // len(SLOTS)
            found += [one for one in made if int.from_bytes(one[:4], "big") >> 32 - bits == prefix]
        if place != span.end:
            raise FormatError(f"a span of {span.leaves} leaves is not made of {place - span.first}")
        found.sort()
        rest += b"".join(found)
        whole = len(rest) - len(rest) % ROW_SIZE
        yield rest[:whole]
        rest = rest[whole:]


ReadRecords = Callable[[int, int], bytes]
"""`read(at, count)`: so many records of a span, from number `at` on."""


def pages_about(tag: bytes, span: Span, read: ReadRecords) -> range:
    """The pages that show where a tag stands in a span, or that it does not: up to the neighbour on either side."""
    low = _first_from(tag + _PLACE, span, read)
    high = _first_from((int.from_bytes(tag, "big") + 1).to_bytes(TAG_SIZE + 1, "big")[1:] + _PLACE, span, read)
    if high < low:  # the largest tag of all has none after it
        high = span.records
    first, last = max(0, low - 1), min(span.records - 1, high)
    return range(first // RECORDS_IN_PAGE, last // RECORDS_IN_PAGE + 1)


def _first_from(wanted: bytes, span: Span, read: ReadRecords) -> int:
    """The number of the first record that is not smaller."""
    low, high = 0, span.records
    while low < high:
        middle = (low + high) // 2
        if read(middle, 1) < wanted:
            low = middle + 1
        else:
            high = middle
    return low


class Hashes(Protocol):
    """What is needed of a span's tree to open parts of it."""

    def subtree(self, begin: int, end: int) -> bytes:
        """The hash over the pages [begin, end)."""
        ...


def open_span(pages: Mapping[int, bytes], span: Span, tree: Hashes) -> bytes:
    """The bytes that show these pages of a span, as an export holds them."""
    shown = sorted(pages)
    hashes = [tree.subtree(begin, end) for begin, end in partial.missing(span.pages, shown)]
    counts = len(shown).to_bytes(4, "big") + len(hashes).to_bytes(4, "big")
    return b"".join([counts, *(number.to_bytes(8, "big") + pages[number] for number in shown), *hashes])


def opened_root(opened: bytes, span: Span) -> bytes:
    """The root to which an opening leads.

    Raises:
        FormatError: it is cut.
        ProofError: it leads nowhere.

    """
    return Opening.read(span, BytesIO(opened).read).root()


@dataclass(frozen=True)
class Opening:
    """Some pages of a span, shown to be part of it."""

    span: Span
    pages: Sequence[int]
    data: bytes
    """These pages, one after the other."""
    hashes: Sequence[bytes] = field(default_factory=list)

    @classmethod
    def read(cls, span: Span, read: Callable[[int], bytes]) -> "Opening":
        """Take it from the beginning of `read`, which returns so many bytes, or fewer at its end.

        Raises:
            FormatError: it is cut, or says that it holds more than the span, or than any opening does.

        """
        counts = _exactly(read, 8)
        count, hashes = int.from_bytes(counts[:4], "big"), int.from_bytes(counts[4:], "big")
        if count > span.pages or hashes > span.pages:
            raise FormatError("it says that it holds more pages than the span has")
        if count > MOST_PAGES or hashes > MOST_HASHES:
            raise FormatError("it says that it holds far more than any trail in short form looks up")
        numbered = _exactly(read, count * (8 + PAGE_SIZE))
        step = 8 + PAGE_SIZE
        numbers = [int.from_bytes(numbered[at : at + 8], "big") for at in range(0, len(numbered), step)]
        data = b"".join([numbered[at + 8 : at + step] for at in range(0, len(numbered), step)])
        packed = _exactly(read, hashes * HASH_SIZE)
        return cls(span, numbers, data, [packed[at : at + HASH_SIZE] for at in range(0, len(packed), HASH_SIZE)])

    def root(self) -> bytes:
        """The root that pages and hashes lead to.

        Raises:
            ProofError: pages do not ascend or lie outside the span, or hashes are missing or left over.

        """
        hashed = dict(zip(self.pages, page_hashes(self.data), strict=True))
        return partial.roots(self.span.pages, self.pages, hashed, self.hashes)[self.span.pages]

    def check_records(self) -> None:
        """Check that the records ascend and that their places lie in the span.

        Raises:
            ProofError: they do not.

        """
        last = b""
        for record in self._records:
            if record <= last:
                raise ProofError("its records are not sorted")
            if not self.span.first <= int.from_bytes(record[TAG_SIZE:], "big") // len(SLOTS) < self.span.end:
                raise ProofError("a record is about a leaf outside the span")
            last = record

    def find(self, tag: bytes) -> list[tuple[int, int]]:
        """Every leaf of the span that holds the tag, and in which slot.

        Raises:
            ProofError: the pages do not show it: the neighbours are not side by side.

        """
        low = bisect_left(self._records, tag + _PLACE)
        high = low
        while high < len(self._records) and self._records[high].startswith(tag):
            high += 1
        before = self._number(low - 1) if low else -1
        after = self._number(high) if high < len(self._records) else self.span.records
        if after - before != high - low + 1:
            raise ProofError("two records that are said to be neighbours do not stand side by side")
        places = (int.from_bytes(one[TAG_SIZE:], "big") for one in self._records[low:high])
        return [divmod(place, len(SLOTS)) for place in places]

    @cached_property
    def _records(self) -> list[bytes]:
        return [self.data[at : at + RECORD_SIZE] for at in range(0, len(self.data), RECORD_SIZE)]

    def _number(self, at: int) -> int:
        """The number in the span of a record that is shown."""
        page, offset = divmod(at, RECORDS_IN_PAGE)
        return self.pages[page] * RECORDS_IN_PAGE + offset


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    data = read(size)
    if len(data) != size:
        raise FormatError("it is cut")
    return data

"""Spans of random leaves and their sorted tags, in memory."""

from dataclasses import dataclass
from functools import lru_cache
from random import Random

from ledger_bridge.tlog import merkle, tags
from ledger_bridge.tlog.entry import LEAF_SIZE


def random_leaves(count: int, seed: int = 0) -> list[bytes]:
    chance = Random(seed)
    return [b"\x01" + chance.randbytes(LEAF_SIZE - 1) for _ in range(count)]


@dataclass(frozen=True)
class FakeTagFile:
    """What a tag file answers, from all its records."""

    span: tags.Span
    records: bytes

    @property
    def root(self) -> bytes:
        return tags.span_root([self.records])

    def read(self, at: int, count: int) -> bytes:
        return self.records[at * tags.RECORD_SIZE : (at + count) * tags.RECORD_SIZE]

    def page(self, number: int) -> bytes:
        return self.read(number * tags.RECORDS_IN_PAGE, tags.RECORDS_IN_PAGE)

    def subtree(self, begin: int, end: int) -> bytes:
        return merkle.root(tags.page_hashes(self.records[begin * tags.PAGE_SIZE : end * tags.PAGE_SIZE]))

    def open(self, *wanted: bytes) -> bytes:
        """The opening that shows where these tags stand, or that they do not."""
        numbers = {number for tag in wanted for number in tags.pages_about(tag, self.span, self.read)}
        return tags.open_span({number: self.page(number) for number in numbers}, self.span, self)


def tag_file(span: tags.Span, leaves: list[bytes]) -> FakeTagFile:
    """The tag file of a span of a log that has these leaves."""
    return _tag_file(span, b"".join(leaves[span.first : span.end]))


@lru_cache(maxsize=32)
def _tag_file(span: tags.Span, leaves: bytes) -> FakeTagFile:
    return FakeTagFile(span, tags.sorted_records(leaves, span))

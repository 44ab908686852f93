"""Spans of random leaves and their sorted tags, in memory."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random

from ledger_bridge.short_form import NamedSpan, ShortForm
from ledger_bridge.tlog import entry, merkle, tags
from ledger_bridge.tlog.entry import LEAF_SIZE
from ledger_bridge.trail_archive import Trail
from tests.fakes.ledger import FakeEntry, FakeLedger


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


def short_form(
    ledger: FakeLedger, spans: Sequence[tags.Span], *subjects: tuple[str, str], sizes: Sequence[int] = ()
) -> ShortForm:
    """The short form of a trail about these streams, with these of the spans that `sort_tags` named in the log."""
    named = {(one.fields["detail.first"], one.fields["detail.leaves"]): one for one in ledger.entries if is_named(one)}
    streams = [ledger.stream(*subject) for subject in subjects]
    return ShortForm(
        size=len(ledger.leaves),
        sizes=sizes,
        spans=[_named(ledger, span, named[span.first, span.leaves]) for span in spans],
        streams=[(stream.key, stream.length) for stream in streams],
        indexes=[one["index"] for one in ledger.events(streams)],
        read_leaves=lambda places: [ledger.leaves[place] for place in places],
        get_node=ledger.node,
    )


def sort_tags(ledger: FakeLedger, span: tags.Span) -> FakeEntry:
    """Record the root of a span, as the installation does."""
    root = tag_file(span, ledger.leaves).root.hex()
    about = {"detail.log": ledger.origin, "detail.first": span.first, "detail.leaves": span.leaves, "detail.root": root}
    return ledger.record("ledger.tags_sorted", actor=None, actor_kind="service", **about)


def is_named(one: FakeEntry) -> bool:
    return bool(one.fields["kind"] == "ledger.tags_sorted")


def in_short_form(trail: Trail, form: ShortForm) -> Trail:
    return replace(trail, short=form, scope={**trail.scope, **form.scope()})


def _named(ledger: FakeLedger, span: tags.Span, one: FakeEntry) -> NamedSpan:
    event = entry.disclose_whole(index=one.index, tags={}, fields=one.fields, seed=one.seed)
    file = tag_file(span, ledger.leaves)
    return NamedSpan(span, file.root, event, lambda: nullcontext(file))

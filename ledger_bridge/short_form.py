"""What stands in a trail in short form in place of every leaf of the log: `docs/formats/entry.md`, version 2.

Rules enforced
    * every event, and every entry that names the root of a span, comes with its leaf; so do all leaves after the last
      span; the hashes lead from them to the root of the checkpoint, and to those of the earlier sizes asked for;
    * every tag of every stream, and those up to 64 beyond its end, is opened in every span;
    * memory holds one span's pages at a time.

Out of scope: whether this form is worth it, and where leaves, hashes and tag files come from (`exporting_short.py`).
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from ledger_bridge.tlog import merkle, partial, tags
from ledger_bridge.tlog.entry import tags as tags_of_stream
from ledger_bridge.tlog.tags import Span

HORIZON = 64
_PLACE_SIZE = 8


class TagFile(Protocol):
    """Finished sorted tags of one span."""

    def read(self, at: int, count: int) -> bytes: ...
    def page(self, number: int) -> bytes: ...
    def subtree(self, begin: int, end: int) -> bytes: ...


@dataclass(frozen=True)
class NamedSpan:
    """A span with the entry that names its root, as a whole line of `events.jsonl`."""

    span: Span
    root: bytes
    event: Mapping[str, Any]
    open: Callable[[], AbstractContextManager[TagFile]]


class DamagedTagFileError(Exception):
    """A tag file does not lead to the root that was recorded."""


@dataclass(frozen=True, kw_only=True)
class ShortForm:
    """All that goes into the members of the short form. `streams` are keys with lengths."""

    size: int
    sizes: Sequence[int]
    spans: Sequence[NamedSpan]
    streams: Sequence[tuple[bytes, int]]
    indexes: Sequence[int]
    read_leaves: Callable[[Sequence[int]], Iterable[bytes]]
    get_node: merkle.GetNode

    @property
    def tail(self) -> int:
        """The first of the leaves that are shown because no span covers them."""
        if not self.streams:
            return self.size
        return self.spans[-1].span.end if self.spans else 0

    def scope(self) -> dict[str, Any]:
        """What the scope says of it."""
        return {"version": 2, "tail": self.tail, "sizes": list(self.sizes)}

    def members(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Name every member, with its content in pieces."""
        shown = self._shown()
        yield "spans.jsonl", (_line(one.event) for one in self.spans)
        yield "some-leaves.bin", self._leaves(shown)
        yield "log-hashes.bin", self._hashes(shown)
        yield "span-tags.bin", map(self._open, self.spans)

    def _shown(self) -> list[int]:
        named = {int(one.event["index"]) for one in self.spans}
        before = {index for index in named.union(self.indexes) if index < self.tail}
        return [*sorted(before), *range(self.tail, self.size)]

    def _leaves(self, shown: Sequence[int]) -> Iterator[bytes]:
        for index, leaf in zip(shown, self.read_leaves(shown), strict=True):
            yield index.to_bytes(_PLACE_SIZE, "big") + leaf

    def _hashes(self, shown: Sequence[int]) -> Iterator[bytes]:
        missing = partial.missing(self.size, shown, self.sizes)
        return (merkle.subtree_root(begin, end, self.get_node) for begin, end in missing)

    def _open(self, one: NamedSpan) -> bytes:
        with one.open() as file:
            numbers = {number for tag in self._tags() for number in tags.pages_about(tag, one.span, file.read)}
            pages = {number: file.page(number) for number in sorted(numbers)}
            opened = tags.open_span(pages, one.span, file)
        if tags.opened_root(opened, one.span) != one.root:
            raise DamagedTagFileError(f"The tag file of leaves {one.span.first} to {one.span.end - 1} is damaged.")
        return opened

    def _tags(self) -> Iterator[bytes]:
        for key, length in self.streams:
            yield from tags_of_stream(key, 1, length + HORIZON)


def estimated_size(size: int, spans: Sequence[Span], tail: int, events: int, looked_up: int) -> int:
    """How large the members of the short form become, about."""
    leaves = events + len(spans)
    total = (size - tail) * 105 + leaves * (105 + 32 * _levels(size, leaves))
    return total + sum(looked_up * (200 + 32 * _levels(span.pages, looked_up)) for span in spans)


def _levels(leaves: int, shown: int) -> int:
    """How many hashes lead from one of the leaves shown to where it meets the others."""
    return (leaves // max(1, shown)).bit_length()


def _line(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

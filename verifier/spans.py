"""Reads `spans.jsonl`: the entries in which the log names the roots of its sorted tags.

Rules enforced, for every line of `spans.jsonl`
    * it is a whole event of kind `ledger.tags_sorted`, schema 1, by a service, in no stream;
    * it is about a span of this very log, which had all of its leaves before the entry;
    * the spans follow each other without gap or overlap, from the first leaf to the tail.
And for every such entry that an export holds, wherever it stands
    * no two of one log name different roots for the same span (`Roots`): one would be for this reader, one for others.

Out of scope: that the entries are in the log (`short.py`), and that a root is that of the span's tags: whoever has its
leaves can derive it (`recompute.py`).
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from ledger_bridge.tlog.errors import FormatError, ProofError
from ledger_bridge.tlog.tags import Span, require_cover
from verifier import strict_json
from verifier.form import Event, WrongEventError
from verifier.report import MismatchError

MEMBER = "spans.jsonl"
ABOUT_TAGS = "ledger.tags_sorted"
"""The kind of these entries."""
_MOST = 10_000
_ROOT = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Naming(NamedTuple):
    """What an entry says: the root of a span's sorted tags, in the log of this name."""

    log: str
    span: Span
    root: bytes


class Roots:
    """What the entries of one log say of its spans."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._named: dict[Span, tuple[int, bytes]] = {}

    def note(self, index: int, naming: Naming, *, member: str) -> None:
        """Remember what the entry at this index names.

        Raises:
            MismatchError: another entry names a different root for the same span.

        """
        if naming.log != self._origin:
            return
        other, root = self._named.setdefault(naming.span, (index, naming.root))
        if root != naming.root:
            leaves = f"leaves {naming.span.first} to {naming.span.end - 1}"
            sentence = f"it names another root for the sorted tags of {leaves} than entry {other}"
            raise MismatchError(sentence, member=member, event=index)


@dataclass(frozen=True)
class NamedSpan:
    """A span, and the entry that names its root."""

    span: Span
    root: bytes
    event: Event
    line: int

    def check_leaf(self, leaf: bytes) -> None:
        """Check that this is the entry that the leaf commits to.

        Raises:
            MismatchError: it is not.

        """
        try:
            self.event.check_leaf(leaf)
        except WrongEventError as wrong:
            raise MismatchError(str(wrong), member=MEMBER, line=self.line) from wrong

    def note(self, roots: Roots) -> None:
        """Compare the root with what other entries of the export name.

        Raises:
            MismatchError: one of them names another.

        """
        named = Naming(self.event.text("detail.log"), self.span, self.root)
        roots.note(self.event.index, named, member=MEMBER)


def naming(event: Event) -> Naming | None:
    """What an event names, if it is an entry about sorted tags."""
    log = event.fields.get("detail.log")
    if not _is_of_kind(event) or not isinstance(log, str):
        return None
    try:
        span = Span(event.fields["detail.first"], event.fields["detail.leaves"])
    except FormatError:
        return None
    return Naming(log, span, bytes.fromhex(event.fields["detail.root"]))


def read_spans(data: bytes, *, origin: str, tail: int) -> list[NamedSpan]:
    """Read the member of an export from the log of this name.

    Raises:
        MismatchError: a line is not such an entry, or the spans do not reach from the first leaf to the tail.

    """
    lines = data.split(b"\n")
    if lines.pop() or len(lines) > _MOST:
        raise MismatchError("it has no end, or far too many lines", member=MEMBER)
    spans = [_read(line, number, origin) for number, line in enumerate(lines, start=1)]
    try:
        end = require_cover([one.span for one in spans])
    except ProofError as error:
        raise MismatchError(str(error), member=MEMBER) from error
    if end != tail:
        raise MismatchError(f"its spans end at leaf {end}, but the tail begins at {tail}", member=MEMBER)
    return spans


def _read(line: bytes, number: int, origin: str) -> NamedSpan:
    try:
        event = Event.parse(strict_json.loads(line))
        event.check_values()
    except (ValueError, TypeError) as error:
        raise MismatchError(f"it cannot be read: {error}", member=MEMBER, line=number) from error
    except WrongEventError as wrong:
        raise MismatchError(str(wrong), member=MEMBER, line=number, field=wrong.field) from wrong
    if event.seed is None or event.tags or not _is_of_kind(event):
        raise MismatchError("it is not an entry about sorted tags, disclosed as a whole", member=MEMBER, line=number)
    if event.fields.get("detail.log") != origin:
        raise MismatchError("it is about the tags of another log", member=MEMBER, line=number, field="detail.log")
    return NamedSpan(_span(event, number), bytes.fromhex(event.fields["detail.root"]), event, number)


def _is_of_kind(event: Event) -> bool:
    get = event.fields.get
    root = get("detail.root")
    return (
        (get("kind"), get("schema"), get("actor_kind")) == (ABOUT_TAGS, 1, "service")
        and type(get("detail.first")) is int
        and type(get("detail.leaves")) is int
        and isinstance(root, str)
        and _ROOT.fullmatch(root) is not None
    )


def _span(event: Event, number: int) -> Span:
    try:
        span = Span(event.fields["detail.first"], event.fields["detail.leaves"])
    except FormatError as error:
        raise MismatchError(str(error), member=MEMBER, line=number) from error
    if event.index < span.end:
        sentence = f"the entry about the leaves up to {span.end} stands before their end, at {event.index}"
        raise MismatchError(sentence, member=MEMBER, line=number)
    return span

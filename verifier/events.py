"""Checks events one by one: form, commitment, leaf, and their numbers in the disclosed streams.

Rules enforced, for every line of `events.jsonl`
    * it has the form of version 1 and is read in one way only (`form.py`, `strict_json.py`), and its values are sane;
    * a `tags` number really gives the tag in that slot of the leaf;
    * whatever is disclosed about a workspace, item or person with a disclosed stream commits to that very stream and
      numbers itself in it: a second, secret stream about the same thing would show here;
    * in a complete export it belongs to at least one disclosed stream;
    * its index is larger than that of the line before and lies in the log;
    * the commitment recomputed from values, salts and hidden hashes is the one in the leaf at its index; of an erased
      event it is the one that the line gives;
    * no two events have the same id;
    * no two name different roots for the same span of sorted tags (`spans.py`).

The work is in two halves. `EventReader` needs nothing but the line, so it can run in several processes; `EventRegister`
sees the events in order, next to their leaves, and remembers the little that completeness and the report need.
"""

from array import array
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from ledger_bridge.tlog.entry import LEAF_SIZE, SLOTS, TAG_SIZE, tag
from ledger_bridge.tlog.errors import FormatError
from verifier import strict_json
from verifier.form import Event, WrongEventError
from verifier.report import MismatchError
from verifier.scope import Scope, Stream
from verifier.spans import ABOUT_TAGS, Naming, Roots, naming
from verifier.usual import UsualEvent, UsualLines

PRESENT = 0x80
"""Bit of a leaf's mark: the export has its event. Bits 0 to 3: the event numbers itself in the stream of that slot."""

_KIND_OF_SLOT = {"workspace": "workspace", "item": "item", "actor": "person", "person": "person"}
SLOT_BITS = {"workspace": 0b0001, "item": 0b0010, "person": 0b1100}
"""Bits of a leaf's mark, by kind of stream."""
_SLOT_NUMBERS = {slot: number for number, slot in enumerate(SLOTS)}
_COMMITMENT_AT = 1 + len(SLOTS) * TAG_SIZE
_ID_SIZE = 16
_INDEX_SIZE = 8
_MOST_HIDDEN = 256
_MOST_TOKENS = 256
_MOST_KNOWN = 4096
_LONGEST_KNOWN = 1024


class Marks(Protocol):
    """A mark for every leaf of the log: a bytearray, or something that keeps only those that are not 0."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> int: ...
    def __setitem__(self, index: int, mark: int, /) -> None: ...


@dataclass(slots=True)
class Digest:
    """What a line demands of its leaf. `tags` holds, by slot, the tags that the event's number may stand for."""

    line: int
    index: int
    commitment: bytes
    tags: dict[int, list[bytes]]
    id: bytes | None
    ties: tuple[str, ...]
    """Commitments of the disclosed streams whose id and commitment this event names together."""
    erased: bool
    hidden: tuple[str, ...] = ()
    """Names of the fields that are left out."""
    token: str | None = None
    """The personal token by which a program acted."""
    naming: Naming | None = None
    """What it says of sorted tags, if it is about those."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """To which disclosed streams an event belongs."""

    streams: tuple[tuple[int, str, tuple[Stream, ...]], ...]
    """Number and name of a slot, and the streams that its number may be of."""
    ties: tuple[str, ...]
    """As in `Digest`."""


class EventReader:
    """Reads lines, without looking at leaves."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._known: dict[object, Belonging] = {}
        self._by_commitment = {stream.commitment: stream for stream in scope.streams}
        self._by_id = {(stream.kind, stream.id): stream for stream in scope.streams}
        kinds = {stream.kind for stream in scope.streams}
        self._slots = [(slot, f"{slot}_stream", kind) for slot, kind in _KIND_OF_SLOT.items() if kind in kinds]
        """Those in which a disclosed stream may stand, with the field that commits to it and the stream's kind."""
        self._usual = UsualLines([name for slot, field, _ in self._slots for name in (slot, field)])

    def read(self, line: bytes, number: int) -> Digest:
        """Read one line and say what it demands of its leaf.

        Raises:
            MismatchError: the line contradicts itself or a disclosed stream.

        """
        where: dict[str, str | int] = {"member": "events.jsonl", "line": number}
        usual = self._usual.read(line)
        try:
            event = usual or Event.parse(strict_json.loads(line))
        except (ValueError, TypeError) as error:
            raise MismatchError(f"it cannot be read: {error}", **where) from error
        where["event"] = event.index
        try:
            return self._digest_usual(event, number) if isinstance(event, UsualEvent) else self._digest(event, number)
        except FormatError as error:
            raise MismatchError(str(error), **where) from error
        except WrongEventError as wrong:
            where |= {"field": wrong.field} if wrong.field else {}
            raise MismatchError(str(wrong), **where) from wrong

    def _digest(self, event: Event, number: int) -> Digest:
        event.check_values()
        identity = bytes.fromhex(event.fields["id"].replace("-", "")) if "id" in event.fields else None
        commitment, belonging = event.commitment(), self._belonging(event)
        if event.fields.get("kind") != ABOUT_TAGS:  # what those name has to be read in full
            self._usual.learn(event)
        tags, erased, hidden = _tags(belonging, event.tags), event.erased is not None, tuple(event.hidden)
        named = naming(event)
        return Digest(
            number, event.index, commitment, tags, identity, belonging.ties, erased, hidden, event.token, named
        )

    def _digest_usual(self, event: UsualEvent, number: int) -> Digest:
        belonging = self._known.get(event.about)
        if belonging is None:
            belonging = self._belonging(event.opened())
            if len(self._known) < _MOST_KNOWN and sum(map(len, event.about[1])) < _LONGEST_KNOWN:
                self._known[event.about] = belonging
        tags = _tags(belonging, event.tags)
        return Digest(
            number, event.index, event.commitment, tags, event.id, belonging.ties, erased=False, token=event.token
        )

    def _belonging(self, event: Event) -> Belonging:
        named = self._named(event)
        for slot, field, stream in named:
            _require_numbered(event, slot, field, stream)
        if self._scope.complete and not event.tags:
            raise WrongEventError("it belongs to none of the disclosed streams", "tags")
        return Belonging(
            tuple((_SLOT_NUMBERS[slot], slot, tuple(self._candidates(event, slot))) for slot in event.tags),
            tuple(stream.commitment for _, field, stream in named if event.fields.get(field) == stream.commitment),
        )

    def _named(self, event: Event) -> list[tuple[str, str, Stream]]:
        """The disclosed streams of what the event names, with the slot and the field that commits to the stream."""
        get, by_id = event.fields.get, self._by_id
        found = [(slot, field, by_id.get((kind, get(slot, "")))) for slot, field, kind in self._slots]
        return [(slot, field, stream) for slot, field, stream in found if stream]

    def _candidates(self, event: Event, slot: str) -> list[Stream]:
        """The streams that the number may be of: one if the event says which, all of the kind if it hides that."""
        name = f"{slot}_stream"
        streams = [self._by_commitment.get(event.fields[name])] if name in event.fields else self._scope.streams
        fitting = [s for s in streams if s and s.kind == _KIND_OF_SLOT[slot] and event.fields.get(slot, s.id) == s.id]
        if not fitting:
            raise WrongEventError(f"it numbers itself in a {slot} stream that this export does not disclose", "tags")
        return fitting


def _require_numbered(event: Event, slot: str, field: str, stream: Stream) -> None:
    if event.fields.get(field, stream.commitment) != stream.commitment:
        sentence = f"it commits to another stream than {stream}: there is a second one"
        raise WrongEventError(sentence, field)
    if slot not in event.tags:
        raise WrongEventError(f"it does not give its number in {stream}", "tags")


def _tags(belonging: Belonging, numbers: dict[str, int]) -> dict[int, list[bytes]]:
    return {place: [tag(stream.key, numbers[slot]) for stream in streams] for place, slot, streams in belonging.streams}


class EventRegister:
    """Holds events against their leaves, and remembers order, marks and ids."""

    def __init__(self, marks: Marks, origin: str) -> None:
        self.roots = Roots(origin)
        self._last = -1
        self._ids = [bytearray() for _ in range(256)]  # by last byte, so that no set of all ids is ever needed
        self.marks = marks
        self.tied: set[str] = set()
        self.count = 0
        self.erased = array("Q")
        """The indexes of those that were erased."""
        self.hidden: set[str] = set()
        self.partial = 0
        self.tokens: Counter[str] = Counter()
        """How many events each personal token made; "" stands for those beyond the first few."""

    def expect(self, digest: Digest) -> None:
        """Check the place of the next event.

        Raises:
            MismatchError: it comes out of order, or lies outside the log.

        """
        if not self._last < digest.index < len(self.marks):
            sentence = f"it follows event {self._last} in a log of {len(self.marks)} leaves, but indexes ascend"
            raise MismatchError(sentence, member="events.jsonl", line=digest.line, event=digest.index)
        self._last = digest.index
        self.count += 1

    def place(self, digest: Digest, leaf: bytes) -> None:
        """Check an event against the leaf at its index, and remember it.

        Raises:
            MismatchError: they do not belong together.

        """
        where: dict[str, str | int] = {"member": "events.jsonl", "line": digest.line, "event": digest.index}
        if len(leaf) != LEAF_SIZE or leaf[_COMMITMENT_AT:] != digest.commitment:
            sentence = "its fields and salts do not give the commitment in its leaf"
            if digest.erased:
                sentence = "the commitment it gives is not the one in its leaf"
            raise MismatchError(sentence, **where, field="commitment")
        mark = PRESENT
        for slot, candidates in digest.tags.items():
            start = 1 + slot * TAG_SIZE
            if leaf[start : start + TAG_SIZE] not in candidates:
                sentence = f"its number does not give the tag in the {SLOTS[slot]} slot of its leaf"
                raise MismatchError(sentence, **where, field="tags")
            mark |= 1 << slot
        self.marks[digest.index] = mark
        self.tied.update(digest.ties)
        if digest.erased:
            self.erased.append(digest.index)
        self._note_hidden(digest.hidden)
        self._note_token(digest.token)
        if digest.naming:
            self.roots.note(digest.index, digest.naming, member="events.jsonl")
        if digest.id:
            self._ids[digest.id[-1]] += digest.id + digest.index.to_bytes(_INDEX_SIZE, "big")

    def _note_hidden(self, names: tuple[str, ...]) -> None:
        self.partial += bool(names)
        if not self.hidden.issuperset(names):
            # A forger may make up names without end; nobody reads more of them than these.
            self.hidden.update(names if len(self.hidden) < _MOST_HIDDEN else ())

    def _note_token(self, token: str | None) -> None:
        if token:
            known = token in self.tokens or len(self.tokens) < _MOST_TOKENS
            self.tokens[token if known else ""] += 1

    def check_ids(self) -> None:
        """Check, after the last event, that no two have the same id.

        Raises:
            MismatchError: two have.

        """
        step = _ID_SIZE + _INDEX_SIZE
        for bucket in self._ids:
            seen = Counter(bytes(bucket[at : at + _ID_SIZE]) for at in range(0, len(bucket), step))
            twice = next((identity for identity, times in seen.items() if times > 1), None)
            if twice is not None:
                places = [at for at in range(0, len(bucket), step) if bucket[at : at + _ID_SIZE] == twice]
                first, second, *_ = [int.from_bytes(bucket[at + _ID_SIZE : at + step], "big") for at in places]
                sentence = f"events {first} and {second} have the same id {twice.hex()}"
                raise MismatchError(sentence, member="events.jsonl", event=second, field="id")

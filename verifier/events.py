"""Checks events one by one: form, commitment, leaf, and their numbers in the disclosed streams.

Rules enforced, in this order, for every line of `events.jsonl`
    * it has the form of version 1 and is read in one way only (`form.py`, `strict_json.py`);
    * its index is larger than that of the line before and lies in the log;
    * its values are sane, and they give the commitment in the leaf at its index (`form.py`);
    * a `tags` number really gives the tag in that slot of the leaf;
    * whatever is disclosed about a workspace, item or person with a disclosed stream commits to that very stream and
      numbers itself in it: a second, secret stream about the same thing would show here;
    * in a complete export it belongs to at least one disclosed stream; no two events have the same id.
"""

from collections import Counter

from ledger_bridge.tlog.entry import SLOTS, Leaf, tag
from verifier import strict_json
from verifier.form import Event, WrongEventError
from verifier.report import MismatchError
from verifier.scope import Scope, Stream

PRESENT = 0x80
"""Bit of a leaf's mark: the export has its event. Bits 0 to 3: the event numbers itself in the stream of that slot."""

_KIND_OF_SLOT = {"workspace": "workspace", "item": "item", "actor": "person", "person": "person"}
_SLOT_NUMBERS = {slot: number for number, slot in enumerate(SLOTS)}
_ID_SIZE = 16
_INDEX_SIZE = 8


class EventChecker:
    """Holds what has to be remembered between events: order, marks, ids."""

    def __init__(self, scope: Scope, size: int) -> None:
        self._scope = scope
        self._last = -1
        self._by_commitment = {stream.commitment: stream for stream in scope.streams}
        self._by_id = {(stream.kind, stream.id): stream for stream in scope.streams}
        self._ids = [bytearray() for _ in range(256)]  # by last byte, so that no set of all ids is ever needed
        self.marks = bytearray(size)
        self.count = 0

    def read(self, line: bytes) -> Event:
        """Read the next line and check its form and place.

        Raises:
            MismatchError: it has no such form, or comes out of order.

        """
        self.count += 1
        where: dict[str, str | int] = {"member": "events.jsonl", "line": self.count}
        try:
            event = Event.parse(strict_json.loads(line))
        except (ValueError, TypeError) as error:
            raise MismatchError(f"it cannot be read: {error}", **where) from error
        if not self._last < event.index < len(self.marks):
            sentence = f"it follows event {self._last} in a log of {len(self.marks)} leaves, but indexes ascend"
            raise MismatchError(sentence, **where, event=event.index)
        self._last = event.index
        return event

    def check(self, event: Event, leaf: bytes) -> None:
        """Check an event against the leaf at its index.

        Raises:
            MismatchError: they do not belong together, or the event contradicts a disclosed stream.

        """
        try:
            event.check_values()
            self._check_streams(event, event.check_leaf(leaf))
        except WrongEventError as wrong:
            where: dict[str, str | int] = {"member": "events.jsonl", "line": self.count, "event": event.index}
            where |= {"field": wrong.field} if wrong.field else {}
            raise MismatchError(str(wrong), **where) from wrong
        self._remember(event)

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
                indexes = [int.from_bytes(bucket[at + _ID_SIZE : at + step], "big") for at in places]
                sentence = f"events {indexes[0]} and {indexes[1]} have the same id {twice.hex()}"
                raise MismatchError(sentence, member="events.jsonl", event=indexes[1], field="id")

    def _check_streams(self, event: Event, leaf: Leaf) -> None:
        for slot, number in event.tags.items():
            stream = self._stream_of(event, slot, number, leaf)
            if event.fields.get(slot, stream.id) != stream.id:
                raise WrongEventError(f"its tag belongs to {stream}, but the field says otherwise", slot)
        for slot, kind in _KIND_OF_SLOT.items():
            self._require_numbered(event, slot, self._by_id.get((kind, event.fields.get(slot, ""))))
        if self._scope.complete and not event.tags:
            raise WrongEventError("it belongs to none of the disclosed streams", "tags")

    def _stream_of(self, event: Event, slot: str, number: int, leaf: Leaf) -> Stream:
        for stream in self._candidates(event, slot):
            if tag(stream.key, number) == leaf.tags[_SLOT_NUMBERS[slot]]:
                return stream
        raise WrongEventError(f"number {number} of no disclosed stream gives the tag in the leaf's {slot} slot", "tags")

    def _candidates(self, event: Event, slot: str) -> list[Stream]:
        """The streams that the number may be of: one if the event says which, all of the kind if it hides that."""
        name, kind = f"{slot}_stream", _KIND_OF_SLOT[slot]
        if name in event.fields:
            stream = self._by_commitment.get(event.fields[name])
            return [stream] if stream and stream.kind == kind else []
        return [stream for stream in self._scope.streams if stream.kind == kind]

    def _require_numbered(self, event: Event, slot: str, stream: Stream | None) -> None:
        if stream is None:
            return
        if event.fields.get(f"{slot}_stream", stream.commitment) != stream.commitment:
            raise WrongEventError(
                f"it commits to another stream than {stream}: there is a second one", f"{slot}_stream"
            )
        if slot not in event.tags:
            raise WrongEventError(f"it does not give its number in {stream}", "tags")

    def _remember(self, event: Event) -> None:
        mark = PRESENT
        for slot in event.tags:
            mark |= 1 << _SLOT_NUMBERS[slot]
        self.marks[event.index] = mark
        if "id" in event.fields:
            identity = bytes.fromhex(event.fields["id"].replace("-", ""))
            self._ids[identity[-1]] += identity + event.index.to_bytes(_INDEX_SIZE, "big")

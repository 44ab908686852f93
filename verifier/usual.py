"""Reads lines that look like lines read before, without decoding them: most of a verification is reading lines.

The events of one kind have the same names in the same order, so the bytes between their values are the same as well.
Once one of them was read in full (`form.py`), one pattern says of any other line that it has exactly these bytes, sane
values in the common fields, and nothing but values that are their own canonical form, ready to be hashed.

Rules enforced
    * a line is taken only if all of it is as `Event.parse`, `Event.check_values` and `canonical` would have it: text in
      UTF-8 without escapes, null, true, false, or an integer of at most 15 digits, and the seed in its one spelling;
    * everything else is left to them, and so is every complaint.

Out of scope: whether the event is the one in its leaf (`events.py`).
"""

import re
from binascii import a2b_base64, unhexlify
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from ledger_bridge.tlog.entry import commitment_to_values, in_order
from verifier.form import BY_TOKEN, COMMON, NUMBER, OPTIONAL, TEXT_OR_NULL, Event

# Whoever made the file could change the order of names with every line, so only so many are learnt.
_MOST_OF_KIND = 8
_MOST = 256
_MOST_NAMES = 64
_KIND = b'"kind":"'

_DEMANDS = COMMON | OPTIONAL
_TEXT = r'"[^"\\\x00-\x1f]*"'
_POSITIVE = "[1-9][0-9]{0,14}"
_ANY = f"{_TEXT}|null|true|false|0|-?{_POSITIVE}"
_SEED = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="


@dataclass(slots=True)
class UsualEvent:
    """A line of which everything was checked that can be checked without looking elsewhere."""

    index: int
    tags: dict[str, int]
    id: bytes
    commitment: bytes
    about: tuple["_Shape", tuple[bytes, ...]]
    """What it says about some slots. Many events say the same, and what follows need not be found out again."""
    token: str | None = None

    def opened(self) -> Event:
        """As an event with nothing but the fields about these slots."""
        shape, values = self.about
        decoded = (None if value == b"null" else value[1:-1].decode() for value in values)
        return Event(self.index, self.tags, dict(zip(shape.about, decoded, strict=True)))


class UsualLines:
    """Learns from events what lines look like. `about` are the fields that `UsualEvent.about` tells of."""

    def __init__(self, about: Sequence[str]) -> None:
        self._about = about
        self._shapes: dict[bytes, list[_Shape]] = {}
        self._learnt: set[tuple[str, tuple[str, ...], tuple[str, ...]]] = set()

    def read(self, line: bytes) -> UsualEvent | None:
        """Read a line, if it looks like one that was learnt."""
        if not (line.isascii() or _is_text(line)):
            return None
        start = line.find(_KIND) + len(_KIND)
        for shape in self._shapes.get(line[start : line.find(b'"', start)], ()):
            if event := shape.read(line):
                return event
        return None

    def learn(self, event: Event) -> None:
        """Remember the shape of an event that was read in full, if it is disclosed as a whole."""
        if event.seed is None or len(event.fields) > _MOST_NAMES or len(self._learnt) == _MOST:
            return
        kind, slots, names = event.fields["kind"], tuple(event.tags), tuple(event.fields)
        shapes = self._shapes.setdefault(kind.encode(), [])
        if (kind, slots, names) not in self._learnt and len(shapes) < _MOST_OF_KIND:
            self._learnt.add((kind, slots, names))
            shapes.append(_Shape(slots, names, self._about))


class _Shape:
    """The lines with these slots and these names, in this order."""

    def __init__(self, slots: tuple[str, ...], names: tuple[str, ...], about: Sequence[str]) -> None:
        tags = ",".join(f'"{slot}":({_POSITIVE})' for slot in slots)
        fields = ",".join(f'"{re.escape(name)}":({_value(name)})' for name in names)
        whole = f'{{"index":(0|{_POSITIVE}),"tags":{{{tags}}},"fields":{{{fields}}},"seed":"({_SEED})"}}'
        self._match = re.compile(whole.encode()).fullmatch
        self._slots = slots
        self._numbers = slice(1, 1 + len(slots))
        self._order = in_order(names)
        place = {name: number for number, name in enumerate(names, start=1 + len(slots))}
        self._in_order = _picker([place[name] for name in self._order.names])
        self._id, self._token = place["id"], place.get(BY_TOKEN)
        self.about = about
        self._about = _picker([place[name] for name in about])

    def read(self, line: bytes) -> UsualEvent | None:
        match = self._match(line)
        if match is None:
            return None
        values = match.groups()
        return UsualEvent(
            int(values[0]),
            dict(zip(self._slots, map(int, values[self._numbers]), strict=True)),
            unhexlify(values[self._id][1:-1].replace(b"-", b"")),
            commitment_to_values(self._order, self._in_order(values), a2b_base64(values[-1])),
            (self, self._about(values)),
            values[self._token][1:-1].decode() if self._token else None,
        )


def _picker(places: Sequence[int]) -> Callable[[tuple[bytes, ...]], tuple[bytes, ...]]:
    """Return what picks the values in these places; `itemgetter` itself makes no tuple of fewer than two."""
    return itemgetter(*places) if len(places) > 1 else lambda values: tuple(values[place] for place in places)


def _value(name: str) -> str:
    """What a value looks like: as `Event.check_values` wants it, and in its canonical form."""
    if name not in _DEMANDS:
        return _ANY
    types, pattern = _DEMANDS[name]
    if types == NUMBER:
        return _POSITIVE
    text = _TEXT if pattern is None else f'"(?:{pattern})"'
    return f"{text}|null" if types == TEXT_OR_NULL else text


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True

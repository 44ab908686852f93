"""Reads what an export says about the log itself: which logs it continues, and what was erased.

Rules enforced
    * `notices.jsonl` holds events that are in the log, in order, each with nothing but its leaf to hold it against;
    * each is of a kind that has a meaning here: `succession.py` and `erasures.py` say what it must hold.

Out of scope: what follows from them; see there.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from ledger_bridge.tlog.entry import LEAF_SIZE
from ledger_bridge.tlog.errors import FormatError
from verifier import erasures, strict_json, succession
from verifier.erasures import Erasure
from verifier.form import Event, WrongEventError
from verifier.report import MismatchError
from verifier.succession import Predecessor

MEMBER = "notices.jsonl"
_LONGEST_LINE = 1 << 20
_KEYS = {"event", "covers"}
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")


@dataclass(frozen=True)
class _Line:
    event: Event
    covers: tuple[tuple[int, int], ...]


@dataclass
class Notices:
    """All that an export says about its log."""

    predecessors: list[Predecessor] = field(default_factory=list)
    erasures: list[Erasure] = field(default_factory=list)

    @classmethod
    def read(cls, data: bytes, leaves: Callable[[], Iterable[bytes]], size: int) -> Self:
        """Read the member, and hold it against the leaves of a log of this size.

        Raises:
            MismatchError: naming the line that does not hold.

        """
        made, last = cls(), -1
        lines = [_read_line(line, number) for number, line in enumerate(_LINE.findall(data), 1)]
        held = _leaves_at(sorted({line.event.index for line in lines}), leaves())
        for number, line in enumerate(lines, 1):
            index = line.event.index
            where: dict[str, str | int] = {"member": MEMBER, "line": number, "event": index}
            if not last < index < size:
                raise MismatchError(f"it follows event {last} in a log of {size} leaves, but indexes ascend", **where)
            last = index
            made._add(line, held.get(index, b""), size, where)
        return made

    def predecessor(self, origin: str) -> Predecessor | None:
        """The log of this origin, if this one continues it."""
        return next((one for one in self.predecessors if one.last.origin == origin), None)

    def _add(self, line: _Line, leaf: bytes, size: int, where: dict[str, str | int]) -> None:
        event = line.event
        try:
            event.check_values()
            event.check_leaf(leaf)
            self._take(event, line.covers, size)
        except FormatError as error:
            raise MismatchError(str(error), **where) from error
        except WrongEventError as wrong:
            raise MismatchError(str(wrong), **where, **({"field": wrong.field} if wrong.field else {})) from wrong

    def _take(self, event: Event, covers: tuple[tuple[int, int], ...], size: int) -> None:
        if event.fields.get("kind") == succession.KIND:
            self.predecessors.append(succession.read(event, self.predecessors, size))
        elif event.fields.get("kind") == erasures.KIND:
            self.erasures.append(erasures.read(event, covers))
        else:
            raise WrongEventError("it is neither about a log that this one continues nor about an erasure", "kind")


def _read_line(line: bytes, number: int) -> _Line:
    where: dict[str, str | int] = {"member": MEMBER, "line": number}
    if not line.endswith(b"\n") or len(line) > _LONGEST_LINE:
        raise MismatchError("it has no end", **where)
    try:
        return _parse(strict_json.loads(line))
    except (ValueError, TypeError) as error:
        raise MismatchError(f"it cannot be read: {error}", **where) from error


def _parse(raw: Any) -> _Line:
    if not isinstance(raw, dict) or raw.keys() != _KEYS:
        raise ValueError("it does not have the form of a notice")
    return _Line(Event.parse(raw["event"]), _ranges(raw["covers"]))


def _ranges(raw: Any) -> tuple[tuple[int, int], ...]:
    """Read places in the log: first and last of every range, ascending."""
    ranges, end = [], -1
    for one in raw if isinstance(raw, list) else [raw]:
        pair = one if isinstance(one, list) and len(one) == len("ab") else [-1, -1]
        if not all(type(place) is int for place in pair) or not end < pair[0] <= pair[1]:
            raise ValueError("`covers` is not a list of ascending ranges")
        end = pair[1]
        ranges.append((pair[0], end))
    return tuple(ranges)


def _leaves_at(wanted: list[int], chunks: Iterable[bytes]) -> dict[int, bytes]:
    """Pick some leaves in one walk along the log."""
    held: dict[int, bytes] = {}
    start, places = 0, iter(wanted)
    place = next(places, None)
    for chunk in chunks:
        end = start + len(chunk) // LEAF_SIZE
        while place is not None and place < end:
            if place >= start:
                held[place] = chunk[(place - start) * LEAF_SIZE : (place - start + 1) * LEAF_SIZE]
            place = next(places, None)
        start = end
    return held

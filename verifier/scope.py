"""Reads `scope.json`: what was asked for, and the keys of the streams that this export opens."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ledger_bridge.tlog.entry import stream_commitment
from verifier import strict_json
from verifier.report import MismatchError

SHORT = 2
"""The version of the format that shows only some leaves."""

SLOTS_OF = {"workspace": (0,), "item": (1,), "person": (2, 3)}
"""The slots of a leaf where a stream of each kind may stand."""

_KEYS = {"version", "filters", "complete", "streams", "events", "exported_at", "exported_by"}
_SHORT_KEYS = _KEYS | {"tail", "sizes"}
_STREAM_KEYS = {"kind", "id", "key", "length"}
_MOST_SIZES = 10_000
_HEX_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Stream:
    """A disclosed stream: everything about one workspace, one item or one person."""

    kind: str
    id: str
    key: bytes
    length: int

    @cached_property
    def commitment(self) -> str:
        """What the `*_stream` field of its entries holds."""
        return stream_commitment(self.key).hex()

    def __str__(self) -> str:
        """How the report names it."""
        return f"the stream of {self.kind} {self.id}"


@dataclass(frozen=True)
class Scope:
    """What the export claims to hold."""

    complete: bool
    events: int
    streams: tuple[Stream, ...]
    tail: int | None = None
    """In short form: the first of the newest leaves, all of which are shown. With no stream to follow, the size."""
    sizes: tuple[int, ...] = ()
    """In short form: the earlier sizes for which the export proves a root."""

    @property
    def is_short(self) -> bool:
        """Whether the export shows only some leaves."""
        return self.tail is not None


def parse_scope(data: bytes, size: int, version: int) -> Scope:
    """Read the scope of an export in this version of the format, from a log of this size.

    Raises:
        MismatchError: it has another form, or promises what cannot be.

    """
    raw = _parse(data, version)
    if type(raw["complete"]) is not bool or not _is_count(raw["events"], size):
        raise MismatchError("`complete` or `events` has no possible value", member="scope.json")
    streams = tuple(_parse_stream(one, size) for one in raw["streams"])
    if raw["complete"] and not streams:
        raise MismatchError("an export without streams cannot be complete", member="scope.json", field="complete")
    if len({(s.kind, s.id) for s in streams}) < len(streams) or len({s.key for s in streams}) < len(streams):
        raise MismatchError("two streams have the same id or the same key", member="scope.json", field="streams")
    return Scope(raw["complete"], raw["events"], streams, *(_parse_short(raw, size) if version == SHORT else ()))


def _parse(data: bytes, version: int) -> dict[str, Any]:
    try:
        raw = strict_json.loads(data)
    except ValueError as error:
        raise MismatchError(f"it is not JSON as exports write it: {error}", member="scope.json") from error
    if (
        not isinstance(raw, dict)
        or set(raw) != (_SHORT_KEYS if version == SHORT else _KEYS)
        or raw["version"] is True
        or raw["version"] != version
        or not isinstance(raw["streams"], list)
    ):
        raise MismatchError(f"it does not have the fields of version {version}", member="scope.json")
    return raw


def _parse_short(raw: dict[str, Any], size: int) -> tuple[int, tuple[int, ...]]:
    tail, sizes = raw["tail"], raw["sizes"]
    sane = _is_count(tail, size) and isinstance(sizes, list) and len(sizes) <= _MOST_SIZES
    if not sane or not all(_is_count(one, size - 1) and one for one in sizes) or sorted(set(sizes)) != sizes:
        raise MismatchError("`tail` or `sizes` has no possible value", member="scope.json")
    if not raw["streams"] and tail != size:
        raise MismatchError("an export without streams needs no tail", member="scope.json", field="tail")
    return tail, tuple(sizes)


def _parse_stream(raw: Any, size: int) -> Stream:
    sane = (
        isinstance(raw, dict)
        and set(raw) == _STREAM_KEYS
        and isinstance(raw["kind"], str)
        and raw["kind"] in SLOTS_OF
        and isinstance(raw["id"], str)
        and isinstance(raw["key"], str)
        and _HEX_KEY.fullmatch(raw["key"])
        and _is_count(raw["length"], size)
    )
    if not sane:
        raise MismatchError("a stream does not have kind, id, key and a possible length", member="scope.json")
    if not raw["length"]:
        # Nothing ties such a key to anything, so a made-up one would stand for a stream that is kept back.
        raise MismatchError(f"the stream of {raw['kind']} {raw['id']} has no entries", member="scope.json")
    return Stream(raw["kind"], raw["id"], bytes.fromhex(raw["key"]), raw["length"])


def _is_count(value: Any, size: int) -> bool:
    return type(value) is int and 0 <= value <= size

"""Walks through the log from its first leaf to its last, deriving everything again on the way."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from core.errors import Unavailable
from ledger_bridge.disclosure import entries_at
from ledger_bridge.entry_seal import SUBJECTS
from ledger_bridge.erasure.accounts import erased_streams, is_accounted_for
from ledger_bridge.fsck.codes import CodeCheck
from ledger_bridge.fsck.heads import Heads
from ledger_bridge.fsck.problem import Problem
from ledger_bridge.models import Leaf, Stream, Tile
from ledger_bridge.stored_entry import State, StoredEntry
from ledger_bridge.stream_keys import unwrap_stream_key
from ledger_bridge.subject_keys import blind_ids
from ledger_bridge.tile_store import tile_store
from ledger_bridge.tlog import entry as format_
from ledger_bridge.tlog import merkle
from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.tiles import TILE_WIDTH

_PORTION = 1_000
OTHER_BYTES = "its file holds other bytes than the leaves make; see “manage.py ledger_tiles --help”"

Keys = dict[str, tuple[str, str, bytes]]
"""Stream commitment (hex) to kind, blind id and key."""


def check_log() -> Iterator[Problem]:
    with connection.cursor() as cursor:
        # One statement: the sequencer changes both together.
        cursor.execute("SELECT size, frontier, (SELECT count(*) FROM ledger_bridge_leaf) FROM ledger_bridge_treestate")
        size, edge, leaves = cursor.fetchone() or (0, b"", Leaf.objects.count())
    if leaves != size:
        yield Problem("tree", f"its size says {size}, but there are {leaves} leaves")
    walk = _Walk(Heads(), CodeCheck())
    if walk.codes.damage:
        yield walk.codes.damage
    for first in range(0, size, _PORTION):
        yield from walk.pass_portion(range(first, min(first + _PORTION, size)))
    if b"".join(walk.frontier.hashes()) != bytes(edge):
        yield Problem("tree", "its right edge is not that of its leaves")
    yield from walk.tiles.finish()
    yield from walk.heads.finish(size)


class Entries:
    """Entries and their leaves, a portion at a time."""

    def __init__(self, codes: CodeCheck) -> None:
        self.codes = codes
        self.erasures = erased_streams()
        self._leaves: dict[int, Leaf] = {}
        self._entries: dict[int | None, StoredEntry] = {}
        self._keys: Keys = {}

    def load(self, places: range) -> None:
        rows = Leaf.objects.filter(index__gte=places.start, index__lt=places.stop)
        self._leaves = {leaf.index: leaf for leaf in rows}
        self._entries = {entry.index: entry for entry in entries_at(places)}
        self._keys = _keys_of(self._entries.values())

    def hashed(self, index: int) -> bytes:
        return merkle.leaf_hash(bytes(self._leaves[index].data) if index in self._leaves else b"")

    def check(self, index: int) -> Iterator[Problem]:
        if index not in self._leaves:
            yield Problem(f"leaf {index}", "it is missing, and the tree cannot be built beyond it")
        yield from self._check_entry(index, self._leaves.get(index), self._entries.get(index), self._keys)

    def _check_entry(self, index: int, leaf: Leaf | None, entry: StoredEntry | None, keys: Keys) -> Iterator[Problem]:
        if leaf is None:
            return
        if entry is None:
            yield Problem(f"leaf {index}", f"its entry {leaf.entry_id} is not there")
            return
        where = f"leaf {index}, entry {leaf.entry_id}"
        if entry.is_readable:
            yield from _check_derivation(where, entry, keys)
        else:
            yield from _check_erased(where, entry, keys, self.erasures)
        yield from self.codes.check(where, entry, index)


class _Walk(Entries):
    def __init__(self, heads: Heads, codes: CodeCheck) -> None:
        super().__init__(codes)
        self.heads = heads
        self.frontier = merkle.Frontier()
        self.tiles = _Tiles()

    def pass_portion(self, places: range) -> Iterator[Problem]:
        self.load(places)
        for index in places:
            yield from self.check(index)
            hashed = self.hashed(index)
            self.frontier.append(hashed)
            yield from self.tiles.grow(hashed)
            yield from self.heads.check(self.frontier)


def _check_derivation(where: str, entry: StoredEntry, keys: Keys) -> Iterator[Problem]:
    try:
        if not _stands_under_its_blind_ids(entry):
            yield Problem(where, "its columns name other subjects than it was recorded about")
        elif format_.commitment(entry.fields, entry.seed) != entry.commitment:
            yield Problem(where, "its fields are not those that were committed to")
        elif _leaf_of(entry, keys) != entry.leaf:
            yield Problem(where, "its leaf is not made of the tags of its streams and its commitment")
    except (FormatError, KeyError) as error:
        yield Problem(where, f"it cannot be derived again ({error})")


def _check_erased(where: str, entry: StoredEntry, keys: Keys, erasures: frozenset[str]) -> Iterator[Problem]:
    """Check what is left of an entry, and that an entry about the erasure accounts for it."""
    if entry.state is State.DAMAGED:
        yield Problem(
            where, "it does not open with the keys of its subjects: its fields are not those that were sealed"
        )
    elif not is_accounted_for(entry, erasures):
        yield Problem(where, "a key of its subjects is gone, and no entry about an erasure accounts for that")
    try:
        if _leaf_of(entry, keys) != entry.leaf:
            yield Problem(where, "its leaf is not made of the tags of its streams and its commitment")
    except (FormatError, KeyError) as error:
        yield Problem(where, f"it cannot be derived again ({error})")


def _stands_under_its_blind_ids(entry: StoredEntry) -> bool:
    expected = {
        name: blind
        for name, kind in SUBJECTS.items()
        if entry.fields[name]
        for blind in blind_ids(kind, [entry.fields[name]]).values()
    }
    return not entry.blinds or entry.blinds == expected


def _leaf_of(entry: StoredEntry, keys: Keys) -> bytes:
    tags = [_tag(entry, slot, place, keys) for place, slot in enumerate(format_.SLOTS)]
    return format_.leaf(tags, entry.commitment)


def _tag(entry: StoredEntry, slot: str, place: int, keys: Keys) -> bytes:
    committed = entry.fields[f"{slot}_stream"]
    if committed is None:
        return format_.pad(entry.seed, place) if entry.is_readable else entry.pads[place * 16 : place * 16 + 16]
    kind, blind, key = keys[committed]
    if (kind, blind) != (SUBJECTS[slot], _blind(entry, slot)):
        raise FormatError(f"the stream in its slot “{slot}” is that of another {kind}")
    return format_.tag(key, entry.numbers.get(slot, 0))


def _blind(entry: StoredEntry, slot: str) -> str | None:
    if entry.blinds:
        return entry.blinds.get(slot)
    return blind_ids(SUBJECTS[slot], [entry.fields[slot]]).get(entry.fields[slot])


def _keys_of(entries: Any) -> Keys:
    """Return the keys of all streams that these entries name; one that cannot be opened is missing."""
    rows = {row for entry in entries for row in entry.streams}
    keys: Keys = {}
    for stream in Stream.objects.filter(pk__in=rows - {0}):
        subject = str(stream.subject)
        try:
            key = unwrap_stream_key(bytes(stream.wrapped_key), stream.kind, subject)
        except Unavailable:
            continue
        keys[bytes(stream.commitment).hex()] = (stream.kind, subject, key)
    return keys


@dataclass
class _Tiles:
    """Fills tiles as leaves come, and compares every full one with what is stored."""

    rows: list[list[bytes]] = field(default_factory=list)
    """By level: the hashes of the tile that is not full yet."""
    full: list[int] = field(default_factory=list)
    """By level: how many tiles have been full."""

    def grow(self, node: bytes, level: int = 0) -> Iterator[Problem]:
        if len(self.rows) == level:
            self.rows.append([])
            self.full.append(0)
        row = self.rows[level]
        row.append(node)
        if len(row) == TILE_WIDTH:
            root = merkle.root(row)
            yield from check_tile(level, self.full[level], b"".join(row), root)
            self.full[level] += 1
            row.clear()
            yield from self.grow(root, level + 1)

    def finish(self) -> Iterator[Problem]:
        if (stored := Tile.objects.count()) != sum(self.full):
            yield Problem("tiles", f"{sum(self.full)} are full, but {stored} are stored")


def check_tile(level: int, number: int, hashes: bytes, root: bytes) -> Iterator[Problem]:
    where = f"tile {level}/{number}"
    tile = Tile.objects.filter(level=level, number=number).first()
    if tile is None:
        yield Problem(where, "it is full, but its root is not stored")
    elif bytes(tile.root) != root:
        yield Problem(where, "its root is not that of the leaves")
    yield from _check_file(where, level, number, hashes)


def _check_file(where: str, level: int, number: int, hashes: bytes) -> Iterator[Problem]:
    store = tile_store()
    found = store.read(level, number)
    if found is None and (number + 1) * TILE_WIDTH**level <= store.reached():
        yield Problem(where, "its file is gone; “manage.py ledger_tiles” makes it again")
    elif found not in (None, hashes):
        yield Problem(where, OTHER_BYTES)

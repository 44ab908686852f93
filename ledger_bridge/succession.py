"""Ends a log, and lets a new one of another origin continue it.

The old log stays readable as plain files (C2SP tlog-tiles), as far as the database holds it. The new one begins with an
entry that names the old one's last checkpoint, and carries every leaf that is left, byte for byte and in the same
order: leaf n of the old log is leaf n + 1 of the new one, so whoever kept an old checkpoint can compare.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from core.access import Actor, require
from core.errors import Conflict
from ledger_bridge import signing_files
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.events import LogSucceeded
from ledger_bridge.feeds.models import FeedPosition
from ledger_bridge.leaf_making import COPY_COLUMNS
from ledger_bridge.models import Checkpoint, CodesBegin, Outbox, RollingCheck, Tile, TreeState
from ledger_bridge.permissions import Right
from ledger_bridge.proofs import read_leaves, tile_from_database
from ledger_bridge.recording import record
from ledger_bridge.sequencer import append_waiting, full_tiles
from ledger_bridge.signing import sign_head
from ledger_bridge.tag_files.models import TagFile
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.merkle import Frontier, leaf_hash
from ledger_bridge.tlog.note import parse
from ledger_bridge.tlog.tiles import TILE_WIDTH, encode_bundle, tile_path, tile_width, tiles_between
from ledger_bridge.witnessing.models import Publication, WitnessStanding
from ledger_bridge.witnessing.policy import policy_text

_PORTION = 256 * TILE_WIDTH
_CARRY = (
    f"INSERT INTO ledger_bridge_leaf ({', '.join(COPY_COLUMNS)})"  # noqa: S608  names of our own
    f" SELECT index + 1, {', '.join(COPY_COLUMNS[1:])} FROM carried"
)
_BEGUN_ANEW = ("leaf", "tile", "checkpoint", "cosignature", "publication")


@dataclass(frozen=True)
class Ended:
    """A retired log: where its files lie, and the furthest checkpoint that anybody is known to hold."""

    directory: Path
    last: Head
    note: bytes


def archive_of(origin: str) -> Path:
    return Path(settings.LEDGER_DIRECTORY) / "retired" / sha256(origin.encode()).hexdigest()[:16]


def archive_log(last: bytes) -> Path:
    """Write this log as plain files, as far as the database holds it, with its policy and its last checkpoint."""
    place = archive_of(settings.LEDGER_ORIGIN)
    unfinished = place.with_name(f"{place.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    for path, content in _files(last):
        file = unfinished / path
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_bytes(content)
    shutil.rmtree(place, ignore_errors=True)
    unfinished.rename(place)
    return place


def succeed_log(*, actor: Actor, origin: str) -> int:
    """Let this installation's log, of a new origin, continue the retired one; return how many leaves it carries on.

    Safe to repeat after an interruption. No other process of the installation may run meanwhile.

    Raises:
        Refused: without the right to change keys.
        Conflict: when that log was not retired, or this installation still has its name.

    """
    require(actor, Right.CHANGE_KEYS)
    ended = _ended(origin)
    newest = Checkpoint.objects.order_by("size").last()
    if newest is None or _origin_of(newest.note.encode()) == origin:
        _set_keys_aside()
        carried = _begin(ended, actor)
    else:
        carried = newest.size - 1
    _put_files_away(ended.directory)
    return carried


def _files(last: bytes) -> Iterator[tuple[str, bytes]]:
    shown = Publication.objects.order_by("size").last() or Checkpoint.objects.order_by("size").last()
    yield "last", last
    yield "policy", policy_text().encode()
    if shown is None:
        return
    yield "checkpoint", shown.note.encode()
    for tile in tiles_between(0, shown.size):
        # Not from the store: what is damaged there must not be carried on.
        hashes = tile_from_database(int(tile.level), tile.index, tile.width)
        yield tile_path(tile.level, tile.index, tile.width), hashes
    for index in range(-(-shown.size // TILE_WIDTH)):
        width = tile_width("entries", index, shown.size)
        yield tile_path("entries", index, width), encode_bundle(read_leaves(index * TILE_WIDTH, width))


def _ended(origin: str) -> Ended:
    if origin == settings.LEDGER_ORIGIN:
        raise Conflict("Set LEDGER_ORIGIN to the name of the new log first. Nothing was changed.")
    directory = archive_of(origin)
    if not (directory / "last").exists():
        raise Conflict(f"No log of the name {origin} was retired here. Nothing was changed.")
    if CodesBegin.objects.filter(index__gt=0).exists():
        raise Conflict("This log has entries from before there were codes, which cannot be carried on.")
    note = (directory / "last").read_bytes()
    return Ended(directory, _head_of(note), note)


@transaction.atomic(durable=True)
def _begin(ended: Ended, actor: Actor) -> int:
    tree = TreeState.objects.select_for_update().get()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE carried ON COMMIT DROP AS SELECT * FROM ledger_bridge_leaf")
        cursor.execute("CREATE TEMP TABLE waiting ON COMMIT DROP AS SELECT * FROM ledger_bridge_outbox")
        for table in _BEGUN_ANEW:
            cursor.execute(f"ALTER TABLE ledger_bridge_{table} DISABLE TRIGGER USER")
        cursor.execute("TRUNCATE " + ", ".join(f"ledger_bridge_{table}" for table in _BEGUN_ANEW))
        for table in _BEGUN_ANEW:
            cursor.execute(f"ALTER TABLE ledger_bridge_{table} ENABLE TRIGGER USER")
    Outbox.objects.all().delete()
    event = LogSucceeded(
        origin=ended.last.origin, size=ended.last.size, checkpoint=ended.note.decode(), carried=tree.size
    )
    record(event, actor=actor)
    frontier = Frontier()
    append_waiting(frontier)
    _carry(frontier, tree.size)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO ledger_bridge_outbox SELECT * FROM waiting")
    for model in (Anchor, WitnessStanding, RollingCheck, TagFile):
        model.objects.all().delete()
    FeedPosition.objects.filter(next_index__gt=0).update(next_index=F("next_index") + 1)
    return tree.size


def _carry(frontier: Frontier, count: int) -> None:
    """Append the old leaves behind the first entry, as they were, and sign the result."""
    with connection.cursor() as cursor:
        cursor.execute(_CARRY)
    for first in range(1, count + 1, _PORTION):
        old_size = frontier.size
        leaves = read_leaves(first, min(_PORTION, count + 1 - first))
        grown = frontier.append_many(map(leaf_hash, leaves))
        Tile.objects.bulk_create(
            Tile(level=level, number=number, root=root) for level, number, root in full_tiles(old_size, grown)
        )
    TreeState.objects.update(size=frontier.size, frontier=b"".join(frontier.hashes()))
    if count:
        head = Head(settings.LEDGER_ORIGIN, frontier.size, frontier.root())
        Checkpoint.objects.create(size=head.size, root=head.root, note=sign_head(head).decode())


def _set_keys_aside() -> None:
    """Let the old log's private keys sign nothing any more: the new one makes keys of its own."""
    for path in signing_files.key_files():
        path.rename(path.with_suffix(".retired"))


def _put_files_away(directory: Path) -> None:
    """Move what others saw of the old log out of the way of the new one, which would take it for its own."""
    ours = Path(settings.LEDGER_DIRECTORY)
    for path in [ours / "checkpoint", *ours.glob("seen-*")]:
        if path.exists() and _origin_of(path.read_bytes()) != settings.LEDGER_ORIGIN:
            path.replace(directory / f"was-{path.name}")
    (ours / "halted").unlink(missing_ok=True)


def _head_of(note: bytes) -> Head:
    """Read a checkpoint of a log that has ended: with the log's signatures, or, as the chain shows it, without."""
    return Head.parse(parse(note).text if b"\n\n" in note else note)


def _origin_of(note: bytes) -> str:
    return note.split(b"\n")[0].decode()

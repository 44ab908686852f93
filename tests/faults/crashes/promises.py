"""What must hold after every crash, checked from outside: nothing is believed because the ledger says so.

Leaves are hashed here once, so that the root at every size is known; every checkpoint that anybody was ever shown is
kept and compared with it, and with the newest one by a consistency proof.
"""

import random
from pathlib import Path

from django.conf import settings
from django.db import connection, connections

from ledger_bridge import proofs
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.fsck import CHECKS
from ledger_bridge.models import Checkpoint, Outbox, Quarantined
from ledger_bridge.publishing import read_published
from ledger_bridge.signing import log_policy
from ledger_bridge.tile_store import tile_store
from ledger_bridge.tlog import merkle
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.tiles import TILE_WIDTH
from ledger_bridge.witnessing.models import Publication
from ledger_bridge.witnessing.policy import full_policy
from tests.faults.crashes.installation import Installation
from witness.state import State

_SLOTS = ("workspace", "item", "actor", "person")
_LEAVES = f"""
    SELECT l.index, l.entry::text, l.data, {", ".join(f"e.{slot}_stream_id, l.{slot}_n" for slot in _SLOTS)}
    FROM ledger_bridge_leaf l LEFT JOIN ledger_bridge_entry e ON e.id = l.entry WHERE l.index >= %s ORDER BY l.index
"""  # noqa: S608  constant names
_OLD_ONES = 20


class BrokenPromise(AssertionError):
    """The ledger did what it must never do."""


class Promises:
    def __init__(self, installation: Installation, acknowledged: Path) -> None:
        self._installation = installation
        self._acknowledged = acknowledged
        self._frontier = merkle.Frontier()
        self._roots = [self._frontier.root()]
        self._hashes: list[bytes] = []
        self._places: dict[str, int] = {}
        self._numbers: dict[int, int] = {}
        self.shown: dict[bytes, Head] = {}
        self._stored = 0
        self._cosigned = 0
        self._largest = 0

    @property
    def size(self) -> int:
        return len(self._roots) - 1

    def look_at_published(self) -> None:
        """Keep what anybody could fetch at this moment; the file never goes back."""
        note = read_published()
        if note and note not in self.shown:
            head = self._keep(note)
            _must(head.size >= self._largest, f"the published file went back from {self._largest} to {head.size}")
            self._largest = head.size

    def check(self, chance: random.Random) -> None:
        """Hold the ledger, at rest, against everything that was seen of it."""
        try:
            self._check_leaves()
            self._check_acknowledged()
            self._check_checkpoints()
            self._check_publications()
            self.look_at_published()
            self._check_witnesses()
            self._check_consistency(chance.sample(list(self.shown.values()), min(_OLD_ONES, len(self.shown))))
            self._check_files()
            self._check_tiles()
            self._check_anchors()
            _must(not Outbox.objects.exists() and not Quarantined.objects.exists(), "entries wait or are in quarantine")
        finally:
            connections.close_all()

    def check_everything(self) -> None:
        """Every pair of an old checkpoint and the newest, and all that ledger_fsck derives again."""
        try:
            self._check_consistency(list(self.shown.values()))
            for title, check in CHECKS:
                problems = [str(problem) for problem in check() if not problem.only_notable]
                _must(not problems, f"ledger_fsck, {title}: {problems[:5]}")
            for witness in self._installation.witnesses:
                _must(not (said := witness.evidence()), f"the witness {witness.name} keeps evidence: {said}")
        finally:
            connections.close_all()

    def _check_leaves(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_LEAVES, [self.size])
            rows = cursor.fetchall()
            cursor.execute("SELECT size FROM ledger_bridge_treestate")
            ((size,),) = cursor.fetchall()
        for index, entry, data, *places in rows:
            _must(index == self.size, f"leaf {index} follows leaf {self.size - 1}")
            _must(entry not in self._places, f"entry {entry} stands at {self._places.get(entry)} and at {index}")
            self._places[entry] = index
            for stream, number in zip(places[::2], places[1::2], strict=True):
                self._check_number(index, stream, number)
            self._hashes.append(merkle.leaf_hash(bytes(data)))
            self._frontier.append(self._hashes[-1])
            self._roots.append(self._frontier.root())
        _must(size == self.size, f"the tree has {size} entries, but there are {self.size} leaves")

    def _check_number(self, index: int, stream: int | None, number: int | None) -> None:
        expected = None if stream is None else self._numbers.get(stream, 0) + 1
        _must(number == expected, f"leaf {index} is number {number} of stream {stream}, which follows {expected}")
        if stream is not None and number is not None:
            self._numbers[stream] = number

    def _check_acknowledged(self) -> None:
        lost = set(self._acknowledged.read_text().split()) - self._places.keys()
        _must(not lost, f"acknowledged entries are not in the log: {sorted(lost)[:5]}")

    def _check_checkpoints(self) -> None:
        for row in Checkpoint.objects.filter(size__gt=self._stored).order_by("size"):
            head = self._keep(row.note.encode())
            _must((head.size, head.root) == (row.size, bytes(row.root)), f"checkpoint {row.size} was signed otherwise")
            self._stored = row.size
        _must(self._stored == self.size, f"the last checkpoint covers {self._stored} of {self.size}")

    def _check_publications(self) -> None:
        policy = full_policy()
        for row in Publication.objects.filter(size__gt=self._cosigned).order_by("size"):
            _must(len(policy.check(row.note.encode()).cosigned) > 1, f"publication {row.size} lacks its quorum")
            self._keep(row.note.encode())
            self._cosigned = row.size
        published = read_published()
        _must(published is not None and self._keep(published).size == self.size, "the newest is not published")

    def _check_witnesses(self) -> None:
        for witness in self._installation.witnesses:
            state = State(witness.directory)
            _must(not state.evidence(), f"the witness {witness.name} keeps evidence against the log")
            head = state.head(settings.LEDGER_ORIGIN)
            _must(self._keep(head.note).size <= self.size, f"the witness {witness.name} is ahead, at {head.size}")

    def _check_consistency(self, older: list[Head]) -> None:
        for head in older:
            merkle.verify_consistency(
                old_size=head.size,
                new_size=self.size,
                old_root=head.root,
                new_root=self._roots[self.size],
                proof=proofs.consistency(head.size, self.size),
                allow_empty=True,
            )

    def _check_files(self) -> None:
        left = sorted(path.name for path in Path(settings.LEDGER_DIRECTORY).iterdir())
        expected = {"checkpoint", "lock", "publishing.lock", "tiles", "tiles.lock"}
        _must(set(left) <= expected, f"files are left over: {sorted(set(left) - expected)}")

    def _check_tiles(self) -> None:
        store = tile_store()
        for number in range(self.size // TILE_WIDTH):
            hashes = b"".join(self._hashes[number * TILE_WIDTH : (number + 1) * TILE_WIDTH])
            _must(store.read(0, number) == hashes, f"tile 0/{number} is not stored, or holds something else")

    def _check_anchors(self) -> None:
        for anchor in Anchor.objects.all():
            _must(anchor.state != "failed", f"{anchor}: {anchor.note}")
            _must(bytes(anchor.root) == self._roots[anchor.size], f"{anchor} has another root")

    def _keep(self, note: bytes) -> Head:
        """Keep a checkpoint that somebody was shown, once it is ours and has the root of our leaves."""
        head = self.shown.get(note)
        if head is None:
            head = self.shown[note] = log_policy().open_checkpoint(note)[0]
        if head.size <= self.size:
            _must(head.root == self._roots[head.size], f"a checkpoint of {head.size} entries has another root")
        return head


def _must(holds: bool, otherwise: str) -> None:  # noqa: FBT001  it reads as a sentence
    if not holds:
        raise BrokenPromise(otherwise)

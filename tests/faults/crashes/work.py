"""What the processes do that may die at any moment, and what brings everything to rest again."""

import os
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from django.conf import settings
from django.db import Error, connection, transaction

from core.errors import Unavailable
from ledger_bridge.anchors.anchoring import anchor_on_chain
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.events import TrailViewed
from ledger_bridge.failpoints import arm
from ledger_bridge.models import Outbox, TreeState
from ledger_bridge.publishing import RolledBack
from ledger_bridge.recording import record, record_durably
from ledger_bridge.services import sequence_entries
from ledger_bridge.subjects import Subject
from ledger_bridge.tile_filling import store_tiles
from ledger_bridge.tile_store import tile_store
from ledger_bridge.tlog.tiles import TILE_WIDTH
from ledger_bridge.witnessing.models import Publication

WORKS_FOR = 1.5
AT_REST_WITHIN = 60.0
DATABASE_DIED = (Error, psycopg2.Error, Unavailable)
_KNOWN = [str(uuid.UUID(int=number)) for number in range(1, 9)]


@dataclass(frozen=True)
class Person:
    ledger_id: str
    ledger_kind: str = "person"
    ledger_institution: str | None = None

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return False


def fill_a_tile(acknowledged: Path) -> None:
    """Record enough at once for one more full tile."""
    with transaction.atomic():
        subject = Subject(workspace=_KNOWN[0])
        made = [record(TrailViewed(filters=str(n)), actor=Person(_KNOWN[1]), subject=subject) for n in range(260)]
    with acknowledged.open("a") as file:
        file.write("".join(f"{entry}\n" for entry in made))


def commit(acknowledged: Path, seed: str) -> None:
    """Record entries about few subjects, and write down the id of each when its commit was acknowledged."""
    chance = random.Random(seed)
    descriptor = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for number in range(chance.randint(2, 8)):
        subject = Subject(workspace=chance.choice(_KNOWN), item=chance.choice([None, *_KNOWN, str(uuid.uuid4())]))
        try:
            made = record_durably(
                TrailViewed(filters=str(number)), actor=Person(chance.choice(_KNOWN)), subject=subject
            )
        except DATABASE_DIED:
            connection.close()
            continue
        os.write(descriptor, f"{made}\n".encode())
        time.sleep(chance.random() / 50)


def sequence(place: str) -> None:
    """Do what the worker does, tick after tick, until the time is over or the named place is reached."""
    arm(place)
    _repeat(sequence_entries, WORKS_FOR)


def lose_a_tile() -> None:
    """Remove one stored tile, and what says that it is there."""
    kept = sorted(Path(settings.LEDGER_DIRECTORY).glob("tiles/*/tile/0/*"))
    for path in [*kept[-1:], *Path(settings.LEDGER_DIRECTORY).glob("tiles/*/reached")]:
        path.unlink()


def store(place: str) -> None:
    """Store tiles, tick after tick."""
    arm(place)
    _repeat(store_tiles, WORKS_FOR)


def anchor(place: str) -> None:
    """Sequence, then move the anchor on."""
    arm(place)

    def tick() -> None:
        sequence_entries()
        anchor_on_chain()

    _repeat(tick, WORKS_FOR)


def come_to_rest(*, anchors: bool) -> None:
    """Do what the worker does until nothing waits any more: nobody helps."""
    deadline = time.monotonic() + AT_REST_WITHIN
    while time.monotonic() < deadline:
        sequence_entries()
        store_tiles()
        if anchors:
            anchor_on_chain()
        if _is_at_rest(anchors=anchors):
            return
    raise TimeoutError("entries, cosignatures or anchors still wait")


def _is_at_rest(*, anchors: bool) -> bool:
    tree, published = TreeState.objects.first(), Publication.objects.order_by("size").last()
    under_way = anchors and Anchor.objects.filter(state__in=["pending", "confirmed"]).exists()
    if tree is None or published is None or tile_store().reached() < tree.size // TILE_WIDTH:
        return False
    return not Outbox.objects.exists() and not under_way and tree.size == published.size


def _repeat(tick: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            tick()
        except RolledBack:
            raise
        except DATABASE_DIED:
            # The worker's next tick connects again.
            connection.close()
        time.sleep(0.005)

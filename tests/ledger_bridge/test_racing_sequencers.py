"""Sequencers on several machines: processes and directories of their own, one database, one store of tiles."""

import multiprocessing
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as ours
from django.db import connections, transaction

from ledger_bridge import proofs
from ledger_bridge.events import TrailViewed
from ledger_bridge.models import Checkpoint, Leaf, Outbox, Stream
from ledger_bridge.publishing import read_published
from ledger_bridge.recording import record
from ledger_bridge.sequencer import sequence_batch
from ledger_bridge.services import sequence_entries
from ledger_bridge.signing import log_policy
from ledger_bridge.subjects import Subject
from ledger_bridge.tile_filling import store_tiles
from ledger_bridge.tile_store import tile_store
from ledger_bridge.tlog import merkle

ENTRIES = 600
WORKSPACE = "019ac000-0000-7000-8000-000000000000"
MACHINES = 3

pytestmark = pytest.mark.django_db(transaction=True)


def record_some(count: int) -> list[str]:
    with transaction.atomic():
        subject = Subject(workspace=WORKSPACE)
        return [record(TrailViewed(filters=str(n)), actor=None, subject=subject) for n in range(count)]


def be_a_machine(place: Path, tiles: Path, stop: Any, done: Any) -> None:
    """Sequence in small batches and store tiles until told to stop; hand in how much that was."""
    ours.LEDGER_DIRECTORY, ours.LEDGER_TILES, ours.LEDGER_BATCH = place, str(tiles), 7
    added = 0
    while not stop.is_set():
        added += sequence_batch()
        store_tiles()
    connections.close_all()
    done.put(added)


def test_machines_that_race_make_one_log(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_TILES = str(tmp_path / "tiles")
    made = record_some(1)
    sequence_entries()  # makes the keys
    connections.close_all()  # a forked process must not use its parent's connection
    context = multiprocessing.get_context("fork")
    stop, done = context.Event(), context.Queue()
    machines = [
        context.Process(target=be_a_machine, args=(tmp_path / f"machine {n}", tmp_path / "tiles", stop, done))
        for n in range(MACHINES)
    ]
    for machine in machines:
        machine.start()
    try:
        while len(made) < ENTRIES:
            made += record_some(20)
        deadline = time.monotonic() + 60
        while (Outbox.objects.exists() or tile_store().reached() < ENTRIES // 256) and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        stop.set()
        added = [done.get(timeout=60) for _ in machines]
        for machine in machines:
            machine.join()
    assert sum(added) == len(made) - 1
    check_log(made)
    for n in range(MACHINES):
        settings.LEDGER_DIRECTORY = tmp_path / f"machine {n}"
        sequence_entries()
        published = read_published()
        assert published
        assert log_policy().open_checkpoint(published)[0].size == len(made)


def check_log(made: list[str]) -> None:
    leaves = list(Leaf.objects.order_by("index"))
    assert [leaf.index for leaf in leaves] == list(range(len(made)))
    assert {str(leaf.entry_id) for leaf in leaves} == set(made)
    assert [leaf.workspace_n for leaf in leaves] == list(range(1, len(made) + 1))
    assert Stream.objects.get(kind="workspace").length == len(made)
    hashes = [merkle.leaf_hash(bytes(leaf.data)) for leaf in leaves]
    for head in Checkpoint.objects.all():
        assert bytes(head.root) == proofs.root_at(head.size) == merkle.root(hashes[: head.size])
    for number in range(len(made) // 256):
        assert tile_store().read(0, number) == b"".join(hashes[number * 256 : (number + 1) * 256])


def test_another_machine_goes_on_where_the_first_one_stopped(tmp_path: Path, settings: Any) -> None:
    record_some(3)
    sequence_entries()
    settings.LEDGER_DIRECTORY = tmp_path / "another machine"
    assert read_published() is None
    record_some(1)
    assert sequence_entries() == 1
    published = read_published()
    assert published
    assert log_policy().open_checkpoint(published)[0].size == 4

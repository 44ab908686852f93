"""The ledger end to end: recording, sequencing, proofs, exports, growth.

    python -m bench.ledger [--entries N] [--trail N] [--seconds S] [--growth N …] [--changes N] [--chain N]

Sizes are small by default, so that a run takes minutes; the targets speak of 1,000,000 events (`bench.trail`) and
of 10^5 to 10^7 entries (`--growth 100000 10000000`), and every row says what it was measured with. The database is a
scratch one on the embedded PostgreSQL with fsync on. Committers are processes with threads, each committing one entry
at a time, as deeds do; the sequencer is one more process.

Beside the peers, in the same run and on the same server (`bench/peers`, each in a process of its own):

- django-pghistory, django-auditlog and django-simple-history keep the same change of the same small model as our
  `record()`; what counts is what each adds to the transaction. None of them seals or commits to anything.
- pymerkle appends as many leaves as the drain does.
- anvil takes one transaction per event; without anvil (`make anvil`) these rows are left out, and a line says so.

The peers' packages are the dependency group `bench`, which `make bench-ledger` installs.
"""

import argparse
import multiprocessing
import statistics
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.ledger_data import Population, fill_outbox, scratch_database, table_bytes
from bench.peers.rows import capture_rows, chain_rows, tree_rows
from bench.report import Row, write
from bench.trail import trail_rows
from bench.witness import with_two_witnesses
from bench.work import work_rows, worked

ROUNDS = 3
CAPTURE_ROUNDS = 5
PROCESSES = 4
THREADS = 8
TABLES = [f"ledger_bridge_{name}" for name in ("entry", "leaf", "tile", "checkpoint", "stream")]


def main() -> None:
    """Measure, print the table and write `bench/results/ledger.json`."""
    options = _options()
    with scratch_database():
        rows = [
            *_drain(options.entries, options.chain),
            *_record(),
            *capture_rows(options.changes, CAPTURE_ROUNDS),
            *_end_to_end(options.seconds),
            *_proofs(),
            *trail_rows(options.trail),
            *_growth(options.growth),
            *with_two_witnesses(),
        ]
    settings = {
        "entries": options.entries,
        "trail": options.trail,
        "committers": PROCESSES * THREADS,
        "rounds": ROUNDS,
        "changes by each who keeps them, a round": options.changes,
        "rounds of changes": CAPTURE_ROUNDS,
        "events on the chain, a round": options.chain,
    }
    write("ledger", rows, settings=settings)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000, help="in the full outbox")
    parser.add_argument("--trail", type=int, default=20_000, help="events in the exported trail")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long the committers work")
    parser.add_argument("--growth", type=int, nargs="*", default=[100_000, 300_000], help="sizes of the log")
    parser.add_argument("--changes", type=int, default=1_000, help="kept by us and by each peer in each round")
    parser.add_argument("--chain", type=int, default=2_000, help="events that the chain node takes in each round")
    return parser.parse_args()


def _drain(entries: int, events_on_chain: int) -> Iterator[Row]:
    from ledger_bridge.services import sequence_entries

    rates, work = [], []
    for _ in range(ROUNDS):
        fill_outbox(entries, Population.of())
        with worked() as spent:
            started = time.perf_counter()
            sequenced = sequence_entries()
            rates.append(sequenced / (time.perf_counter() - started))
        work.append(spent.each(sequenced))
    drained = statistics.median(rates)
    yield Row.at_least(f"drain of a full outbox of {entries:,}", drained, "entries/s", 100_000)
    yield from work_rows("drain, for an entry", work)
    yield from tree_rows(drained, entries, ROUNDS)
    yield from chain_rows(drained, events_on_chain, ROUNDS)


@dataclass(frozen=True)
class Somebody:
    """An actor, without the table of people."""

    ledger_id: str
    ledger_kind: str = "person"
    ledger_institution: str | None = None

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return True


def _record(count: int = 3_000) -> Iterator[Row]:
    from django.db import transaction

    person, subject = Somebody(str(uuid.uuid4())), _subject()
    costs, work = [], []
    for _ in range(ROUNDS):
        with worked() as spent:
            started = time.perf_counter()
            with transaction.atomic():
                for _ in range(count):
                    _open_a_version(person, subject)
            costs.append((time.perf_counter() - started) / count * 1e6)
        work.append(spent.each(count))
    yield Row("one call of record(), many in one transaction", statistics.median(costs), "µs")
    yield from work_rows("one call of record()", work)


def _subject() -> Any:
    from ledger_bridge.subjects import Subject

    return Subject(workspace=str(uuid.uuid4()), item=str(uuid.uuid4()), version=str(uuid.uuid4()))


def _open_a_version(person: Somebody, subject: Any) -> str:
    from ledger_bridge.recording import record
    from workspaces.events import VersionOpened

    return record(VersionOpened(name="scan-0001.dcm", number=1), actor=person, subject=subject)


# End to end --------------------------------------------------------------------------------------------------------


def _end_to_end(seconds: float) -> Iterator[Row]:
    from django.db import connections

    connections.close_all()  # a forked process must not use its parent's connection
    context = multiprocessing.get_context("fork")
    stop, committed, heads = context.Event(), context.Queue(), context.Queue()
    workers = [context.Process(target=_commit, args=(stop, committed)) for _ in range(PROCESSES)]
    sequencer = context.Process(target=_sequence, args=(stop, heads))
    for process in (*workers, sequencer):
        process.start()
    started = time.monotonic()
    time.sleep(seconds)
    stop.set()
    moments = dict(pair for _ in workers for pair in committed.get())
    reached = heads.get()
    took = max(reached)[1] - started
    for process in (*workers, sequencer):
        process.join()
    delays = sorted(_delays(moments, reached))
    what = f"committed and sequenced end to end, {PROCESSES * THREADS} committers, one entry a commit"
    yield Row.at_least(what, len(moments) / took, "events/s", 15_000)
    yield Row.at_most("commit → in a published checkpoint, p99", delays[int(len(delays) * 0.99)], "s", 0.5)
    yield Row("commit → in a published checkpoint, median", statistics.median(delays), "s")


def _commit(stop: Any, committed: Any) -> None:
    moments: list[tuple[str, float]] = []
    threads = [threading.Thread(target=_commit_until, args=(stop, moments)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    committed.put(moments)


def _commit_until(stop: Any, moments: list[tuple[str, float]]) -> None:
    from django.db import connection, transaction

    person, subject = Somebody(str(uuid.uuid4())), _subject()
    while not stop.is_set():
        with transaction.atomic():
            entry = _open_a_version(person, subject)
        moments.append((entry, time.monotonic()))
    connection.close()


def _sequence(stop: Any, heads: Any) -> None:
    """Sequence until the committers have stopped and nothing waits; hand in the sizes and when they were reached."""
    from django.db import connection

    from ledger_bridge.models import TreeState
    from ledger_bridge.sequencer import sequence_batch

    reached: list[tuple[int, float]] = []
    quiet_since_stop = 0
    while quiet_since_stop < 10:
        if sequence_batch():
            reached.append((TreeState.objects.get().size, time.monotonic()))
            continue
        quiet_since_stop = quiet_since_stop + 1 if stop.is_set() else 0
        time.sleep(0.02)
    connection.close()
    heads.put(reached)


def _delays(moments: dict[str, float], reached: list[tuple[int, float]]) -> Iterator[float]:
    from ledger_bridge.models import Leaf

    places = Leaf.objects.filter(index__gte=reached[0][0] - 100_000).order_by("index").values_list("index", "entry_id")
    heads = iter(reached)
    size, moment = next(heads)
    for index, entry in places.iterator():
        while index >= size:
            size, moment = next(heads)
        if committed := moments.get(str(entry)):
            yield max(0.0, moment - committed)


# Proofs, growth ----------------------------------------------------------------------------------------------------


def _proofs(count: int = 500) -> Iterator[Row]:
    from ledger_bridge import proofs
    from ledger_bridge.models import Checkpoint, Leaf
    from ledger_bridge.tlog import merkle

    head = Checkpoint.objects.latest()
    step = head.size // count
    indexes = range(0, step * count, step)
    started = time.perf_counter()
    made = [proofs.inclusion(index, head.size) for index in indexes]
    yield Row("inclusion proof built from stored tiles", (time.perf_counter() - started) / count * 1e3, "ms")
    leaves = Leaf.objects.in_bulk(list(indexes))
    hashed = [merkle.leaf_hash(bytes(leaves[index].data)) for index in indexes]
    root = bytes(head.root)
    started = time.perf_counter()
    for _ in range(10):
        for index, leaf, proof in zip(indexes, hashed, made, strict=True):
            merkle.verify_inclusion(leaf_hash=leaf, index=index, size=head.size, proof=proof, root=root)
    rate = 10 * count / (time.perf_counter() - started)
    yield Row.at_least(f"inclusion proofs verified, {head.size:,} leaves", rate, "/s", 30_000)


def _growth(sizes: list[int]) -> Iterator[Row]:
    from ledger_bridge import proofs
    from ledger_bridge.models import TreeState
    from ledger_bridge.services import sequence_entries

    for size in sizes:
        while (here := TreeState.objects.get().size) < size:
            fill_outbox(min(100_000, size - here), Population.of())
            sequence_entries()
        here = TreeState.objects.get().size
        fill_outbox(20_000, Population.of())
        started = time.perf_counter()
        sequence_entries()
        yield Row(f"append rate at {here:,} entries", 20_000 / (time.perf_counter() - started), "entries/s")
        started = time.perf_counter()
        for index in range(0, here, max(here // 200, 1)):
            proofs.inclusion(index, here)
        yield Row(f"inclusion proof at {here:,} entries", (time.perf_counter() - started) / 200 * 1e3, "ms")
        yield Row(f"size on disk at {here:,} entries", table_bytes(TABLES) / here, "bytes/entry")


if __name__ == "__main__":
    main()

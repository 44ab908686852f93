"""Does the ledger stay as fast when it grows? Append rate, cost of recording, proofs and memory at several sizes.

    python -m bench.growth [--sizes N …] [--minutes M]

`make bench-growth` runs it with the sizes of the target, 10^5 and 10^7; where the time does not suffice, the largest
size is what was reached, and the rows say so. The log is filled through the sequencer itself: rows of the outbox with
codes that fit, tags of 6,200 streams, signed checkpoints, tiles in files. Only what is sealed within an entry is random
here, because sealing a million entries would take longer than everything else. Their times are those of an
installation that records a million a month, so that they lie in partitions of a million, as in one that is well set up.

At each size, in a process of its own: five times the sequencing of 20,000 entries, 2,000 calls of `record()`, 500
inclusion proofs of places all over the log. Beside the time on the clock stands the time of the processors (this
process and its database process), which a busy machine changes less.
"""

import argparse
import io
import logging
import multiprocessing
import os
import statistics
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from bench.ledger_data import Population, scratch_database, table_bytes
from bench.memory import PeakOfAll
from bench.report import Row, write

TABLES = [f"ledger_bridge_{name}" for name in ("entry", "leaf", "tile", "checkpoint", "stream")]
PORTION = 50_000
ROUNDS = 5
APPENDED = 20_000
RECORDED = 2_000
PROVEN = 500
A_MONTH = 1_000_000
_KINDS = ("workspace", "item", "person")
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Measured:
    size: int
    rate: float
    append_us: float
    record_us: float
    proof_ms: float
    proof_cpu_ms: float
    tiles_per_second: float
    mebibytes: float
    bytes_per_entry: float


@dataclass
class Filler:
    """Makes entries that the sequencer takes for those of `record()`."""

    random: Random = field(default_factory=lambda: Random(7))
    made: int = 0
    begins: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        """Make the streams, and the partitions that the worker would have made by the time they are needed."""
        from django.db import connection

        from ledger_bridge.streams import streams_of
        from ledger_bridge.subject_keys import keys_for_sealing

        people = Population.of()
        keys = keys_for_sealing(people.streams())
        names = [(kind, keys[kind, subject].blind) for kind, subject in people.streams()]
        known = streams_of(names)
        self._of = {kind: [(blind, known[kind, blind].id) for k, blind in names if k == kind] for kind in _KINDS}
        with connection.cursor() as cursor:
            cursor.execute("SELECT ledger_make_partitions('month', 12)")

    def fill(self, count: int) -> None:
        from django.db import connection

        columns = (
            "id, kind, schema, occurred_at, recorded_at, actor_kind, outcome, workspace, item, actor, sealed,"
            " commitment, pads, code, workspace_stream_id, item_stream_id, actor_stream_id"
        )
        with connection.cursor() as cursor:
            rows = io.StringIO("".join(self._rows(count)))
            cursor.copy_expert(f"COPY ledger_bridge_entry ({columns}) FROM STDIN", rows)
        self.made += count

    def _rows(self, count: int) -> Iterator[str]:
        from ledger_bridge.entry_codes import codes, message_of

        maker, noise, pads = codes(), os.urandom(count * 400), bytes(64)
        for number in range(count):
            moment = self.begins + timedelta(days=30) * ((self.made + number) / A_MONTH)
            at = number * 400
            entry = uuid.UUID(bytes=int(moment.timestamp() * 1000).to_bytes(6) + b"\x70" + noise[at : at + 9])
            (workspace, w), (item, i), (actor, a) = (self.random.choice(self._of[k]) for k in _KINDS)
            commitment = noise[at + 16 : at + 48]
            code = maker.code(message_of(str(entry), commitment, pads, (w, i, a, 0)))
            shown = moment.isoformat()
            packed = (f"\\\\x{part.hex()}" for part in (noise[at + 48 : at + 400], commitment, pads, code))
            clear = (entry, "version.opened", 1, shown, shown, "person", "allow", workspace, item, actor)
            yield "\t".join(map(str, (*clear, *packed, w, i, a))) + "\n"


def main() -> None:
    """Fill, measure, print the table and write `bench/results/growth.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 10_000_000])
    parser.add_argument("--minutes", type=float, default=0, help="stop filling after so long; 0 for never")
    options = parser.parse_args()
    with scratch_database():
        logging.disable(logging.WARNING)  # the sequencer says that these times are odd, and so they are
        measured = list(_measure_all(options.sizes, options.minutes))
        rows = [row for one in measured for row in _rows_of(one)]
        if len(measured) > 1:
            rows += _growth(measured[0], measured[-1])
    settings = {"sizes asked for": options.sizes, "minutes at most": options.minutes, "rounds": ROUNDS}
    write("growth", rows, settings=settings)


def _measure_all(sizes: list[int], minutes: float) -> Iterator[Measured]:
    from ledger_bridge.tile_filling import store_tiles

    filler, until = Filler(), time.monotonic() + (minutes * 60 or 1e9)
    for size in sizes:
        while filler.made < size and time.monotonic() < until:
            filler.fill(min(PORTION, size - filler.made))
            _sequence_all()
            store_tiles()
            if filler.made % 500_000 == 0:
                print(f"{filler.made:,} entries", flush=True)
        yield _in_a_process(filler)


def _sequence_all() -> int:
    from ledger_bridge.sequencer import sequence_batch

    total = 0
    while added := sequence_batch():
        total += added
    return total


def _in_a_process(filler: Filler) -> Measured:
    """Measure in a child that nothing was filled in, so that its memory is its own."""
    from django.db import connections

    connections.close_all()  # a forked process must not use its parent's connection
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as child:
        measured = child.submit(_measure, filler).result()
    filler.made += APPENDED * (ROUNDS + 1)
    return measured


def _measure(filler: Filler) -> Measured:
    from ledger_bridge.models import TreeState
    from ledger_bridge.tile_filling import store_tiles
    from ledger_bridge.tile_store import tile_store

    size = TreeState.objects.get().size
    _append(filler)  # a warm-up
    rates, costs = zip(*(_append(filler) for _ in range(ROUNDS)), strict=True)
    before, started = tile_store().reached(), time.perf_counter()
    stored = (store_tiles() - before) / (time.perf_counter() - started)
    proof, proof_cpu = _prove(size)
    with PeakOfAll(os.getpid()) as peak:
        _append(filler)
    return Measured(
        size=size,
        rate=statistics.median(rates),
        append_us=statistics.median(costs),
        record_us=statistics.median(_record() for _ in range(3)),
        proof_ms=proof,
        proof_cpu_ms=proof_cpu,
        tiles_per_second=stored,
        mebibytes=peak.mebibytes,
        bytes_per_entry=table_bytes(TABLES) / TreeState.objects.get().size,
    )


def _append(filler: Filler) -> tuple[float, float]:
    """Return entries a second, and the processors' microseconds for each."""
    filler.fill(APPENDED)
    clock, started = _processors(), time.perf_counter()
    added = _sequence_all()
    return added / (time.perf_counter() - started), (_processors() - clock) / added * 1e6


def _record() -> float:
    """Return the processors' microseconds for one call of `record()` with its share of a commit."""
    from django.db import transaction

    from ledger_bridge.recording import record
    from ledger_bridge.subjects import Subject
    from workspaces.events import VersionOpened

    subject = Subject(workspace=str(uuid.uuid4()), item=str(uuid.uuid4()))
    clock = _processors()
    with transaction.atomic():
        for _ in range(RECORDED):
            record(VersionOpened(name="scan-0001.dcm", number=1), actor=None, subject=subject)
    spent = (_processors() - clock) / RECORDED * 1e6
    _sequence_all()
    return spent


def _prove(size: int) -> tuple[float, float]:
    from ledger_bridge import proofs

    places = Random(7).sample(range(size), PROVEN)
    for index in places[:20]:
        proofs.inclusion(index, size)
    took, clock = [], _processors()
    for index in places:
        started = time.perf_counter()
        proofs.inclusion(index, size)
        took.append(time.perf_counter() - started)
    return statistics.median(took) * 1e3, (_processors() - clock) / PROVEN * 1e3


def _processors() -> float:
    """Return the seconds that this process and its database process have had of the processors."""
    from django.db import connection

    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return time.process_time() + (int(stat[11]) + int(stat[12])) / _TICK


def _rows_of(one: Measured) -> Iterator[Row]:
    at = f"at {one.size:,} entries"
    yield Row(f"append rate {at}", one.rate, "entries/s")
    yield Row(f"processor time to append one {at}", one.append_us, "µs")
    yield Row(f"processor time of record() {at}", one.record_us, "µs")
    yield Row(f"inclusion proof {at}, median", one.proof_ms, "ms")
    yield Row(f"processor time of an inclusion proof {at}", one.proof_cpu_ms, "ms")
    yield Row(f"level-0 tiles stored a second {at}", one.tiles_per_second, "/s")
    yield Row(f"memory of the sequencer {at}", one.mebibytes, "MiB")
    yield Row(f"size on disk {at}", one.bytes_per_entry, "bytes/entry")


def _growth(small: Measured, large: Measured) -> Iterator[Row]:
    """Hold the largest size against the smallest; better is no miss."""
    span = f"{small.size:,} → {large.size:,} entries"
    yield Row.at_least(f"append rate, {span}", large.rate / small.rate, "x", 0.9)
    yield Row.at_most(f"processor time to append one, {span}", large.append_us / small.append_us, "x", 1.1)
    yield Row.at_most(f"processor time of record(), {span}", large.record_us / small.record_us, "x", 1.1)
    yield Row.at_most(f"inclusion proof, {span}", large.proof_ms / small.proof_ms, "x", 1.1)
    yield Row.at_most(
        f"processor time of an inclusion proof, {span}", large.proof_cpu_ms / small.proof_cpu_ms, "x", 1.1
    )
    yield Row.at_most(f"memory of the sequencer, {span}", large.mebibytes / small.mebibytes, "x", 1.1)


if __name__ == "__main__":
    main()

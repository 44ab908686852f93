"""How fast the ledger's mathematics is, and an offline verification of a large trail.

    python -m bench.ledger_math [--events N]

The functions return rows, so that another benchmark can put them into its own table. Rates are the best of several
rounds: what disturbs a round is the machine, not the code.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from bench.report import WORK, Row, write
from ledger_bridge.tlog import entry, merkle
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.note import Signer
from ledger_bridge.trail_archive import Trail, write_trail

ROUNDS = 5
KEY = bytes(range(32))
SIGNER = Signer.from_seed("ledger.example/bench", KEY)
MIB = 1 << 20


def sample_fields(number: int) -> dict[str, Any]:
    """An entry of 25 fields, as the opening of a file makes them."""
    moment = f"2026-11-23T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000123Z"
    digest = sha256(b"%d" % number).hexdigest()
    identity = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
    return {
        "id": identity, "kind": "file.opened", "schema": 1, "occurred_at": moment, "recorded_at": moment,
        "actor": f"p-{number % 997:08d}", "actor_kind": "person", "actor_institution": f"i-{number % 31:08d}",
        "workspace": "w-00000001", "item": f"f-{number % 9973:08d}", "version": digest[:32], "person": None,
        "outcome": "allow", "purpose": None, "request_id": digest[32:], "source_address": "192.0.2.0/24",
        "workspace_stream": entry.stream_commitment(KEY).hex(), "item_stream": digest, "actor_stream": digest[::-1],
        "person_stream": None, "detail.name": "measurements.csv", "detail.size": number, "detail.folder": "baseline",
        "detail.media_type": "text/csv", "detail.range": None,
    }  # fmt: skip


def rate(deed: Callable[[], object], count: int) -> float:
    """How often a second something is done that `deed` does `count` times; the best round."""
    deed()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        deed()
        times.append(time.perf_counter() - start)
    return count / min(times)


def entry_rows() -> list[Row]:
    """Commitments and tags a second."""
    fields = sample_fields(7)
    commitments = rate(lambda: [entry.commitment(fields, KEY) for _ in range(2000)], 2000)
    tags = rate(lambda: [entry.tag(KEY, n) for n in range(20_000)], 20_000)
    return [
        Row.at_least("commitments of 25 fields", commitments, "/s", 1e6 / 60),
        Row.at_least("tags", tags, "/s", 1e6 / 2),
    ]


def merkle_rows() -> list[Row]:
    """Leaves appended and proofs verified a second."""
    hashes = [sha256(b"%d" % n).digest() for n in range(1 << 17)]
    appends = rate(lambda: merkle.Frontier().append_many(hashes), len(hashes))
    levels = merkle.Frontier().append_many(hashes)
    size, root = len(hashes), levels[-1][0]
    indexes = range(0, size, size // 1000)
    proofs = [(n, merkle.inclusion_proof(n, size, lambda level, index: levels[level][index])) for n in indexes]

    def verify() -> None:
        for index, proof in proofs:
            merkle.verify_inclusion(leaf_hash=hashes[index], index=index, size=size, proof=proof, root=root)

    return [
        Row.at_least("leaves appended", appends, "/s", 300_000),
        Row.at_least("inclusion proofs verified, 131,072 leaves", rate(verify, len(proofs)), "/s", 30_000),
    ]


@dataclass(frozen=True)
class LargeTrail:
    """A trail of one stream, kept in two files so that it costs no memory."""

    lines: Path
    leaves: Path
    count: int

    def read(self, portions: Iterable[Sequence[int]]) -> Generator[Iterator[dict[str, Any]]]:
        """Yield the next so many events for each portion, whichever they are asked to be."""
        lines = self._all()
        for places in portions:
            yield islice(lines, len(places))

    def _all(self) -> Iterator[dict[str, Any]]:
        with self.lines.open("rb") as file:
            for line in file:
                yield json.loads(line)

    def leaf_chunks(self) -> Iterator[bytes]:
        with self.leaves.open("rb") as file:
            while chunk := file.read(1000 * entry.LEAF_SIZE):
                yield chunk


def make_large_trail(count: int, folder: Path) -> tuple[LargeTrail, Trail]:
    """Write events and leaves of a log in which every entry belongs to one workspace."""
    folder.mkdir(parents=True, exist_ok=True)
    large = LargeTrail(folder / "events.jsonl", folder / "leaves.bin", count)
    frontier = merkle.Frontier()
    with large.lines.open("wb") as lines, large.leaves.open("wb") as leaves:
        for number, tag in enumerate(entry.tags(KEY, 1, count)):
            fields, seed = sample_fields(number), sha256(b"seed %d" % number).digest()
            event = entry.disclose(index=number, tags={"workspace": number + 1}, fields=fields, seed=seed)
            lines.write(json.dumps(event, separators=(",", ":")).encode() + b"\n")
            pads = [entry.pad(seed, slot) for slot in (1, 2, 3)]
            leaf = entry.leaf([tag, *pads], entry.commitment(fields, seed))
            leaves.write(leaf)
            frontier.append(merkle.leaf_hash(leaf))
    stream = {"kind": "workspace", "id": "w-00000001", "key": KEY.hex(), "length": count}
    scope = {"version": 1, "filters": {}, "complete": True, "streams": [stream], "events": count}
    trail = Trail(
        policy_text=f"log {SIGNER.vkey}\nquorum none\n",
        checkpoint_note=SIGNER.sign(Checkpoint(SIGNER.key.name, count, frontier.root()).marshal()),
        scope={**scope, "exported_at": "2026-11-23T20:41:25.000123Z", "exported_by": "bench"},
        indexes=range(count),
        read=large.read,
        leaves=large.leaf_chunks(),
    )
    return large, trail


def trail_rows(count: int, folder: Path = WORK / "ledger_math") -> list[Row]:
    """Write a complete trail of this many events from files, and verify it in a process of its own."""
    _, trail = make_large_trail(count, folder)
    archive = folder / "trail.zip"
    start = time.perf_counter()
    with archive.open("wb") as out:
        write_trail(out, trail, signer=SIGNER)
    written = time.perf_counter() - start
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "verifier", archive], check=True, stdout=subprocess.DEVNULL)
    verified = time.perf_counter() - start
    # The largest of the children: the verifier itself, or one of its workers, whichever took more.
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / MIB
    name = f"trail of {count:,} events"
    rows = [
        Row.at_most(f"{name} written (events read from a file)", written, "s", 60 * count / 1e6),
        Row.at_most(f"{name} verified with completeness", verified, "s", 60 * count / 1e6),
        Row.at_most(f"{name} verified, largest process", memory, "MiB", 200),
        Row(f"{name}, size", archive.stat().st_size / MIB, "MiB"),
    ]
    for path in folder.iterdir():
        path.unlink()
    return rows


def main() -> None:
    """Measure, print the table and write `bench/results/ledger_math.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    options = parser.parse_args()
    rows = [*entry_rows(), *merkle_rows(), *trail_rows(options.events)]
    write("ledger_math", rows, settings={"events": options.events, "rounds": ROUNDS})


if __name__ == "__main__":
    main()

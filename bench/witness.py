"""From a commit to a proof that two witnesses co-signed and that verifies: two real witness processes, work beside.

    python -m bench.witness [--samples N]

`make bench-ledger` runs it too. Both witnesses must sign. The clock stops when the proof has been checked: policy with
both cosignatures, inclusion of the leaf.
"""

import argparse
import multiprocessing
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.ledger_data import scratch_database
from bench.report import Row, write

NAMES = ("north", "south")
PER_SECOND = 100
PATIENCE = 30.0


def main() -> None:
    """Measure this row alone, print it and write `bench/results/witness.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=300)
    options = parser.parse_args()
    with scratch_database():
        rows = list(with_two_witnesses(options.samples))
    write("witness", rows, settings={"samples": options.samples, "entries beside, a second": PER_SECOND})


def with_two_witnesses(samples: int = 300) -> Iterator[Row]:
    """Measure with two witness processes, while others record and the worker sequences and publishes."""
    with tempfile.TemporaryDirectory(prefix="ithaca-bench-") as scratch, _witnesses(Path(scratch)):
        delays = sorted(_measured(samples))
    what = "commit → proof co-signed by two witnesses, and checked"
    yield Row.at_most(f"{what}, p99", delays[int(len(delays) * 0.99)], "s", 1.0)
    yield Row(f"{what}, median", statistics.median(delays), "s")


def _measured(samples: int) -> list[float]:
    from django.db import connections

    connections.close_all()  # a forked process must not use its parent's connection
    context = multiprocessing.get_context("fork")
    stop = context.Event()
    beside = [context.Process(target=work, args=(stop,)) for work in (_record_steadily, _publish)]
    for process in beside:
        process.start()
    try:
        _sample()  # the first one introduces the log to the witnesses
        return [_sample() for _ in range(samples)]
    finally:
        stop.set()
        for process in beside:
            process.join()


def _sample() -> float:
    from ledger_bridge.events import TrailViewed
    from ledger_bridge.recording import record_durably

    entry = record_durably(TrailViewed(filters="sample"), actor=None)
    committed = time.monotonic()
    while not _is_proven(entry):
        if time.monotonic() - committed > PATIENCE:
            raise TimeoutError("An entry is not co-signed after half a minute.")
        time.sleep(0.005)
    return time.monotonic() - committed


def _is_proven(entry: str) -> bool:
    from ledger_bridge import proofs
    from ledger_bridge.models import Leaf
    from ledger_bridge.tlog.merkle import leaf_hash, verify_inclusion
    from ledger_bridge.witnessing.policy import full_policy
    from ledger_bridge.witnessing.published import latest_published

    leaf, published = Leaf.objects.filter(entry_id=entry).first(), latest_published()
    if leaf is None or published is None or leaf.index >= published.size:
        return False
    accepted = full_policy().check(published.note.encode())
    verify_inclusion(
        leaf_hash=leaf_hash(bytes(leaf.data)),
        index=leaf.index,
        size=accepted.checkpoint.size,
        proof=proofs.inclusion(leaf.index, accepted.checkpoint.size),
        root=accepted.checkpoint.root,
    )
    return len(accepted.cosigned) == len(NAMES)


def _record_steadily(stop: Any) -> None:
    from ledger_bridge.events import TrailViewed
    from ledger_bridge.recording import record_durably
    from ledger_bridge.subjects import Subject

    while not stop.is_set():
        record_durably(TrailViewed(filters="beside"), actor=None, subject=Subject(workspace=str(uuid.uuid4())))
        time.sleep(1 / PER_SECOND)


def _publish(stop: Any) -> None:
    """What the worker does when it is woken: wake-ups come every 50 ms at the most."""
    from ledger_bridge.services import sequence_entries

    while not stop.is_set():
        sequence_entries()
        time.sleep(0.05)


@contextmanager
def _witnesses(scratch: Path) -> Iterator[None]:
    from django.conf import settings

    from ledger_bridge.signing import log_policy

    keys = [word for log in log_policy().logs for word in ("--log", str(log.key))]
    policy, processes = [], []
    for name in NAMES:
        directory, port = str(scratch / name), _free_port()
        made = _witness("init", directory, "--name", f"{name}.example/w", "--listen", f"127.0.0.1:{port}", *keys)
        vkey = subprocess.run(made, check=True, capture_output=True, text=True).stdout.split()[0]
        process = subprocess.Popen(_witness("run", directory), stdout=subprocess.PIPE)
        assert process.stdout  # noqa: S101  a pipe was asked for
        process.stdout.readline()
        processes.append(process)
        policy.append(f"witness {name} {vkey} http://127.0.0.1:{port}")
    path = scratch / "policy"
    path.write_text("\n".join([*policy, f"group both all {' '.join(NAMES)}", "quorum both", ""]))
    before, settings.LEDGER_WITNESS_POLICY = settings.LEDGER_WITNESS_POLICY, str(path)
    try:
        yield
    finally:
        settings.LEDGER_WITNESS_POLICY = before
        for process in processes:
            process.kill()
            process.communicate()


def _witness(command: str, directory: str, *options: str) -> list[str]:
    return [sys.executable, "-m", "witness", command, "--directory", directory, *options]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()

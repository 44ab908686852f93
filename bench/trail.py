"""A large trail: exported from the database, verified offline with completeness.

    python -m bench.trail [--events N]

The events go through the outbox and the sequencer, like all others; only their rows are written faster than deeds would
(`fill_outbox`). Export and verification each run in a process of their own, started afresh as a command would be, and
are measured with all that they start; the database server is not counted. Processor time says more than the clock on a
machine that does other things as well, so both are in the table, with what the others took of the machine.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.ledger_data import Population, fill_outbox, scratch_database
from bench.memory import PeakOfAll
from bench.quiet import timed
from bench.report import WORK, Row, write

MILLION = 1_000_000
_AT_ONCE = 50_000


def main() -> None:
    """Measure, print the table and write `bench/results/ledger_trail.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=MILLION)
    parser.add_argument("--export", help=argparse.SUPPRESS)  # what the process that is measured gets
    options = parser.parse_args()
    if options.export:
        _export(**json.loads(options.export))
        return
    with scratch_database():
        rows = list(trail_rows(options.events))
    write("ledger_trail", rows, settings={"events": options.events, "rounds": 1})


def trail_rows(events: int) -> Iterator[Row]:
    """Make a workspace with so many events, export its trail and verify it."""
    yield from measured_rows(fill(events), events)


def measured_rows(workspace: str, events: int) -> Iterator[Row]:
    """Export the trail of a workspace that has so many events, and verify it."""
    WORK.mkdir(exist_ok=True)
    archive, policy = WORK / "trail.zip", WORK / "policy"
    what = f"trail of {events:,} events"
    exported = _run([sys.executable, "-m", "bench.trail", "--export", _asked(workspace, archive, policy)])
    yield from _rows(f"{what} exported", exported, events)
    verified = _run([sys.executable, "-m", "verifier", str(archive), "--policy", str(policy)])
    yield from _rows(f"{what} verified offline, complete", verified, events)
    yield Row(f"{what}, size of the archive", archive.stat().st_size / (1 << 20), "MiB")
    archive.unlink()


def fill(events: int) -> str:
    """Make a workspace with so many events and return its id."""
    from ledger_bridge.services import sequence_entries

    workspace = str(uuid.uuid4())
    population = Population.of()
    population.workspaces.append(workspace)
    for first in range(0, events, _AT_ONCE):
        fill_outbox(min(_AT_ONCE, events - first), population, workspace=workspace)
        sequence_entries()
        print(f"{min(events, first + _AT_ONCE):,} events", file=sys.stderr)
    return workspace


def _rows(what: str, cost: "Cost", events: int) -> Iterator[Row]:
    # Held against the target for a million events is only what was measured with a million.
    target = events >= MILLION
    yield Row.at_most(what, cost.seconds, "s", 60) if target else Row(what, cost.seconds, "s")
    yield Row(f"{what}, processor time of all its processes", cost.processor_seconds, "s")
    yield Row(f"{what}, processors that all others used meanwhile, the database server among them", cost.others, "")
    yield Row.at_most(f"{what}, memory of all its processes", cost.mebibytes, "MiB", 200)


@dataclass(frozen=True)
class Cost:
    seconds: float
    processor_seconds: float
    others: float
    mebibytes: float


def _run(command: list[str]) -> Cost:
    before, peaks = _of_children(), []

    def run() -> None:
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process, PeakOfAll(process.pid) as peak:
            if process.wait():
                raise RuntimeError("the measured process failed")
        peaks.append(peak.mebibytes)

    seconds, others = timed(run)
    return Cost(seconds, _of_children() - before, others, peaks[0])


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _asked(workspace: str, archive: Path, policy: Path) -> str:
    from django.conf import settings
    from django.db import connection

    paths = {name: str(getattr(settings, name)) for name in ("KEYRING_DIRECTORY", "LEDGER_DIRECTORY")}
    found = {"database": connection.settings_dict["NAME"], "subject_keys": settings.SUBJECT_KEYS_URL, "paths": paths}
    return json.dumps({**found, "workspace": workspace, "archive": str(archive), "policy": str(policy)})


def _export(
    *, database: str, subject_keys: str, paths: dict[str, str], workspace: str, archive: str, policy: str
) -> None:
    """Export as `manage.py export_trail` does, from the scratch database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    connection.settings_dict["NAME"] = database
    settings.SUBJECT_KEYS_URL = subject_keys
    for name, path in paths.items():
        setattr(settings, name, Path(path))
    from core.access import Service
    from ledger_bridge.filters import TrailFilters
    from ledger_bridge.permissions import Right
    from ledger_bridge.services import export_trail
    from ledger_bridge.signing import policy_text

    operator = Service("operator", frozenset({Right.EXPORT_TRAILS}))
    Path(policy).write_text(policy_text())
    with Path(archive).open("wb") as out:
        out.writelines(export_trail(actor=operator, filters=TrailFilters(workspaces=(workspace,))).chunks)


if __name__ == "__main__":
    main()

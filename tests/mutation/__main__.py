"""`make test-mutation`: runs the tests of the rooms under the plugin; see there."""

import json
import os
import re
import subprocess
import sys

from tests.mutation.kept import KEPT_IN_WORDS
from tests.run import ROOT

ROOMS = [
    "tests/accounts",
    "tests/sharing",
    "tests/workspaces",
    "tests/core",
    "tests/pages",
    "tests/ledger_bridge/test_trail.py",
    "tests/ledger_bridge/test_trail_input.py",
    "tests/ledger_bridge/test_trail_privacy.py",
    "tests/ledger_bridge/test_export.py",
    "tests/ledger_bridge/test_receipts.py",
    "tests/ledger_bridge/test_succession.py",
    "tests/ledger_bridge/erasure",
    "tests/architecture/test_every_deed_asks.py",
    "tests/architecture/test_side_doors.py",
    "tests/mutation/rows.py",
]
"""Where somebody is let in or kept out. What neither asks nor filters takes long and would notice nothing."""
ALWAYS = "tests/mutation/test_sites.py"
"""Whatever is asked for, there is a test of another file, after which pytest takes down what a file has set up."""
DRAWING = [
    f"tests/workspaces/viewer/test_{what}.py"
    for what in ("drawing", "formats", "hostile", "office", "sandbox", "structure", "tables", "times")
]
ELSEWHERE = ["tests/workspaces/crypt4gh", "tests/workspaces/inspection", "tests/core/kms", *DRAWING]
# Asking only what is remembered is shared by two; a search runs every test once, which two would do twice.
WORKERS = 2 if os.environ.get("SEARCH") == "no" else 1
COUNTED = re.compile(r"(\d+) of (\d+) places held by a test")


def main() -> int:
    workers = [start(place) for place in range(WORKERS)]
    counts, failed = [], 0
    for worker in workers:
        for line in worker.stdout or ():
            if found := COUNTED.match(line):
                counts.append((int(found[1]), int(found[2])))
            print(line, end="", flush=True)  # noqa: T201
        failed |= worker.wait()
    held, places = (sum(numbers) for numbers in zip(*counts, strict=True)) if counts else (0, 0)
    # Where one ended before it had counted, the others say nothing about the whole.
    if len(counts) == WORKERS > 1 and places:
        whole = f"{100 * held / places:.1f}".removesuffix(".0")
        print(f"{held} of {places} places held by a test ({whole} %){KEPT_IN_WORDS}")  # noqa: T201
    return failed


def start(place: int) -> "subprocess.Popen[str]":
    """Start a run of every so-many-th place, with databases of its own."""
    command = [sys.executable, "-m", "pytest", "-p", "tests.mutation.plugin", "-p", "no:randomly", "-q"]
    name = f"mutation{place}"
    # The names by which pytest-django and config.settings.test tell the databases of runs side by side apart.
    own = {"TOX_PARALLEL_ENV": name, "PYTEST_XDIST_WORKER": name, "PART": f"{place}/{WORKERS}"}
    return subprocess.Popen(
        [*command, *(sys.argv[1:] or chosen()), ALWAYS],
        cwd=ROOT,
        env=os.environ | own,
        stdout=subprocess.PIPE,
        text=True,
    )


def chosen() -> list[str]:
    """Return what to collect: without a search no more than the tests that noticed something before."""
    if os.environ.get("SEARCH", "yes") != "no":
        return [*ROOMS, *(f"--ignore={path}" for path in ELSEWHERE)]
    known = json.loads((ROOT / "tests/mutation/killers.json").read_text(encoding="utf-8"))
    return sorted({test.partition("::")[0] for test in known.values()})


if __name__ == "__main__":
    sys.exit(main())

"""`make test-mutation`: runs the tests of the rooms under the plugin; see there."""

import json
import os
import subprocess
import sys

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
    "tests/ledger_bridge/erasure",
    "tests/architecture/test_every_deed_asks.py",
    "tests/architecture/test_side_doors.py",
    "tests/mutation/rows.py",
]
"""Where somebody is let in or kept out. What neither asks nor filters takes long and would notice nothing."""
ALWAYS = "tests/mutation/test_sites.py"
"""Whatever is asked for, there is a test of another file, after which pytest takes down what a file has set up."""
ELSEWHERE = ["tests/workspaces/crypt4gh", "tests/workspaces/viewer", "tests/workspaces/inspection", "tests/core/kms"]


def main() -> int:
    command = [sys.executable, "-m", "pytest", "-p", "tests.mutation.plugin", "-p", "no:randomly", "-q"]
    return subprocess.run(
        [*command, *(sys.argv[1:] or chosen()), ALWAYS], cwd=ROOT, env=os.environ, check=False
    ).returncode


def chosen() -> list[str]:
    """Return what to collect: without a search no more than the tests that noticed something before."""
    if os.environ.get("SEARCH", "yes") != "no":
        return [*ROOMS, *(f"--ignore={path}" for path in ELSEWHERE)]
    known = json.loads((ROOT / "tests/mutation/killers.json").read_text(encoding="utf-8"))
    return sorted({test.partition("::")[0] for test in known.values()})


if __name__ == "__main__":
    sys.exit(main())

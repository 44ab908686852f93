"""`make test`: the main suite on every core, then the browser story when Chromium is here; counts at the end.

Arguments are handed to the main run: `make test ARGS="tests/sharing -x"`.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

from tests.needs import NAMES, find, required

ROOT = Path(__file__).resolve().parents[1]
# Three where two cores are meant: many tests wait for a process to start. tests/conftest.py gives the order.
MAIN = [
    "-q",
    "-n",
    "3",
    "--dist",
    "loadfile",
    "--no-loadscope-reorder",
    "--ignore=tests/browser",
    "--ignore=tests/canary",
    "--ignore=tests/conformance",
    "--ignore=tests/faults",
    "--ignore=tests/uploads",
]
# Each of the two has a stack and a browser of its own.
BROWSER = ["-q", "-p", "no:randomly", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "tests/browser"]


def main() -> int:
    started = time.monotonic()
    with TemporaryDirectory() as scratch:
        totals = run(Path(scratch) / "main.xml", [*MAIN, *(sys.argv[1:] or ["tests"])])
        if not sys.argv[1:] and (find("chromium") or "chromium" in required()):
            totals += run(Path(scratch) / "browser.xml", BROWSER)
    for what in NAMES:
        if find(what) is None:
            say(f"not run: needs {NAMES[what]}")
    say(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped in {since(started)}")
    return 1 if totals["failed"] else 0


def run(report: Path, arguments: list[str]) -> Counter[str]:
    """Run pytest once and return what it counted."""
    command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, check=False)
    counted = count(report)
    if done.returncode and not counted["failed"]:
        counted["failed"] += 1  # pytest itself ended badly: nothing of it may look like a success
    return counted


def count(report: Path) -> Counter[str]:
    if not report.exists():
        return Counter()
    totals: Counter[str] = Counter()
    for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314  we wrote it ourselves
        number = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
        failed = number["failures"] + number["errors"]
        totals["failed"] += failed
        totals["skipped"] += number["skipped"]
        totals["passed"] += max(number["tests"] - failed - number["skipped"], 0)
    return totals


def since(started: float) -> str:
    minutes, seconds = divmod(int(time.monotonic() - started), 60)
    return f"{minutes} min {seconds} s"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

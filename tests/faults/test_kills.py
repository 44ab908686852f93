"""Processes are killed without warning while people work. Nothing that was promised is lost, nothing goes unrecorded.

ROUNDS=50 kills (a short form in continuous integration); SEED=… repeats the choices of an earlier run.
"""

import http.client
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.supervisor import say
from tests.faults.client import Client, History
from tests.faults.killing import kill_one
from tests.stack import ROOT, Stack, environment, running_stack

ROUNDS = int(os.environ.get("ROUNDS", "50"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(1_000_000))))
BACK_WITHIN = 60.0
OWNER, READER = "maria@santa-aurelia.example", "kenji@northern-shore.example"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="not run: needs /proc")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack() as running:
        yield running


class Load:
    """Threads that upload, open, share and take back until they are told to stop."""

    def __init__(self, stack: Stack, history: History) -> None:
        self.owner = Client(stack.port, history)
        self.reader = Client(stack.port, history)
        self.owner.sign_in(OWNER)
        self.reader.sign_in(READER)
        self.person = str(self.reader.ask("GET", "/api/v1/me/").json()["id"])
        self.kept = self.owner.new_workspace("Work under faults")
        self.given = self.owner.new_workspace("Given and taken back")
        self.history = history
        self.over = threading.Event()
        deeds = (self.upload, self.upload, self.open, self.open, self.share)
        self.threads = [threading.Thread(target=self._repeat, args=(deed, n)) for n, deed in enumerate(deeds)]

    def _repeat(self, deed: object, number: int) -> None:
        chance = random.Random(SEED + number)
        while not self.over.is_set():
            deed(chance)  # type: ignore[operator]
            # A client whose server is away does not knock a thousand times.
            away = bool(self.history.lines) and self.history.lines[-1]["status"] == 0
            time.sleep(0.2 if away else chance.random() / 20)

    def upload(self, chance: random.Random) -> None:
        self.owner.upload(self.kept, chance.randbytes(chance.choice((1, 700, 65_536, 70_000, 3_000_000))))

    def open(self, chance: random.Random) -> None:
        known = [line for line in self.history.lines[-200:] if line["deed"] == "upload" and line["outcome"] == "ok"]
        if known:
            line = chance.choice(known)
            self.owner.open(line["version"], line["sha256"])

    def share(self, chance: random.Random) -> None:
        made = self.owner.share(self.given, self.person)
        # A grant whose answer was lost stands in the way of the next one.
        for grant in [made] if made else self.owner.grants_of(self.given, self.person):
            self.owner.revoke(grant)

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(90)


def test_nothing_is_lost_and_nothing_goes_unrecorded(stack: Stack, tmp_path: Path) -> None:
    say(f"\nROUNDS={ROUNDS} SEED={SEED}")
    chance, history = random.Random(SEED), History(tmp_path / "history.jsonl")
    load = Load(stack, history)
    for thread in load.threads:
        thread.start()
    killed: Counter[str] = Counter()
    pauses = []
    for _ in range(ROUNDS):
        time.sleep(chance.uniform(0.3, 1.5))
        killed[kill_one(stack, chance)] += 1
        pauses.append(wait_until_back(stack))
    load.stop()
    say(f"killed: {dict(killed)}; back within {max(pauses):.1f} s at the longest")
    say(f"deeds: {dict(Counter((line['deed'], line['outcome']) for line in history.lines))}")
    acknowledged_files_open(load, history)
    checked_by_looking_inside(stack, history)
    the_ledger_holds(stack, load.kept, tmp_path)


def wait_until_back(stack: Stack) -> float:
    """Wait until a page that needs the database comes; nobody helps."""
    started = time.monotonic()
    time.sleep(0.3)
    probe = Client(stack.port, History(Path(os.devnull)))
    while probe.ask("GET", "/walk-through/").status != 200:
        assert time.monotonic() - started < BACK_WITHIN, stack.said[-4000:]
        time.sleep(0.1)
    return time.monotonic() - started


def acknowledged_files_open(load: Load, history: History) -> None:
    promised = [line for line in history.lines if line["deed"] == "upload" and line["outcome"] == "ok"]
    assert len(promised) >= ROUNDS
    for line in promised:
        assert opens_soon(load.owner, line), (line, history.lines[-1])


def opens_soon(owner: Client, line: dict[str, Any]) -> bool:
    """Open it; a 503 is asked again for a few seconds, because a thread may notice only now that its line was cut."""
    for _ in range(20):
        if owner.open(line["version"], line["sha256"]):
            return True
        if owner.history.lines[-1]["status"] != http.client.SERVICE_UNAVAILABLE:
            return False
        time.sleep(0.25)
    return False


def checked_by_looking_inside(stack: Stack, history: History) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.checker", str(history.path)],
        cwd=ROOT,
        env=environment(stack.home, stack.port),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:] + stack.said[-4000:]


def the_ledger_holds(stack: Stack, workspace: str, scratch: Path) -> None:
    checked = stack.manage("ledger_fsck")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    archive = scratch / "trail.zip"
    exported = stack.manage("export_trail", "--workspace", workspace, "--out", str(archive))
    assert exported.returncode == 0, exported.stderr
    verified = subprocess.run(
        [sys.executable, "-m", "verifier", str(archive)], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "Nothing is missing" in verified.stdout

"""A short form of `make test-crashes`: the ledger's processes die at named places and at random moments.

CRASHES=20 deaths; SEED=… repeats the choices of an earlier run.
"""

import os
import subprocess
import sys

import pytest

from config.supervisor import say
from tests.faults.crashes.places import places
from tests.stack import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="not run: needs /proc")


def test_no_crash_leaves_an_inconsistent_or_forked_log() -> None:
    command = [sys.executable, "-m", "tests.faults.crashes", "--crashes", os.environ.get("CRASHES", "20")]
    if seed := os.environ.get("SEED"):
        command += ["--seed", seed]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=3_600)
    say(f"\n{done.stdout}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all consistent with the last" in done.stdout


def test_every_step_of_publishing_can_be_died_at() -> None:
    assert len(places("ledger_bridge")) >= 31
    assert len(places("ledger_bridge", "tile_*.py")) >= 6

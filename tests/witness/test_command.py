"""`python -m witness`: making one, running one, killing one, asking how it is."""

import http.client
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ledger_bridge.tlog.note import VerifierKey
from tests.stack import ROOT
from tests.witness.conftest import ORIGIN, SIGNER, FakeLog, LogServer, ask, make_witness, open_witness, witness_process
from witness.errors import DeclinedError
from witness.state import State


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "witness", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_init_makes_a_key_for_its_owner_alone_and_says_what_others_need(tmp_path: Path) -> None:
    made = run("init", "--directory", str(tmp_path / "w"), "--name", "w.example/1", "--log", SIGNER.vkey)
    keys = [VerifierKey.parse(line) for line in made.stdout.splitlines()]
    assert [(key.name, key.algorithm) for key in keys] == [("w.example/1", 4), ("w.example/1", 6)]
    assert (tmp_path / "w" / "witness.key").stat().st_mode & 0o777 == 0o600


def test_init_does_not_touch_a_witness_that_is_there(directory: Path) -> None:
    before = (directory / "witness.key").read_bytes()
    assert run("init", "--directory", str(directory), "--name", "w.example/1").returncode == 2
    assert (directory / "witness.key").read_bytes() == before


def test_a_key_that_others_may_read_is_refused(directory: Path) -> None:
    (directory / "witness.key").chmod(0o640)
    asked = run("status", "--directory", str(directory))
    assert (asked.returncode, "chmod 600" in asked.stderr) == (2, True)


def test_a_witness_that_lost_its_memory_does_not_begin(directory: Path) -> None:
    (directory / "witness.sqlite").unlink()
    asked = run("run", "--directory", str(directory), "--listen", "127.0.0.1:0")
    assert (asked.returncode, "witness.sqlite is missing" in asked.stderr) == (2, True)


def test_a_damaged_memory_is_refused(directory: Path) -> None:
    (directory / "witness.sqlite").write_bytes(b"nonsense" * 1000)
    assert run("status", "--directory", str(directory)).returncode == 2


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('listen = "8383"', "listen"),
        ("listen = 8383", "listen"),
        ('listen = ""\nport = 1', "port"),
        ('listen = ""\n[[log]]\nkeys = []', "log 1: keys"),
        ('listen = ""\n[[log]]\nkeys = ["a+b+c"]', "log 1: keys"),
        (f'listen = ""\n[[log]]\nkeys = ["{SIGNER.vkey}"]\nurl = "ftp://x"', "log 1: url"),
        (f'listen = ""\n[[log]]\nkeys = ["{SIGNER.vkey}"]\npoll_seconds = 0', "log 1: poll_seconds"),
        (f'listen = ""\n[log]\nkeys = ["{SIGNER.vkey}"]', "log"),
        ("listen", "="),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(directory: Path, line: str, named: str) -> None:
    (directory / "witness.toml").write_text(f'name = "witness.example/a"\n{line}\n')
    asked = run("status", "--directory", str(directory))
    assert (asked.returncode, named in asked.stderr) == (2, True)


def test_status_tells_what_was_cosigned(directory: Path, log: FakeLog) -> None:
    open_witness(directory).add_checkpoint(log.request(0))
    asked = run("status", "--directory", str(directory))
    assert (asked.returncode, f"log {ORIGIN}: 7 entries" in asked.stdout) == (0, True)


def test_status_shows_both_notes_of_a_fork_and_fails(directory: Path, log: FakeLog) -> None:
    witness, fork = open_witness(directory), log.forked(3, 4)
    witness.add_checkpoint(log.request(0))
    with pytest.raises(DeclinedError):
        witness.add_checkpoint(b"old 7\n\n" + fork.note())
    asked = run("status", "--directory", str(directory))
    assert asked.returncode == 1
    assert log.note().decode() in asked.stdout
    assert fork.note().decode() in asked.stdout


def test_once_asks_every_log_and_ends(tmp_path: Path, log_server: LogServer) -> None:
    directory = make_witness(tmp_path / "w", url=log_server.url)
    assert run("run", "--once", "--directory", str(directory)).returncode == 0
    assert State(directory).head(ORIGIN).size == 7
    assert len(log_server.pushed) == 1


def test_a_killed_witness_never_forgets_what_it_cosigned(directory: Path, log: FakeLog) -> None:
    log.grow(2000)
    chance = random.Random(7)
    answered = 0
    with witness_process(directory) as running:
        for _ in range(6):
            killer = threading.Timer(chance.uniform(0.05, 0.3), running.process.kill)
            killer.start()
            answered = cosign_until_it_is_gone(running.port, log, answered)
            killer.join()
            running.kill()
            assert State(directory).head(ORIGIN).size >= answered
            assert log.root(State(directory).head(ORIGIN).size) == State(directory).head(ORIGIN).root
            running.restart()
        fork = log.forked(answered - 1, 5)
        assert ask(running.port, fork.request(State(directory).head(ORIGIN).size))[0] == 422
    assert answered > 6


def cosign_until_it_is_gone(port: int, log: FakeLog, answered: int) -> int:
    """Ask for one more entry each time, from where the witness says it stands, and return the last that it cosigned."""
    old = answered
    while True:
        try:
            status, _, body = ask(port, log.request(old, old + 1))
        except (OSError, http.client.HTTPException):
            return answered
        if status == 200:
            old = answered = old + 1
        else:
            assert status == 409
            assert int(body) >= answered
            old = int(body)


def test_many_at_once_get_one_history(directory: Path, log: FakeLog) -> None:
    with witness_process(directory) as one, witness_process(directory) as other:
        fork = log.forked(0, 7)
        statuses: list[int] = []

        def race(port: int, contender: FakeLog) -> None:
            statuses.append(ask(port, contender.request(0))[0])

        threads = [
            threading.Thread(target=race, args=(process.port, contender))
            for process in (one, other)
            for contender in (log, fork)
            for _ in range(5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses.count(200) == 1
    assert statuses.count(409) == 19


def test_it_ends_when_asked_to(directory: Path) -> None:
    with witness_process(directory) as running:
        began = time.monotonic()
        running.process.terminate()
        assert running.process.wait(10) == 0
    assert time.monotonic() - began < 5

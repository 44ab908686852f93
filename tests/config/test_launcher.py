"""`make run`: one command up, one Ctrl-C down, nothing left behind."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stack import Stack, free_port, launch, processes_of, running_stack, stop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="not run: needs /proc")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(afresh=True, ITHACA_WALKTHROUGH="false") as running:
        yield running


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def child(stack: Stack, word: str) -> int:
    """Return the process that the launcher itself started with this word on its command line."""
    children = Path(f"/proc/{stack.process.pid}/task/{stack.process.pid}/children").read_text().split()
    return next((int(pid) for pid in children if word in Path(f"/proc/{pid}/cmdline").read_text()), 0)


def test_it_says_where_it_is(stack: Stack) -> None:
    assert f"Ithaca is ready at http://localhost:{stack.port}" in stack.lines
    assert stack.answers()


def test_nothing_in_its_home_is_open_to_others(stack: Stack) -> None:
    opened = [path.name for path in stack.home.iterdir() if path.stat().st_mode & 0o077]
    assert opened == []


def test_a_second_one_in_the_same_home_is_refused(stack: Stack) -> None:
    second = launch(stack.home, free_port())
    assert second.process.wait(30) == 1
    assert wait_for(lambda: f"Ithaca already runs from {stack.home}. Stop it first." in second.lines)


def test_a_port_in_use_is_named_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        refused = launch(tmp_path, other.getsockname()[1])
        assert refused.process.wait(30) == 1
    assert wait_for(lambda: "make run PORT=8001" in refused.said)


@pytest.mark.parametrize("port", ["0", "70000", "web"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    refused = launch(tmp_path, 0, PORT=port)
    assert refused.process.wait(30) == 1
    assert wait_for(lambda: refused.said.startswith("PORT must"))


def test_a_killed_web_server_comes_back(stack: Stack) -> None:
    before = child(stack, "gunicorn")
    os.kill(before, signal.SIGKILL)
    assert wait_for(lambda: "The web server ended (killed by SIGKILL); it starts again in 0.25 s." in stack.lines)
    assert wait_for(stack.answers)
    assert child(stack, "gunicorn") not in {0, before}


@pytest.mark.parametrize(
    ("name", "argument"), [("sequencer", "--queues\0ledger"), ("worker", "--queues\0celery"), ("timer", "\0beat\0")]
)
def test_what_works_in_the_background_comes_back(stack: Stack, name: str, argument: str) -> None:
    before = child(stack, argument)
    os.kill(before, signal.SIGKILL)
    assert wait_for(lambda: any(line.startswith(f"The {name} ended (killed by SIGKILL)") for line in stack.lines))
    assert wait_for(lambda: child(stack, argument) not in {0, before})


def test_a_witness_of_its_own_runs_beside_it(stack: Stack) -> None:
    command = Path(f"/proc/{child(stack, 'witness')}/cmdline").read_text().split("\0")
    assert command[1:4] == ["-m", "witness", "run"]
    assert "localhost/witness" in (stack.home / "witness" / "witness.toml").read_text()
    assert "quorum local" in (stack.home / "witness-policy").read_text()


def test_a_killed_witness_comes_back(stack: Stack) -> None:
    before = child(stack, "witness")
    os.kill(before, signal.SIGKILL)
    assert wait_for(lambda: any(line.startswith("The witness ended (killed by SIGKILL)") for line in stack.lines))
    assert wait_for(lambda: child(stack, "witness") not in {0, before})


def test_a_killed_database_comes_back(stack: Stack) -> None:
    pid_file = stack.home / "postgres" / "postmaster.pid"
    before = pid_file.read_text().split()[0]
    os.kill(int(before), signal.SIGKILL)
    assert wait_for(lambda: pid_file.exists() and pid_file.read_text().split()[0] != before)
    assert wait_for(stack.answers)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_every_process(number: signal.Signals) -> None:
    with running_stack() as stack:
        assert len(processes_of(stack.home)) >= 6
        assert stop(stack, number) == 0
        assert wait_for(lambda: processes_of(stack.home) == [], 5)

"""Keeps a handful of processes alive: starts them, restarts what dies (ever more slowly), and ends them all."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

LOOK_EVERY = 0.2
LOOK_AT_DATABASE_EVERY = 1.0
LONGEST_PAUSE = 15.0
STEADY_AFTER = 5.0
GRACE = 25.0
_PR_SET_PDEATHSIG = 1


def say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


@dataclass
class Child:
    """One process with everything it starts, in a process group of its own so that nothing of it is left behind."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = field(default=0.0)
    start_again_at: float = field(default=0.0)

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  our own commands, no shell
            self.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  one thread here
        )

    def look(self) -> None:
        """Start the process again when it has ended and its pause is over."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_again_at:
                self.start()
        elif self.process.poll() is not None:
            self._mourn(now)

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """End whatever is left of the process group."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _mourn(self, now: float) -> None:
        assert self.process is not None  # noqa: S101  look() has checked
        if now - self.started_at > STEADY_AFTER:
            self.failures = 0
        pause = min(0.25 * 2**self.failures, LONGEST_PAUSE)
        say(f"The {self.name} ended ({describe_end(self.process.returncode)}); it starts again in {pause:g} s.")
        # Workers of a killed master would keep the port: they go too.
        self.kill()
        self.process = None
        self.failures += 1
        self.start_again_at = now + pause


class Supervisor:
    def __init__(self, children: Sequence[Child], keep_database: Callable[[], None]) -> None:
        self.children = children
        self.keep_database = keep_database
        self.stopping = False
        self._database_seen_at = 0.0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def watch(self, until: Callable[[], bool]) -> None:
        """Look after the children until `until` says so or somebody asks us to stop."""
        while not self.stopping and not until():
            self._keep_database()
            for child in self.children:
                child.look()
            time.sleep(LOOK_EVERY)

    def stop(self) -> None:
        """Ask every child to end, wait a while, then insist."""
        self.stopping = True
        for child in self.children:
            child.ask_to_end()
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline and any(self._alive(child) for child in self.children):
            time.sleep(0.05)
        for child in self.children:
            child.kill()

    def _alive(self, child: Child) -> bool:
        return child.process is not None and child.process.poll() is None

    def _keep_database(self) -> None:
        now = time.monotonic()
        if now - self._database_seen_at >= LOOK_AT_DATABASE_EVERY:
            self.keep_database()
            self._database_seen_at = now

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            # Asked twice: no more waiting.
            for child in self.children:
                child.kill()
        self.stopping = True


def describe_end(returncode: int) -> str:
    if returncode < 0:
        return f"killed by {signal.Signals(-returncode).name}"
    return f"exit code {returncode}"


def _end_with_parent() -> None:
    """Ask the kernel to end this process when the launcher is killed without a chance to clean up."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

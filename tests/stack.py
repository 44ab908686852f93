"""The real stack for tests: the launcher on a free port, with a home of its own."""

import fcntl
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN = 180.0
SEEDED_BY = ("accounts", "config", "core", "ledger_bridge", "sharing", "walkthrough", "witness", "workspaces")


@dataclass
class Stack:
    """A running `python -m config.launcher`."""

    home: Path
    port: int
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip("\n"))

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while f"Ithaca is ready at {self.url}" not in self.lines:
            assert self.process.poll() is None, f"The launcher ended early:\n{self.said}"
            assert time.monotonic() < deadline, f"The launcher is not ready:\n{self.said}"
            time.sleep(0.1)

    def answers(self) -> bool:
        """Say whether the web server answers at all."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/", headers={"Host": f"localhost:{self.port}"})
            return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def manage(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment(self.home, self.port),
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
        )


def environment(home: Path, port: int, **more: str) -> dict[str, str]:
    """Return our environment without what other tests put there."""
    others = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "ITHACA_HOME", "PORT"}
    kept = {name: value for name, value in os.environ.items() if name not in others}
    return {**kept, "ITHACA_HOME": str(home), "PORT": str(port), "PYTHONUNBUFFERED": "1", **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(home: Path, port: int, **more: str) -> Stack:
    process = subprocess.Popen(
        [sys.executable, "-m", "config.launcher"],
        cwd=ROOT,
        env=environment(home, port, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    stack = Stack(home, port, process)
    threading.Thread(target=stack.read, daemon=True).start()
    return stack


@contextmanager
def running_stack(*, afresh: bool = False, **more: str) -> Iterator[Stack]:
    """Run a stack with the walk-through in it; `afresh` starts in an empty home instead of a copy of one."""
    home = Path(tempfile.mkdtemp(prefix="ithaca-stack-"))
    if not afresh:
        furnish(home)
    stack = launch(home, free_port(), **more)
    try:
        stack.wait_until_ready()
        yield stack
    finally:
        stop(stack)
        shutil.rmtree(home, ignore_errors=True)


def furnish(home: Path) -> None:
    """Copy a home into this empty one in which the launcher has run: to migrate and to seed takes most of a start."""
    subprocess.run(["cp", "-a", f"{_prepared()}/.", str(home)], check=True)


def _prepared() -> Path:
    """Return such a home, made by whoever comes first while the others wait."""
    shelf = Path(os.environ.get("ITHACA_HOME", tempfile.gettempdir())) / "prepared"
    shelf.mkdir(mode=0o711, exist_ok=True)
    home = shelf / _digest()
    with (shelf / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            for old in shelf.glob("*/"):
                shutil.rmtree(old)
            _prepare(home)
    return home


def _prepare(home: Path) -> None:
    unfinished = home.with_suffix(".unfinished")
    unfinished.mkdir(mode=0o700)
    stack = launch(unfinished, free_port())
    try:
        stack.wait_until_ready()
    finally:
        stop(stack)
    unfinished.rename(home)


def _digest() -> str:
    """Return what such a home depends on, in short: our code, and the day, from which partitions are made ahead."""
    whole = sha256(f"{datetime.now(UTC):%Y-%m-%d}".encode())
    for folder in SEEDED_BY:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                whole.update(f"\n{path}\n".encode() + path.read_bytes())
    return whole.hexdigest()[:16]


def stop(stack: Stack, number: int = signal.SIGTERM) -> int:
    if stack.process.poll() is None:
        stack.process.send_signal(number)
    try:
        return stack.process.wait(60)
    except subprocess.TimeoutExpired:
        stack.process.kill()
        raise


def processes_of(home: Path) -> list[int]:
    """Return the ids of all living processes that were started for this home (Linux)."""
    marker = f"ITHACA_HOME={home}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            mine = marker in (entry / "environ").read_bytes().split(b"\0")
            mine = mine or str(home).encode() in (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if mine:
            found.append(int(entry.name))
    return found

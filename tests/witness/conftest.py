"""A log that can lie, and witnesses of it: in this process, or as processes of their own."""

import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger_bridge.tlog import merkle
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.note import Signer
from ledger_bridge.tlog.tiles import parse_path
from tests.stack import ROOT, free_port
from witness.cosigning import Witness
from witness.keys import load_cosigners, make_keys
from witness.request import AddCheckpoint
from witness.settings import read_settings, write_settings
from witness.state import State

ORIGIN = "log.example/clinic"
SIGNER = Signer.from_seed(ORIGIN, b"\x01" * 32)


@dataclass
class FakeLog:
    """Leaf hashes, and whatever it likes to sign about them."""

    hashes: list[bytes] = field(default_factory=list)
    signer: Signer = SIGNER

    def grow(self, count: int, mark: bytes = b"") -> None:
        self.hashes += [merkle.leaf_hash(mark + b"%d" % (len(self.hashes) + n)) for n in range(count)]

    def forked(self, at: int, count: int) -> "FakeLog":
        """Another history that shares the first `at` leaves."""
        other = FakeLog(self.hashes[:at], self.signer)
        other.grow(count, b"other")
        return other

    def root(self, size: int | None = None) -> bytes:
        return merkle.root(self.hashes[:size])

    def note(self, size: int | None = None) -> bytes:
        size = len(self.hashes) if size is None else size
        return self.signer.sign(Checkpoint(ORIGIN, size, self.root(size)).marshal())

    def proof(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        new = len(self.hashes) if new is None else new

        def node(level: int, index: int) -> bytes:
            return merkle.root(self.hashes[index << level : (index + 1) << level])

        return tuple(merkle.consistency_proof(old, new, node))

    def request(self, old: int, new: int | None = None) -> bytes:
        return AddCheckpoint(old, self.proof(old, new), self.note(new)).marshal()

    def tile(self, path: str) -> bytes:
        tile = parse_path(path)
        assert isinstance(tile.level, int)
        width = 1 << 8 * tile.level
        first = tile.index << 8
        return b"".join(merkle.root(self.hashes[n * width : (n + 1) * width]) for n in range(first, first + tile.width))


def make_witness(directory: Path, name: str = "witness.example/a", **settings: Any) -> Path:
    directory.mkdir(mode=0o700)
    write_settings(directory, name=name, **{"listen": "", "keys": [SIGNER.vkey], "url": None, **settings})
    make_keys(directory)
    State(directory).create()
    return directory


def open_witness(directory: Path, clock: Callable[[], float] = time.time) -> Witness:
    settings = read_settings(directory)
    return Witness(load_cosigners(directory, settings.name), settings.logs, State(directory), clock)


@pytest.fixture
def log() -> FakeLog:
    made = FakeLog()
    made.grow(7)
    return made


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return make_witness(tmp_path / "witness")


@pytest.fixture
def witness(directory: Path) -> Witness:
    return open_witness(directory)


def ask(port: int, body: bytes, path: str = "/add-checkpoint", method: str = "POST") -> tuple[int, str, bytes]:
    """Send one request, and return status, content type and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read()
    finally:
        connection.close()


@dataclass
class Process:
    """`python -m witness run` as a process of its own."""

    directory: Path
    port: int
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.process = _start(self.directory, self.port)


@contextmanager
def witness_process(directory: Path) -> Iterator[Process]:
    port = free_port()
    running = Process(directory, port, _start(directory, port))
    try:
        yield running
    finally:
        running.kill()


def _start(directory: Path, port: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "witness", "run", "--directory", str(directory), "--listen", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while True:
        try:
            ask(port, b"", "/health", "GET")
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return process


class LogServer(ThreadingHTTPServer):
    """Serves a fake log as tiles, and takes cosignatures."""

    daemon_threads = True

    def __init__(self, log: FakeLog) -> None:
        self.log = log
        self.pushed: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _LogHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/ledger"


class _LogHandler(BaseHTTPRequestHandler):
    server: LogServer

    def do_GET(self) -> None:
        path = self.path.removeprefix("/ledger/")
        if path == "checkpoint":
            self._answer(200, self.server.log.note())
        elif path.startswith("tile/"):
            self._answer(200, self.server.log.tile(path))
        else:
            self._answer(404, b"")

    def do_POST(self) -> None:
        self.server.pushed.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(204, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def log_server(log: FakeLog) -> Iterator[LogServer]:
    with LogServer(log) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()

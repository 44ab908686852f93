"""A line between a client and the server that breaks, and takes client or server with it, at chosen bytes."""

import os
import random
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.stack import Stack, processes_of

PIECE = 256 * 1024
KINDS = ("client killed", "server killed", "line cut")


@dataclass
class Plan:
    """Which accident happens after how many bytes."""

    places: list[int]
    kinds: list[str]

    @classmethod
    def draw(cls, seed: int, size: int, count: int, kinds: Sequence[str] = KINDS) -> "Plan":
        chance = random.Random(seed)
        return cls(sorted(chance.randrange(size) for _ in range(count)), [chance.choice(kinds) for _ in range(count)])


@dataclass
class Line:
    """Forwards connections to the server and counts what the client sends; every accident is told to `happens`."""

    target: int
    plan: Plan
    happens: Callable[[str], None]
    sent: int = 0
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection at once, without a farewell."""
        with self._lock:
            broken, self._open = self._open, set()
        for one in broken:
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
            threading.Thread(target=self._forward, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._forward, args=(server, client, False), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, counted: bool) -> None:  # noqa: FBT001
        buffer = memoryview(bytearray(PIECE))
        with suppress(OSError):
            while size := source.recv_into(buffer):
                target.sendall(buffer[:size])
                if counted:
                    self._count(size)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {source, target}
        source.close()

    def _count(self, size: int) -> None:
        with self._lock:
            self.sent += size
            due = None
            if self.plan.places and self.sent >= self.plan.places[0]:
                self.plan.places.pop(0)
                due = self.plan.kinds.pop(0)
                self.done.append(due)
        if due:
            self.happens(due)


def kill_server(stack: Stack) -> None:
    """Kill every process of the web server at once, its master too; the launcher starts it again."""
    for pid in processes_of(stack.home):
        with suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
            if b"config.gunicorn" in file.read():
                os.kill(pid, signal.SIGKILL)


def kill(process: "subprocess.Popen[Any] | None") -> None:
    if process and process.poll() is None:
        process.kill()
        process.wait()

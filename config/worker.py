"""gunicorn's threaded worker, with a limit to how slowly a client may speak.

A thread that waits for the rest of a request can do nothing else, so a few clients that send one byte a minute would
keep everybody out. Here a client has a patience of some seconds for each request, and earns more with every byte it
sends; one that uses it up is cut off. Only waiting counts: the time that sealing a large upload takes is held against
nobody.
"""

import errno
import os
import time
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

PATIENCE = int(os.environ.get("WEB_PATIENCE", "20"))
LEAST_RATE = int(os.environ.get("WEB_LEAST_RATE", "4096"))
STALLED_AFTER = 120


class PacedSocket:
    """A socket that cuts off whoever sends fewer than `least_rate` bytes a second, or takes nothing of the answer."""

    def __init__(self, sock: Any, *, patience: float, least_rate: float) -> None:
        self._sock = sock
        self._patience = patience
        self._least_rate = least_rate
        self._left = patience

    def begin_request(self) -> None:
        self._left = self._patience

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001  the signature of a socket
        """Never wait for ever: a client that takes nothing of its answer keeps a thread, too."""
        self._sock.settimeout(STALLED_AFTER if flag else 0)

    def recv(self, size: int) -> bytes:
        asked = self._sock.gettimeout()
        begun = time.monotonic()
        self._sock.settimeout(self._left if asked is None else min(asked, self._left))
        try:
            data: bytes = self._sock.recv(size)
        except TimeoutError as error:
            if asked is not None and asked < self._left:
                raise
            raise ConnectionResetError(errno.ECONNRESET, "The client sends too slowly.") from error
        finally:
            self._sock.settimeout(asked)
        self._left = max(self._left - (time.monotonic() - begun) + len(data) / self._least_rate, 0.001)
        self._left = min(self._left, self._patience)
        return data

    def sendall(self, data: bytes | memoryview) -> None:
        if not data:
            return
        try:
            self._sock.sendall(data)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "The client takes nothing.") from error

    send_view = sendall

    def send_file(self, file: Any, offset: int, count: int) -> int:
        """Let the kernel send a part of a file; return how many bytes there were to send."""
        try:
            sent: int = self._sock.sendfile(file, offset, count)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "The client takes nothing.") from error
        return sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class PacedWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    def handle(self, conn: TConn) -> Any:
        if not isinstance(conn.sock, PacedSocket):
            conn.sock = PacedSocket(conn.sock, patience=PATIENCE, least_rate=LEAST_RATE)
        conn.sock.begin_request()
        return super().handle(conn)

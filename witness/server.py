"""The HTTP side: `POST /add-checkpoint`, and for everybody the key, the latest cosigned checkpoints and the health.

Bounded in everything a stranger controls: connections, size of a body, time for a whole request.
"""

import io
import json
import logging
import re
import socket
import sqlite3
import sys
import threading
import time
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ledger_bridge.tlog.encoding import decimal
from ledger_bridge.tlog.errors import FormatError
from witness.cosigning import Witness
from witness.errors import ConflictError, DeclinedError

MAX_BODY = 128 * 1024
MAX_CONNECTIONS = 64
REQUEST_SECONDS = 15.0
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
_CHECKPOINT_PATH = re.compile(r"/([0-9a-f]{64})/checkpoint", re.ASCII)

logger = logging.getLogger(__name__)


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness, one thread a connection."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], witness: Witness, *, request_seconds: float = REQUEST_SECONDS) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.witness = witness
        self.request_seconds = request_seconds
        self._places = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve it in a thread, or turn it away when there are as many as allowed."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the place back, however the connection ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that break are everyday; anything else is a fault and told with its cause."""
        cause = sys.exception()
        if not isinstance(cause, OSError):
            logger.error("A request failed.", exc_info=cause)


class _Deadline(io.RawIOBase):
    """Reads from a socket, but never beyond a moment: a byte now and then does not keep a connection open."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self._connection = connection
        self._ends = 0.0

    def set(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._connection.settimeout(seconds)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = "ithaca-witness"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        self._reading = _Deadline(self.connection)
        self.rfile = io.BufferedReader(self._reading)

    def handle_one_request(self) -> None:
        self._reading.set(self.server.request_seconds)
        super().handle_one_request()

    def do_POST(self) -> None:
        try:
            self._add_checkpoint()
        except sqlite3.OperationalError:
            logger.exception("The state cannot be written.")
            self._decline(HTTPStatus.SERVICE_UNAVAILABLE, "the state cannot be written at the moment")

    def do_GET(self) -> None:
        if self.path == "/vkey":
            self._answer(HTTPStatus.OK, _vkeys(self.server.witness))
        elif self.path == "/health":
            self._health()
        elif match := _CHECKPOINT_PATH.fullmatch(self.path):
            self._checkpoint(match[1])
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"there is nothing here\n")

    def do_HEAD(self) -> None:
        self.do_GET()

    def _add_checkpoint(self) -> None:
        if self.path != "/add-checkpoint":
            self._decline(HTTPStatus.NOT_FOUND, "there is nothing here")
            return
        body = self._body()
        if body is None:
            return
        try:
            self._answer(HTTPStatus.OK, self.server.witness.add_checkpoint(body))
        except ConflictError as error:
            self._answer(HTTPStatus.CONFLICT, b"%d\n" % error.size, SIZE)
        except DeclinedError as error:
            self._answer(HTTPStatus(error.status), f"{error}\n".encode())

    def _body(self) -> bytes | None:
        """Read the body, or answer why not."""
        lengths = self.headers.get_all("Content-Length", [])
        if len(lengths) != 1 or "Transfer-Encoding" in self.headers:
            self._decline(HTTPStatus.LENGTH_REQUIRED, "Content-Length: one is wanted, and no transfer encoding")
            return None
        try:
            length = decimal(lengths[0])
        except FormatError as error:
            self._decline(HTTPStatus.BAD_REQUEST, f"Content-Length: {error}")
            return None
        if length > MAX_BODY:
            self._decline(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"body: at most {MAX_BODY} bytes are read")
            return None
        body = self.rfile.read(length)
        if len(body) < length:
            self._decline(HTTPStatus.BAD_REQUEST, "body: it is shorter than Content-Length says")
            return None
        return body

    def _checkpoint(self, digest: str) -> None:
        heads = self.server.witness.state.heads()
        for origin, head in heads.items():
            if sha256(origin.encode()).hexdigest() == digest:
                self._answer(HTTPStatus.OK, head.note)
                return
        self._answer(HTTPStatus.NOT_FOUND, b"no checkpoint of this log was cosigned\n")

    def _health(self) -> None:
        witness = self.server.witness
        heads, evidence = witness.state.heads(), len(witness.state.evidence())
        logs = {origin: {"size": head.size, "time": head.time} for origin, head in heads.items()}
        body = {"name": witness.cosigners[0].key.name, "logs": logs, "evidence": evidence}
        self._answer(HTTPStatus.OK, json.dumps(body, ensure_ascii=False).encode() + b"\n", "application/json")

    def _decline(self, status: HTTPStatus, sentence: str) -> None:
        # What was not read of the body would be taken for the next request.
        self.close_connection = True
        self._answer(status, f"{sentence}\n".encode())

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str = TEXT) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name for it
        logger.info(format, *args)


def _vkeys(witness: Witness) -> bytes:
    return "".join(f"{cosigner.key}\n" for cosigner in witness.cosigners).encode()

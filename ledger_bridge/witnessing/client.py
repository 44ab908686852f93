"""Speaks tlog-witness over HTTP: `add-checkpoint`, and the witness's latest checkpoint. Bounded in time and size."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol
from urllib.parse import urlsplit

from ledger_bridge.tlog.encoding import decimal, to_base64
from ledger_bridge.tlog.errors import FormatError

SECONDS = 2.0
_MAX_ANSWER = 256 * 1024
_SIZE = "text/x.tlog.size"


class WitnessUnreachable(Exception):
    """A witness did not answer in time, or not as a witness does. The message says how."""


@dataclass(frozen=True)
class Cosigned:
    """It signed; nothing about the lines is verified yet."""

    lines: bytes


@dataclass(frozen=True)
class StandsAt:
    """It wants the proof to start at this size."""

    size: int


@dataclass(frozen=True)
class Declined:
    """It signed nothing."""

    status: int
    sentence: str


Answer = Cosigned | StandsAt | Declined


class WitnessClient(Protocol):
    """One witness, as the publisher sees it."""

    def add_checkpoint(self, old_size: int, proof: list[bytes], note: bytes) -> Answer:
        """Ask for a cosignature. Raises WitnessUnreachable."""

    def latest(self, origin: str) -> bytes | None:
        """Return the latest checkpoint that it cosigned, if it shows one. Raises WitnessUnreachable."""


class HttpWitness:
    """A witness at a URL of the policy."""

    def __init__(self, url: str, *, seconds: float = SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            message = f"{url} is not the address of a witness"
            raise WitnessUnreachable(message)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=seconds)
        self._prefix = parts.path.rstrip("/")
        self._seconds = seconds

    def add_checkpoint(self, old_size: int, proof: list[bytes], note: bytes) -> Answer:
        head = "".join(f"{line}\n" for line in (f"old {old_size}", *map(to_base64, proof), ""))
        status, kind, body = self._ask("POST", "/add-checkpoint", head.encode() + note)
        if status == http.client.OK:
            return Cosigned(body)
        if status == http.client.CONFLICT and kind == _SIZE:
            return StandsAt(_size(body))
        return Declined(status, body[:200].decode(errors="replace").strip())

    def latest(self, origin: str) -> bytes | None:
        status, _, body = self._ask("GET", f"/{sha256(origin.encode()).hexdigest()}/checkpoint")
        return body if status == http.client.OK else None

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str, bytes]:
        try:
            self._connection.connect()
            with _cut_after(self._seconds, self._connection.sock):
                headers = {"Content-Type": "text/plain; charset=utf-8"}
                self._connection.request(method, self._prefix + path, body, headers)
                with self._connection.getresponse() as answer:
                    content = answer.read(_MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            message = f"it does not answer ({type(error).__name__})"
            raise WitnessUnreachable(message) from error
        finally:
            self._connection.close()
        if len(content) > _MAX_ANSWER:
            message = "its answer is too long"
            raise WitnessUnreachable(message)
        return answer.status, answer.getheader("Content-Type", ""), content


@contextmanager
def _cut_after(seconds: float, connected: socket.socket) -> Iterator[None]:
    """End the conversation then. A time limit on each read would not end one that comes drop by drop."""

    def cut() -> None:
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    alarm = threading.Timer(seconds, cut)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def _size(body: bytes) -> int:
    try:
        return decimal(body.decode("ascii").removesuffix("\n"))
    except (FormatError, UnicodeDecodeError) as error:
        message = "it names a size that is none"
        raise WitnessUnreachable(message) from error

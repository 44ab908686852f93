"""A syslog receiver over TLS that behaves, or misbehaves, as a test wants it to."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger_bridge.feeds.receiver import Receiver
from tests.fakes.certificates import Pair

Behaviour = Callable[["SyslogReceiver", ssl.SSLSocket], None]


class SyslogReceiver:
    """Accepts one connection after the other on a port of its own and keeps the frames of those it read to the end."""

    def __init__(self, server: Pair, clients: Path | None = None) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(server.certificate, server.key)
        if clients:
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(clients)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._talks: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.behave: Behaviour = read_to_the_end
        self.frames: list[bytes] = []
        self.connections = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for thread in (self._thread, *self._talks):
            thread.join()
        self._listener.close()

    def as_receiver(self, **options: object) -> Receiver:
        return Receiver("localhost", self.port, **options)  # type: ignore[arg-type]

    def wait(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                plain, _ = self._listener.accept()
                plain.settimeout(5)
                talk = threading.Thread(target=self._talk, args=(plain,))
                self._talks.append(talk)
                talk.start()

    def _talk(self, plain: socket.socket) -> None:
        self.connections += 1
        with plain, suppress(OSError), self._context.wrap_socket(plain, server_side=True) as connection:
            self.behave(self, connection)


def read_to_the_end(receiver: SyslogReceiver, connection: ssl.SSLSocket) -> None:
    """What a good receiver does, with TLS's good-bye in return."""
    received = _read_all(connection)
    receiver.frames += unframe(received)
    connection.unwrap()


def read_and_close(receiver: SyslogReceiver, connection: ssl.SSLSocket) -> None:
    """What rsyslog does: it reads everything and closes without TLS's good-bye."""
    receiver.frames += unframe(_read_all(connection))


def hang_up_at_once(receiver: SyslogReceiver, connection: ssl.SSLSocket) -> None:
    """Close as soon as the connection stands."""


def half_close(receiver: SyslogReceiver, connection: ssl.SSLSocket) -> None:
    """Say at once that nothing will be answered, and look at nothing."""
    socket.socket.shutdown(connection, socket.SHUT_WR)
    receiver.wait(1)


def read_nothing(receiver: SyslogReceiver, connection: ssl.SSLSocket) -> None:
    """Keep the connection and look at none of it."""
    receiver.wait(1)


def reset_after_some(receiver: SyslogReceiver, connection: ssl.SSLSocket) -> None:
    """Read a little and die."""
    connection.recv(100)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_with_unread(receiver: SyslogReceiver, connection: ssl.SSLSocket) -> None:
    """Read a little and close in an orderly way, while there is more to read."""
    connection.recv(10)
    time.sleep(0.2)  # so that the rest, the good-bye included, is certainly there


def _read_all(connection: ssl.SSLSocket) -> bytes:
    received = b""
    while some := connection.recv(65_536):
        received += some
    return received


def unframe(received: bytes) -> list[bytes]:
    """Take octet-counted frames apart."""
    messages = []
    while received:
        length, _, rest = received.partition(b" ")
        messages.append(rest[: int(length)])
        received = rest[int(length) :]
    return messages

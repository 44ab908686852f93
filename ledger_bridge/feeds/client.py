"""Talks to a syslog receiver over TLS.

Syslog has no acknowledgement: what was written to a socket may still be lost with it. So every batch has a connection
of its own, which ends with TLS's good-bye (RFC 5425, 4.4), and the batch counts as taken only when the receiver then
ends the connection too, its machine has acknowledged every byte, and nothing was reset. A program that closes a
connection before it has read everything resets it. Not every receiver says TLS's good-bye in return (rsyslog does not),
so that is not asked for. A receiver that hangs up by itself, resets the connection or falls silent has not taken the
batch, and gets it again.

Out of reach: a receiver that stops reading in the very moment of the good-bye and ends its half all the same, and one
that loses what it has read.
"""

import fcntl
import os
import socket
import ssl
import struct
import termios
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from typing import Protocol

from core.errors import Unavailable
from ledger_bridge.feeds.receiver import Receiver

_PAUSE = 0.002


class NotTaken(Unavailable):
    """The receiver did not take a batch, or it is not known whether it did."""


class Client(Protocol):
    """What the feed needs of a way to send."""

    def send(self, frames: Iterable[bytes]) -> None:
        """Return when the receiver has taken all frames.

        Raises:
            NotTaken: otherwise.

        """
        ...


class SyslogClient:
    """Sends frames to a receiver whose certificate is checked; there is no way to leave that out."""

    def __init__(self, receiver: Receiver, *, timeout: float = 10.0, deadline: float = 60.0) -> None:
        self._receiver = receiver
        self._timeout = timeout
        self._deadline = deadline

    def send(self, frames: Iterable[bytes]) -> None:
        give_up = time.monotonic() + self._deadline
        try:
            with closing(self._connect()) as connection:
                for frame in frames:
                    _write(connection, frame, give_up)
                _say_good_bye(connection)
        except ssl.SSLCertVerificationError as error:
            raise NotTaken(f"The receiver's certificate was refused: {error.verify_message}.") from error
        except TimeoutError as error:
            raise NotTaken("The receiver was too slow.") from error
        except OSError as error:
            raise NotTaken(f"The receiver did not take the messages ({_reason(error)}).") from error

    def _connect(self) -> ssl.SSLSocket:
        context = self._context()
        address = (self._receiver.host, self._receiver.port)
        plain = socket.create_connection(address, timeout=self._timeout)
        try:
            return context.wrap_socket(plain, server_hostname=self._receiver.host)
        except BaseException:
            plain.close()
            raise

    def _context(self) -> ssl.SSLContext:
        # The default verifies the certificate and the host's name.
        context = ssl.create_default_context(cafile=self._receiver.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._receiver.certificate:
            context.load_cert_chain(self._receiver.certificate, self._receiver.key)
        return context


def _write(connection: ssl.SSLSocket, frame: bytes, give_up: float) -> None:
    if time.monotonic() > give_up:
        raise TimeoutError
    connection.sendall(frame)


def _say_good_bye(connection: ssl.SSLSocket) -> None:
    if _has_hung_up(connection):
        raise ConnectionAbortedError
    with suppress(ssl.SSLEOFError):  # closed without TLS's good-bye
        connection.unwrap()
    _wait_until_acknowledged(connection)


def _wait_until_acknowledged(connection: ssl.SSLSocket) -> None:
    """Return when the receiver's machine has acknowledged all bytes. One that hung up too early resets instead."""
    give_up = time.monotonic() + (connection.gettimeout() or 0)
    while _unacknowledged(connection):
        if time.monotonic() > give_up:
            raise TimeoutError
        time.sleep(_PAUSE)
    # A reset empties the queue as well, so it is asked for last.
    if code := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(code, os.strerror(code))


def _unacknowledged(connection: ssl.SSLSocket) -> int:
    (waiting,) = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0\0\0\0"))
    return int(waiting)


def _has_hung_up(connection: ssl.SSLSocket) -> bool:
    """Look whether the receiver ended the connection before we did."""
    timeout = connection.gettimeout()
    connection.settimeout(0)
    try:
        return not connection.recv(1)
    except ssl.SSLWantReadError:
        return False
    finally:
        connection.settimeout(timeout)


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or type(error).__name__}"
    return error.strerror or type(error).__name__

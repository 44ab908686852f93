"""One POST to a machine that is not trusted: bounded in time and size, without redirects, and with clear refusals."""

import http.client
import socket
import ssl
from contextlib import suppress
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from core.errors import Unavailable

_OK = 200


class Unreachable(Unavailable):
    """Nothing useful came back. The sentence names the host, never the address: that may hold a key."""


class Misconfigured(Unavailable):
    """An address in the settings is none."""


def post(url: str, body: bytes, *, content_type: str, timeout: float, most: int) -> bytes:
    """Send the body and return the answer.

    Raises:
        Unreachable: when there is no answer with status 200, of at most `most` bytes, within `timeout` seconds.
        Misconfigured: when the address is not one of http or https.

    """
    parts = _split(url)
    connection = _connection(parts, timeout)
    host = parts.hostname
    # A timeout of the socket begins anew with every byte, so a slow sender is cut off by the clock.
    watchdog = _Watchdog(timeout, connection)
    try:
        connection.connect()
        watchdog.socket = connection.sock  # an answer that closes the connection takes it away from there
        connection.request("POST", _path(parts), body, {"Content-Type": content_type, "Connection": "close"})
        response = connection.getresponse()
        answer = response.read(most + 1)
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
        # A connection that the watchdog closes loses its socket while it is being read.
        raise Unreachable(f"{host} does not answer ({type(error).__name__}).") from error
    finally:
        watchdog.cancel()
        connection.close()
    if watchdog.late:
        raise Unreachable(f"{host} does not answer in time.")
    if response.status != _OK:
        raise Unreachable(f"{host} answers with status {response.status}.")
    if len(answer) > most:
        raise Unreachable(f"{host} answers with more than {most} bytes.")
    return answer


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Misconfigured("An address for anchors must begin with http:// or https:// and name a host.")
    return parts


def _connection(parts: SplitResult, timeout: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, parts.port, timeout=timeout)


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class _Watchdog:
    """Shuts the socket down when the time is over."""

    def __init__(self, timeout: float, connection: http.client.HTTPConnection) -> None:
        self.late = False
        self.socket: socket.socket | None = None
        self._connection = connection
        self._timer = Timer(timeout, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self.late = True
        with suppress(OSError, AttributeError):
            (self.socket or self._connection.sock).shutdown(socket.SHUT_RDWR)

"""Talks to a log: its checkpoint, its tiles, and where it takes cosignatures. Bounded in size and time."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Any

from ledger_bridge.tlog.tiles import TILE_WIDTH, ReadTile, tile_path
from witness.errors import UnreachableError

_SECONDS = 15.0
_MAX_ANSWER = 1 << 20
_NOT_FOUND = 404


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class RemoteLog:
    """A log under its prefix, read as C2SP tlog-tiles. Proxies are taken from the environment (HTTPS_PROXY)."""

    def __init__(self, url: str, *, seconds: float = _SECONDS) -> None:
        self._url = url
        self._seconds = seconds
        self._open = urllib.request.build_opener(_NoRedirects).open

    def checkpoint(self) -> bytes:
        """The newest checkpoint that is signed, cosigned already or not.

        Raises:
            UnreachableError: the log does not answer, or has none.

        """
        # What waits for its cosignatures stands apart from what has them; a foreign log has only the latter.
        pending = self._get("checkpoint/pending", absent=b"")
        return pending or self._get("checkpoint")

    def read_tile(self) -> ReadTile:
        """What `tiles.node_reader` asks."""

        def read(level: int, index: int, width: int) -> bytes:
            try:
                return self._get(tile_path(level, index, width))
            except UnreachableError:
                if width == TILE_WIDTH:
                    raise
                # A log may drop a part once the tile is full.
                return self._get(tile_path(level, index))

        return read

    def push(self, note: bytes) -> None:
        """Hand the log the cosigned checkpoint.

        Raises:
            UnreachableError: it does not take it.

        """
        request = urllib.request.Request(f"{self._url}/cosignatures", data=note, method="POST")  # noqa: S310
        request.add_header("Content-Type", "text/plain; charset=utf-8")
        self._ask(request)

    def _get(self, path: str, *, absent: bytes | None = None) -> bytes:
        return self._ask(urllib.request.Request(f"{self._url}/{path}"), absent=absent)  # noqa: S310  # settings checked

    def _ask(self, request: urllib.request.Request, *, absent: bytes | None = None) -> bytes:
        ends = time.monotonic() + self._seconds
        try:
            with self._open(request, timeout=self._seconds) as answer:
                return _read(answer.read1, ends)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == _NOT_FOUND and absent is not None:
                    return absent
                raise UnreachableError(f"{request.full_url} answered {error.code}") from error
        except (OSError, HTTPException, ValueError) as error:
            raise UnreachableError(f"{request.full_url} does not answer ({error})") from error


def _read(read: Callable[[int], bytes], ends: float) -> bytes:
    parts: list[bytes] = []
    while part := read(1 << 16):
        parts.append(part)
        if time.monotonic() > ends:
            raise TimeoutError("it takes too long")
        if sum(map(len, parts)) > _MAX_ANSWER:
            raise ValueError("it is too long")
    return b"".join(parts)

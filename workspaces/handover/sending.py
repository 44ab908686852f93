"""Sends header and body of a sealed file, or a part of both together.

Where the web server's connection takes files (config/worker.py) and the body lies in one, the kernel moves the bytes
and Python only says how far: a few MiB at a time, so that a right that was taken away ends it. Otherwise pieces are
read from the store and handed to the server.
"""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from core.errors import DamagedContent
from workspaces.connections import Direct
from workspaces.storage import blob_store, stored_file

RECHECK = 0.2
"""A right that is taken away ends a running download after about this many seconds."""

_PIECE = 1 << 20
_STRIDE = 4 << 20


@dataclass(frozen=True)
class Part:
    """The bytes from `start` up to, not including, `stop` of header and body together."""

    start: int
    stop: int


def send_sealed(
    header: bytes, blob: UUID, part: Part, connection: object, *, still: Callable[[], None]
) -> Iterator[bytes]:
    """Yield what the server has to send; what the kernel has sent by itself is an empty piece.

    `still` is called about every 0.2 seconds, and ends everything by raising.

    Raises:
        DamagedContent: the store gives fewer bytes than asked for.

    """
    # First of all, even if it is empty: with it the server sends its own header.
    yield header[part.start : part.stop]
    start, stop = (max(place - len(header), 0) for place in (part.start, part.stop))
    file = stored_file(blob) if isinstance(connection, Direct) else None
    pieces = (
        _send(file, start, stop, connection) if file and isinstance(connection, Direct) else _read(blob, start, stop)
    )
    checked = time.monotonic()
    with closing(pieces):
        for piece in pieces:
            yield piece
            if time.monotonic() - checked > RECHECK:
                still()
                checked = time.monotonic()


def _read(blob: UUID, start: int, stop: int) -> Generator[bytes]:
    while start < stop:
        piece = blob_store().read_at(blob, start, min(_PIECE, stop - start))
        if not piece:
            raise DamagedContent("The stored bytes end early.")
        yield piece
        start += len(piece)


def _send(file: BinaryIO, start: int, stop: int, connection: Direct) -> Generator[bytes]:
    with file:
        while start < stop:
            count = min(_STRIDE, stop - start)
            if connection.send_file(file, start, count) != count:
                raise DamagedContent("The stored bytes end early.")
            yield b""
            start += count

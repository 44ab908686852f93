"""How the two sides speak: a letter, a length, and so many bytes, over a socket that nothing else has."""

import json
import socket
import struct
from typing import Any

JOB, READ, DATA, ANSWER, FAILED = b"J", b"R", b"D", b"A", b"X"
LONGEST = 64 * 1024 * 1024
_HEAD = struct.Struct(">cI")
_PLACE = struct.Struct(">QI")
_LENGTH = struct.Struct(">I")


class WireError(Exception):
    """The other side hung up, or said something that nobody says."""


def send(line: socket.socket, kind: bytes, payload: bytes) -> None:
    line.sendall(_HEAD.pack(kind, len(payload)) + payload)


def receive(line: socket.socket, *, longest: int = LONGEST) -> tuple[bytes, bytes]:
    """Return the next message.

    Raises:
        WireError: there is none, or it is longer than `longest`.

    """
    kind, length = _HEAD.unpack(_exactly(line, _HEAD.size))
    if length > longest:
        raise WireError("too long")
    return kind, _exactly(line, length)


def pack_place(offset: int, length: int) -> bytes:
    return _PLACE.pack(offset, length)


def unpack_place(payload: bytes) -> tuple[int, int]:
    if len(payload) != _PLACE.size:
        raise WireError("not a place")
    offset, length = _PLACE.unpack(payload)
    return int(offset), int(length)


def pack_answer(head: dict[str, Any], body: bytes) -> bytes:
    said = json.dumps(head).encode()
    return _LENGTH.pack(len(said)) + said + body


def unpack_answer(payload: bytes) -> tuple[dict[str, Any], bytes]:
    if len(payload) < _LENGTH.size:
        raise WireError("not an answer")
    (length,) = _LENGTH.unpack(payload[: _LENGTH.size])
    body = payload[_LENGTH.size + length :]
    try:
        head = json.loads(payload[_LENGTH.size : _LENGTH.size + length])
    except ValueError as error:
        raise WireError("not an answer") from error
    if not isinstance(head, dict):
        raise WireError("not an answer")
    return head, body


def _exactly(line: socket.socket, length: int) -> bytes:
    parts = []
    while length:
        part = line.recv(min(length, 1024 * 1024))
        if not part:
            raise WireError("hung up")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)

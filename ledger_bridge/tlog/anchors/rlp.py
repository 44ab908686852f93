"""Recursive Length Prefix, the encoding of Ethereum's blocks and tries: byte strings and lists, in one way only."""

from collections.abc import Sequence
from typing import TypeAlias

from ledger_bridge.tlog.errors import FormatError

Item: TypeAlias = "bytes | list[Item]"
"""A byte string, or a list of items."""
Encodable: TypeAlias = "bytes | Sequence[Encodable]"
"""What can be encoded: any sequence will do."""

_DEEPEST = 16
_SHORT = 55
_STRING, _LIST = 0x80, 0xC0


def encode(item: Encodable) -> bytes:
    """Encode byte strings and sequences of them."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < _STRING:
            return item
        return _prefix(len(item), _STRING) + item
    body = b"".join(encode(part) for part in item)
    return _prefix(len(body), _LIST) + body


def encode_integer(number: int) -> bytes:
    """The shortest big-endian form of an integer, as byte string: zero is empty."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def decode(data: bytes) -> Item:
    """Decode one item that fills the data exactly.

    Raises:
        FormatError: it is cut, has a rest, is nested too deeply or not in its only form.

    """
    item, end = _read(data, 0, len(data), 0)
    if end != len(data):
        raise FormatError("bytes are left after the RLP item")
    return item


def decode_list(data: bytes) -> list[Item]:
    """Decode one item that must be a list.

    Raises:
        FormatError: it is not one.

    """
    item = decode(data)
    if isinstance(item, bytes):
        raise FormatError("an RLP list was expected, not a byte string")
    return item


def _prefix(length: int, kind: int) -> bytes:
    if length <= _SHORT:
        return bytes([kind + length])
    size = encode_integer(length)
    return bytes([kind + _SHORT + len(size)]) + size


def _read(data: bytes, at: int, limit: int, depth: int) -> tuple[Item, int]:
    if at >= limit:
        raise FormatError("the RLP item is cut")
    first = data[at]
    if first < _STRING:
        return data[at : at + 1], at + 1
    kind = _LIST if first >= _LIST else _STRING
    start, end = _span(data, at, limit, first - kind)
    if kind == _STRING:
        if end - start == 1 and data[start] < _STRING:
            raise FormatError("an RLP byte has a prefix that it does not need")
        return data[start:end], end
    if depth == _DEEPEST:
        raise FormatError("the RLP item is nested too deeply")
    parts: list[Item] = []
    while start < end:
        part, start = _read(data, start, end, depth + 1)
        parts.append(part)
    return parts, end


def _span(data: bytes, at: int, limit: int, length: int) -> tuple[int, int]:
    """Where the content begins and ends, from the prefix."""
    start = at + 1
    if length > _SHORT:
        size = data[start : start + length - _SHORT]
        start += length - _SHORT
        length = int.from_bytes(size, "big")
        if size[:1] == b"\0" or length <= _SHORT:
            raise FormatError("an RLP length is not in its shortest form")
    if start + length > limit:
        raise FormatError("the RLP item is cut")
    return start, start + length

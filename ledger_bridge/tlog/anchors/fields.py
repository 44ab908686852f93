"""Reads evidence from JSON: every field is there, is hexadecimal or a number, and has a bearable size."""

import re
from collections.abc import Mapping
from typing import Any

from ledger_bridge.tlog.errors import FormatError

LARGEST_PROOF = 128
"""Nodes in one proof: a trie over 256-bit keys is at most 64 deep."""
LARGEST_BYTES = 1 << 16
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*", re.ASCII)
_LARGEST_INTEGER = (1 << 53) - 1


def read_bytes(source: Mapping[str, Any], name: str, *, size: int | None = None, most: int = LARGEST_BYTES) -> bytes:
    """Read "0x…" in lower-case hexadecimal.

    Raises:
        FormatError: naming the field.

    """
    return _bytes(source.get(name), name, size, most)


def read_proof(source: Mapping[str, Any], name: str) -> tuple[bytes, ...]:
    """Read a list of trie nodes.

    Raises:
        FormatError: naming the field.

    """
    nodes = source.get(name)
    if not isinstance(nodes, list) or not 0 < len(nodes) <= LARGEST_PROOF:
        raise FormatError(f"{name} is not a list of 1 to {LARGEST_PROOF} trie nodes")
    return tuple(_bytes(node, f"{name}[{place}]", None, LARGEST_BYTES) for place, node in enumerate(nodes))


def read_integer(source: Mapping[str, Any], name: str) -> int:
    """Read a number from 0 to 2^53 - 1.

    Raises:
        FormatError: naming the field.

    """
    value = source.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_INTEGER:
        raise FormatError(f"{name} is not a number from 0 to 2^53 - 1")
    return value


def hexadecimal(data: bytes) -> str:
    """Write bytes as "0x…"."""
    return "0x" + data.hex()


def _bytes(value: object, name: str, size: int | None, most: int) -> bytes:
    if not isinstance(value, str) or len(value) > 2 * most + 2 or not _HEX.fullmatch(value):
        raise FormatError(f"{name} is not “0x” and at most {most} bytes in lower-case hexadecimal")
    data = bytes.fromhex(value[2:])
    if size is not None and len(data) != size:
        raise FormatError(f"{name} has {len(data)} bytes instead of {size}")
    return data

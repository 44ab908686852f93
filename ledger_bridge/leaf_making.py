"""The hot loop of the sequencer: waiting entries become leaves.

Both ends are packed bytes, because parsing and quoting rows would cost more than all the hashing: the outbox comes as
one string of equal records (`RECORD`), the leaves go out in PostgreSQL's binary COPY format. For the same reason the
HMACs of tags and pads are written out here; `tlog.entry` says what they are, and the tests hold one to the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct

from ledger_bridge.tlog.entry import SLOTS

RECORD = Struct(">16s32s32s4q")
"""Entry id, commitment, seed, and the stream in each slot (0 for none)."""

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"
COPY_COLUMNS = ("index", "entry", "data", *(f"{slot}_n" for slot in SLOTS))

_LEAF_VERSION = b"\x01"
_ROW = Struct(">hiqi16si97s").pack
_NUMBER = Struct(">q").pack
_SIZE_OF_NUMBER = b"\x00\x00\x00\x08"
_NULL = b"\xff\xff\xff\xff"
_INNER_MASK = bytes(n ^ 0x36 for n in range(256))
_OUTER_MASK = bytes(n ^ 0x5C for n in range(256))
_BLOCK = 64
_PADS = tuple(b"ithaca.pad.v1\x00" + bytes([slot]) for slot in range(len(SLOTS)))


class Counter:
    """Where a stream stands, and its key ready for the next tag."""

    __slots__ = ("inner", "length", "outer")

    def __init__(self, key: bytes, length: int) -> None:
        block = key.ljust(_BLOCK, b"\x00")
        self.inner = block.translate(_INNER_MASK) + b"ithaca.tag.v1\x00"
        self.outer = block.translate(_OUTER_MASK)
        self.length = length


@dataclass(frozen=True, slots=True)
class Leaves:
    rows: bytes
    """In binary COPY format, header and trailer included."""
    hashes: list[bytes]


def streams_in(records: bytes) -> set[int]:
    """Return the rows of all streams that occur in the records."""
    streams = {stream for record in RECORD.iter_unpack(records) for stream in record[3:]}
    return streams - {0}


def make_leaves(records: bytes, first_index: int, counters: Mapping[int, Counter]) -> Leaves:
    """Number the entries in their streams (which moves the counters on) and make their leaves."""
    rows, hashes = [COPY_HEADER], []
    for index, (entry, commitment, seed, *streams) in enumerate(RECORD.iter_unpack(records), start=first_index):
        data, numbers, block = _LEAF_VERSION, b"", b""
        for stream, pad in zip(streams, _PADS, strict=True):
            if stream:
                counter = counters[stream]
                counter.length += 1
                number = _NUMBER(counter.length)
                data += sha256(counter.outer + sha256(counter.inner + number).digest()).digest()[:16]
                numbers += _SIZE_OF_NUMBER + number
            else:
                block = block or seed.ljust(_BLOCK, b"\x00")
                inner = sha256(block.translate(_INNER_MASK) + pad).digest()
                data += sha256(block.translate(_OUTER_MASK) + inner).digest()[:16]
                numbers += _NULL
        data += commitment
        hashes.append(sha256(b"\x00" + data).digest())
        rows.append(_ROW(len(COPY_COLUMNS), 8, index, 16, entry, 97, data) + numbers)
    rows.append(COPY_TRAILER)
    return Leaves(b"".join(rows), hashes)

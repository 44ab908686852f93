"""The hot loop of the sequencer: waiting entries become leaves.

Both ends are packed bytes, because parsing and quoting rows would cost more than all the hashing: the outbox comes as
one string of equal records (`RECORD`), the leaves go out in PostgreSQL's binary COPY format. For the same reason the
HMACs of codes and tags are written out here; `entry_codes` and `tlog.entry` say what they are, and the tests hold one
to the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from struct import Struct
from typing import NamedTuple

from ledger_bridge.entry_codes import Codes
from ledger_bridge.tlog.entry import SLOTS

RECORD = Struct(">16s32s64s4q32s")
"""Entry id, commitment, a pad or zeros for each slot, the stream in each slot (0 for none), the code of all that."""

_CODED = Struct(">144s32s")

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
_PADS = tuple(slice(slot * 16, slot * 16 + 16) for slot in range(len(SLOTS)))


class TagKey(NamedTuple):
    """The key of a stream, ready for tags."""

    inner: bytes
    outer: bytes

    @classmethod
    def of(cls, key: bytes) -> "TagKey":
        block = key.ljust(_BLOCK, b"\x00")
        return cls(block.translate(_INNER_MASK) + b"ithaca.tag.v1\x00", block.translate(_OUTER_MASK))


class Counter:
    """Where a stream stands, and its key ready for the next tag."""

    __slots__ = ("inner", "length", "outer")

    def __init__(self, key: TagKey, length: int) -> None:
        self.inner, self.outer = key
        self.length = length


@dataclass(frozen=True, slots=True)
class Leaves:
    rows: bytes
    """In binary COPY format, header and trailer included."""
    hashes: list[bytes]


def set_aside_forged(records: bytes, codes: Codes) -> tuple[bytes, list[bytes]]:
    """Return the records that carry the right code as they came and, apart, each of those that do not."""
    inner, outer = codes.inner, codes.outer
    rightly = [
        message + sha256(outer + sha256(inner + message).digest()).digest()
        for message, _ in _CODED.iter_unpack(records)
    ]
    # One comparison for all of them: a forged record is rare, and what it costs does not matter.
    if compare_digest(b"".join(rightly), records):
        return records, []
    found = [records[at : at + RECORD.size] for at in range(0, len(records), RECORD.size)]
    pairs = list(zip(found, rightly, strict=True))
    genuine = b"".join(record for record, right in pairs if compare_digest(record, right))
    return genuine, [record for record, right in pairs if not compare_digest(record, right)]


def times_of(records: bytes) -> tuple[int, int]:
    """Return the first and the last time at which one of these entries was recorded, in ms since 1970.

    An entry's id begins with it (`core.ids`), and is covered by the code.
    """
    times = [records[at : at + 6] for at in range(0, len(records), RECORD.size)]
    return int.from_bytes(min(times)), int.from_bytes(max(times))


def streams_in(records: bytes) -> set[int]:
    """Return the rows of all streams that occur in the records."""
    streams = {stream for record in RECORD.iter_unpack(records) for stream in record[3:7]}
    return streams - {0}


def make_leaves(records: bytes, first_index: int, counters: Mapping[int, Counter]) -> Leaves:
    """Number the entries in their streams (which moves the counters on) and make their leaves."""
    rows, hashes = [COPY_HEADER], []
    for index, (entry, commitment, pads, *streams, _) in enumerate(RECORD.iter_unpack(records), start=first_index):
        data, numbers = _LEAF_VERSION, b""
        for stream, pad in zip(streams, _PADS, strict=True):
            if stream:
                counter = counters[stream]
                counter.length += 1
                number = _NUMBER(counter.length)
                data += sha256(counter.outer + sha256(counter.inner + number).digest()).digest()[:16]
                numbers += _SIZE_OF_NUMBER + number
            else:
                data += pads[pad]
                numbers += _NULL
        data += commitment
        hashes.append(sha256(b"\x00" + data).digest())
        rows.append(_ROW(len(COPY_COLUMNS), 8, index, 16, entry, 97, data) + numbers)
    rows.append(COPY_TRAILER)
    return Leaves(b"".join(rows), hashes)

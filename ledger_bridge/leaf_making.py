"""The hot loop of the sequencer: waiting entries become leaves.

Both ends are packed bytes, because parsing and quoting rows would cost more than all the hashing: the outbox comes as
one string of equal records (`RECORD`), the leaves go out in PostgreSQL's binary COPY format.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from struct import Struct

from ledger_bridge.tlog.entry import SLOTS, leaf, pad, tags
from ledger_bridge.tlog.merkle import leaf_hash

RECORD = Struct(">16s32s32s4q")
"""Entry id, commitment, seed, and the stream in each slot (0 for none)."""

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"
COPY_COLUMNS = ("index", "entry", "data", *(f"{slot}_n" for slot in SLOTS))

_ROW = Struct(">hiqi16si97s").pack
_NUMBER = Struct(">iq").pack
_NULL = b"\xff\xff\xff\xff"
_FOREVER = 2**62


@dataclass(slots=True)
class Counter:
    """Where a stream stands, and the tags that come next."""

    key: bytes
    length: int
    tags: Iterator[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.tags = tags(self.key, self.length + 1, _FOREVER)


@dataclass(frozen=True, slots=True)
class Leaves:
    rows: bytes
    """In binary COPY format, header and trailer included."""
    hashes: list[bytes]


def streams_in(records: bytes) -> set[int]:
    """Return the rows of all streams that occur in the records."""
    return {stream for record in RECORD.iter_unpack(records) for stream in record[3:] if stream}


def make_leaves(records: bytes, first_index: int, counters: Mapping[int, Counter]) -> Leaves:
    """Number the entries in their streams (which moves the counters on) and make their leaves."""
    rows, hashes = [COPY_HEADER], []
    columns = len(COPY_COLUMNS)
    for index, (entry, commitment, seed, *streams) in enumerate(RECORD.iter_unpack(records), start=first_index):
        marks, numbers = [], []
        for slot, stream in enumerate(streams):
            if stream:
                counter = counters[stream]
                counter.length += 1
                marks.append(next(counter.tags))
                numbers.append(_NUMBER(8, counter.length))
            else:
                marks.append(pad(seed, slot))
                numbers.append(_NULL)
        data = leaf(marks, commitment)
        hashes.append(leaf_hash(data))
        rows.append(_ROW(columns, 8, index, 16, entry, 97, data))
        rows += numbers
    rows.append(COPY_TRAILER)
    return Leaves(b"".join(rows), hashes)

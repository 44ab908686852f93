"""The hot loop makes the leaves that `tlog.entry` describes."""

import os
from random import Random

from ledger_bridge.leaf_making import COPY_HEADER, COPY_TRAILER, RECORD, Counter, make_leaves, streams_in
from ledger_bridge.tlog import entry
from ledger_bridge.tlog.merkle import leaf_hash

KEYS = {number: os.urandom(32) for number in range(1, 6)}


def expected(records: list[tuple[bytes, bytes, bytes, list[int]]], lengths: dict[int, int]) -> list[bytes]:
    leaves = []
    for _, commitment, seed, streams in records:
        tags = []
        for slot, stream in enumerate(streams):
            if stream:
                lengths[stream] = lengths.get(stream, 0) + 1
            tags.append(entry.tag(KEYS[stream], lengths[stream]) if stream else entry.pad(seed, slot))
        leaves.append(entry.leaf(tags, commitment))
    return leaves


def test_every_leaf_is_the_one_of_the_format() -> None:
    random = Random(11)
    records = [(os.urandom(16), os.urandom(32), os.urandom(32), random.sample([0, 0, 0, *KEYS], 4)) for _ in range(200)]
    packed = b"".join(RECORD.pack(one, commitment, seed, *streams) for one, commitment, seed, streams in records)
    counters = {number: Counter(key, 7) for number, key in KEYS.items()}
    made = make_leaves(packed, 1000, counters)
    leaves = expected(records, dict.fromkeys(KEYS, 7))
    assert made.hashes == [leaf_hash(leaf) for leaf in leaves]
    assert all(leaf in made.rows for leaf in leaves)
    assert made.rows.startswith(COPY_HEADER)
    assert made.rows.endswith(COPY_TRAILER)
    assert streams_in(packed) == set(KEYS)

"""The hot loop makes the leaves that `tlog.entry` describes."""

import hmac
import os
from random import Random

import pytest

from ledger_bridge.entry_codes import Codes, pads_for
from ledger_bridge.leaf_making import (
    COPY_HEADER,
    COPY_TRAILER,
    RECORD,
    Counter,
    TagKey,
    make_leaves,
    set_aside_forged,
    streams_in,
    times_of,
)
from ledger_bridge.tlog import entry
from ledger_bridge.tlog.merkle import leaf_hash

KEY = os.urandom(32)
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
    packed = b"".join(
        RECORD.pack(one, commitment, pads_for(seed, tuple(streams)), *streams, bytes(32))
        for one, commitment, seed, streams in records
    )
    counters = {number: Counter(TagKey.of(key), 7) for number, key in KEYS.items()}
    made = make_leaves(packed, 1000, counters)
    leaves = expected(records, dict.fromkeys(KEYS, 7))
    assert made.hashes == [leaf_hash(leaf) for leaf in leaves]
    assert all(leaf in made.rows for leaf in leaves)
    assert made.rows.startswith(COPY_HEADER)
    assert made.rows.endswith(COPY_TRAILER)
    assert streams_in(packed) == set(KEYS)


def coded(codes: Codes, start: bytes = b"") -> bytes:
    message = start + os.urandom(112 - len(start)) + bytes(32)
    return message + hmac.digest(KEY, b"ithaca.entry-code.v1\x00" + message, "sha256")


def test_a_record_with_its_code_is_genuine() -> None:
    records = b"".join(coded(Codes(KEY)) for _ in range(20))
    assert set_aside_forged(records, Codes(KEY)) == (records, [])


@pytest.mark.parametrize("place", [0, 16, 48, 112, 143, 144, 175])
def test_one_changed_bit_anywhere_in_a_record_sets_it_aside(place: int) -> None:
    first, middle, last = (coded(Codes(KEY)) for _ in range(3))
    forged = bytearray(middle)
    forged[place] ^= 1
    assert set_aside_forged(first + bytes(forged) + last, Codes(KEY)) == (first + last, [bytes(forged)])


def test_another_key_makes_nothing_genuine() -> None:
    record = coded(Codes(KEY))
    assert set_aside_forged(record, Codes(os.urandom(32))) == (b"", [record])


def test_the_code_is_an_hmac() -> None:
    message = os.urandom(144)
    assert Codes(KEY).code(message) == hmac.digest(KEY, b"ithaca.entry-code.v1\x00" + message, "sha256")


def test_times_come_from_the_ids() -> None:
    records = [coded(Codes(KEY), (1_000 + n).to_bytes(6)) for n in (5, 2, 9)]
    assert times_of(b"".join(records)) == (1_002, 1_009)

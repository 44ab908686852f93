"""Sealing: chunks of any size in, one body out, and nothing left running."""

import gc
import hashlib
import threading
import time
import tracemalloc
from itertools import pairwise

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from workspaces.crypt4gh import (
    CIPHER_SEGMENT,
    ClosedWriterError,
    Hashes,
    Sealed,
    SealedBody,
    SealingWriter,
    body_size,
    new_data_key,
)

MIB = 1 << 20
KEY = bytes(range(32))
PLAIN = hashlib.shake_256(b"plaintext").digest(3 * MIB + 5)


class BrokenDiskError(Exception):
    pass


def broken_sink(piece: memoryview | bytes) -> None:
    raise BrokenDiskError


def seal(plain: bytes, step: int, *, hash_content: bool = True) -> tuple[bytes, Sealed]:
    body = bytearray()
    with SealingWriter(KEY, body.extend, hash_content=hash_content) as writer:
        for start in range(0, len(plain), step):
            writer.update(plain[start : start + step])
        result = writer.finish()
    return bytes(body), result


def helper_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("crypt4gh")]


@pytest.mark.parametrize("step", [4_099, 65_536, 65_537, MIB - 1, MIB, MIB + 1, 4 * MIB])
@pytest.mark.parametrize("hash_content", [True, False])
def test_the_body_does_not_depend_on_the_chunks(step: int, *, hash_content: bool) -> None:
    assert seal(PLAIN, step, hash_content=hash_content)[0] == seal(PLAIN, MIB // 2)[0]


@pytest.mark.parametrize("size", [0, 1, 65_536, MIB - 1, MIB, MIB + 1, 2 * MIB, len(PLAIN)])
def test_it_opens_again(size: int) -> None:
    body, sealed = seal(PLAIN[:size], 100_000)
    stored = SealedBody(lambda at, length: body[at : at + length], key=KEY, body_size=sealed.body_size)
    assert b"".join(stored.iter_range(0, size)) == PLAIN[:size]


def test_it_reports_sizes_and_hashes() -> None:
    body, sealed = seal(PLAIN, 70_000)
    assert sealed == Sealed(
        plaintext_size=len(PLAIN),
        body_size=body_size(len(PLAIN)),
        plaintext_sha256=hashlib.sha256(PLAIN).digest(),
        body_blake3=blake3(body).digest(),
    )
    assert len(body) == sealed.body_size


def test_it_reports_no_hashes_when_it_computed_none() -> None:
    sealed = seal(PLAIN, MIB, hash_content=False)[1]
    assert (sealed.plaintext_sha256, sealed.body_blake3) == (b"", b"")


def test_an_empty_file_has_no_segment() -> None:
    body, sealed = seal(b"", 1)
    assert (body, sealed.plaintext_size, sealed.body_size) == (b"", 0, 0)
    assert sealed.plaintext_sha256 == hashlib.sha256().digest()


@pytest.mark.parametrize("hash_content", [True, False])
def test_the_caller_may_use_its_buffer_again(*, hash_content: bool) -> None:
    body, buffer = bytearray(), bytearray(MIB)
    with SealingWriter(KEY, body.extend, hash_content=hash_content) as writer:
        for start in range(0, 3 * MIB, MIB):
            buffer[:] = PLAIN[start : start + MIB]
            writer.update(buffer)
        buffer[:] = bytes(MIB)
        writer.finish()
    assert bytes(body) == seal(PLAIN[: 3 * MIB], MIB)[0]


@pytest.mark.parametrize("hash_content", [True, False])
def test_a_sink_that_keeps_its_piece_fails_loudly(*, hash_content: bool) -> None:
    kept: list[memoryview | bytes] = []
    with SealingWriter(KEY, kept.append, hash_content=hash_content) as writer:
        writer.update(PLAIN)
        writer.finish()
    with pytest.raises(ValueError, match="released memoryview"):
        bytes(kept[0])


def test_a_chunk_of_wider_items_counts_in_bytes() -> None:
    body = bytearray()
    with SealingWriter(KEY, body.extend) as writer:
        writer.update(memoryview(PLAIN[:800]).cast("Q"))
        assert writer.finish().plaintext_size == 800
    assert bytes(body) == seal(PLAIN[:800], 800)[0]


def test_a_piece_is_at_most_four_segments() -> None:
    sizes: list[int] = []
    with SealingWriter(KEY, lambda piece: sizes.append(len(piece))) as writer:
        writer.update(PLAIN)
        assert writer.finish().body_size == sum(sizes)
    assert max(sizes) == 4 * CIPHER_SEGMENT


def test_a_piece_leaves_before_the_end_is_known() -> None:
    body = bytearray()
    with SealingWriter(KEY, body.extend) as writer:
        writer.update(PLAIN)
        assert len(body) == body_size(3 * MIB // 2)


def test_a_small_file_starts_no_thread() -> None:
    with SealingWriter(KEY, len) as writer:
        writer.update(PLAIN[: MIB // 2])
        writer.finish()
        assert helper_threads() == []


@pytest.mark.parametrize("hash_content", [True, False])
def test_an_aborted_writer_stops_its_thread(*, hash_content: bool) -> None:
    writer = SealingWriter(KEY, len, hash_content=hash_content)
    writer.update(PLAIN)
    assert helper_threads() != []
    writer.abort()
    assert helper_threads() == []


def test_leaving_the_block_aborts() -> None:
    with SealingWriter(KEY, len) as writer:
        writer.update(PLAIN)
    assert helper_threads() == []
    with pytest.raises(ClosedWriterError):
        writer.finish()


def test_a_forgotten_writer_stops_its_thread() -> None:
    SealingWriter(KEY, len).update(PLAIN)
    gc.collect()
    deadline = time.monotonic() + 5
    while helper_threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert helper_threads() == []


@pytest.mark.parametrize("hash_content", [True, False])
def test_an_error_of_the_sink_comes_out_and_closes_the_writer(*, hash_content: bool) -> None:
    writer = SealingWriter(KEY, broken_sink, hash_content=hash_content)
    # Three batches: by the third at the latest, the first has gone to the sink, also when the helper seals it.
    with pytest.raises(BrokenDiskError):
        writer.update(PLAIN)
    assert helper_threads() == []
    with pytest.raises(ClosedWriterError, match="finished or aborted"):
        writer.update(b"more")


def test_an_error_of_the_sink_in_the_last_piece_comes_out() -> None:
    writer = SealingWriter(KEY, broken_sink)
    writer.update(b"one byte, say")
    with pytest.raises(BrokenDiskError):
        writer.finish()


def test_it_finishes_once() -> None:
    writer = SealingWriter(KEY, len)
    writer.finish()
    with pytest.raises(ClosedWriterError):
        writer.finish()


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SealingWriter(KEY[:31], len)


def test_data_keys_are_fresh() -> None:
    assert len({new_data_key() for _ in range(100)}) == 100


@pytest.mark.parametrize("hash_content", [True, False])
def test_memory_stays_flat(*, hash_content: bool) -> None:
    chunk = bytes(MIB)
    with SealingWriter(KEY, len, hash_content=hash_content) as writer:
        tracemalloc.start()
        for _ in range(64):
            writer.update(chunk)
        writer.finish()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 * MIB


def in_sittings(plain: bytes, cuts: list[int]) -> tuple[bytes, Sealed]:
    """Seal with a pause at every cut, as an upload that is resumed does."""
    body, hashes, at, rest = bytearray(), Hashes(), 0, b""
    for start, stop in pairwise([0, *cuts]):
        with SealingWriter(KEY, body.extend, at=at, hashes=hashes) as writer:
            writer.update(rest + plain[start:stop])
            suspended = writer.suspend()
        at, rest = suspended.segments, suspended.rest
    with SealingWriter(KEY, body.extend, at=at, hashes=hashes) as writer:
        writer.update(rest + plain[cuts[-1] if cuts else 0 :])
        sealed = writer.finish()
    return bytes(body), sealed


EDGES = [0, 1, 65_535, 65_536, 65_537, MIB - 1, MIB, MIB + 1, MIB + 65_536, 2 * MIB, len(PLAIN)]


@pytest.mark.parametrize("cut", EDGES)
def test_a_pause_anywhere_leaves_no_trace_in_the_body_or_its_hashes(cut: int) -> None:
    assert in_sittings(PLAIN, [cut]) == seal(PLAIN, MIB)


@given(cuts=st.lists(st.integers(0, len(PLAIN)), max_size=8).map(sorted))
@settings(max_examples=40, deadline=None)
def test_any_number_of_pauses_leaves_no_trace(cuts: list[int]) -> None:
    assert in_sittings(PLAIN, cuts) == seal(PLAIN, MIB)


@pytest.mark.parametrize("size", EDGES)
def test_a_pause_seals_whole_segments_and_holds_back_what_may_be_the_last(size: int) -> None:
    body = bytearray()
    with SealingWriter(KEY, body.extend) as writer:
        writer.update(PLAIN[:size])
        suspended = writer.suspend()
    assert len(suspended.rest) == (size - 1) % 65_536 + 1 if size else suspended.rest == b""
    assert len(body) == suspended.segments * CIPHER_SEGMENT
    assert suspended.segments * 65_536 + len(suspended.rest) == size


def test_a_suspended_writer_takes_no_more() -> None:
    writer = SealingWriter(KEY, bytearray().extend)
    writer.suspend()
    with pytest.raises(ClosedWriterError):
        writer.update(b"late")
    assert helper_threads() == []

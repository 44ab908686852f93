"""Opening: any range of a stored body, or a stream, and never an unverified byte."""

import hashlib
import io
import threading
import tracemalloc
from collections.abc import Iterator

import pytest

from workspaces.crypt4gh import (
    CIPHER_SEGMENT,
    LengthError,
    SealedBody,
    SealingWriter,
    SegmentError,
    body_size,
    open_stream,
    plaintext_size,
)
from workspaces.crypt4gh.segments import BATCH, BATCH_SEGMENTS, CIPHER_BATCH

MIB = 1 << 20
KEY = bytes(range(32))
# 33 full segments and a short one: four whole blocks of 8 segments, and the start of a fifth.
PLAIN = hashlib.shake_256(b"plaintext").digest(33 * 65_536 + 100)


def seal(plain: bytes) -> bytes:
    body = bytearray()
    with SealingWriter(KEY, body.extend) as writer:
        writer.update(plain)
        writer.finish()
    return bytes(body)


BODY = seal(PLAIN)


def stored(body: bytes = BODY, recorded: int = len(BODY)) -> SealedBody:
    return SealedBody(lambda at, length: body[at : at + length], key=KEY, body_size=recorded)


def flipped(position: int) -> bytes:
    return BODY[:position] + bytes([BODY[position] ^ 1]) + BODY[position + 1 :]


def released(blocks: Iterator[bytes]) -> tuple[bytes, SegmentError | None]:
    out = bytearray()
    try:
        for block in blocks:
            out += block
    except SegmentError as error:
        return bytes(out), error
    return bytes(out), None


class Trickle(io.BytesIO):
    """A pipe that gives a little at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(50_000, size or 0))


EDGES = [0, 1, 65_535, 65_536, 65_537, 131_072, BATCH - 1, BATCH, BATCH + 1, 2 * MIB, len(PLAIN) - 1, len(PLAIN)]


@pytest.mark.parametrize("start", EDGES)
@pytest.mark.parametrize("stop", EDGES)
def test_any_range_is_the_plaintext_of_that_range(start: int, stop: int) -> None:
    if start <= stop:
        assert b"".join(stored().iter_range(start, stop)) == PLAIN[start:stop]


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 1), (65_535, 2 * MIB + 1), (0, len(PLAIN))])
def test_views_are_the_same_bytes_one_after_another(start: int, stop: int) -> None:
    out = bytearray()
    for view in stored().iter_views(start, stop):
        out += view
    assert out == PLAIN[start:stop]


def test_a_view_that_is_kept_fails_loudly() -> None:
    kept = list(stored().iter_views(0, len(PLAIN)))
    with pytest.raises(ValueError, match="released memoryview"):
        bytes(kept[0])


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 4), (0, len(PLAIN) + 1)])
def test_a_range_outside_the_plaintext_is_refused(start: int, stop: int) -> None:
    with pytest.raises(LengthError, match="not within"):
        stored().iter_range(start, stop)


def test_blocks_are_at_most_half_a_mebibyte() -> None:
    assert max(len(block) for block in stored().iter_range(5, len(PLAIN))) <= MIB // 2


def test_a_range_reads_its_own_segments_and_the_last_only() -> None:
    asked: list[tuple[int, int]] = []

    def read_at(offset: int, length: int) -> bytes:
        asked.append((offset, length))
        return BODY[offset : offset + length]

    body = SealedBody(read_at, key=KEY, body_size=len(BODY))
    assert b"".join(body.iter_range(70_000, 70_010)) == PLAIN[70_000:70_010]
    list(body.iter_range(0, 1))
    assert asked == [(33 * CIPHER_SEGMENT, 129), (CIPHER_SEGMENT, CIPHER_SEGMENT), (0, CIPHER_SEGMENT)]


@pytest.mark.parametrize("segment", [0, 7, 8, 9, 15, 31, 32])
def test_nothing_of_a_changed_segment_leaves(segment: int) -> None:
    body = stored(flipped(segment * CIPHER_SEGMENT + 20))
    out, error = released(body.iter_range(0, len(PLAIN)))
    assert error is not None
    assert error.segment == segment
    assert out == PLAIN[: segment // BATCH_SEGMENTS * BATCH]


def test_a_changed_last_segment_is_noticed_before_the_first_byte() -> None:
    with pytest.raises(SegmentError, match="Segment 33 does not authenticate"):
        stored(flipped(len(BODY) - 1)).iter_range(0, 1)


@pytest.mark.parametrize("cut", [1, 100, 127, 128, 129, CIPHER_SEGMENT + 128, len(BODY)])
def test_a_cut_body_is_noticed_before_the_first_byte(cut: int) -> None:
    with pytest.raises(LengthError, match=f"ends early.* {len(BODY)} bytes"):
        stored(BODY[: len(BODY) - cut]).iter_range(0, 1)


@pytest.mark.parametrize("extra", [b"x", BODY[:CIPHER_SEGMENT]])
def test_a_body_that_goes_on_is_noticed_before_the_first_byte(extra: bytes) -> None:
    with pytest.raises(LengthError, match="goes on after its end"):
        stored(BODY + extra).verify_end()


def test_a_record_that_was_cut_with_the_body_does_not_help() -> None:
    cut = BODY[: 16 * CIPHER_SEGMENT]
    with pytest.raises(SegmentError, match="Segment 15 is the last one present but not marked as last"):
        stored(cut, len(cut)).verify_end()


def test_a_body_that_shrinks_while_it_is_read_is_noticed() -> None:
    content = bytearray(BODY)
    body = SealedBody(lambda at, n: bytes(content[at : at + n]), key=KEY, body_size=len(BODY))
    blocks = body.iter_range(0, len(PLAIN))
    del content[MIB // 2 :]
    with pytest.raises(LengthError, match="ends early, at segment 7"):
        next(blocks)


def test_an_empty_body_is_an_empty_file() -> None:
    body = stored(b"", 0)
    body.verify_end()
    assert list(body.iter_range(0, 0)) == []


def test_an_empty_record_does_not_hide_a_body() -> None:
    with pytest.raises(LengthError, match="goes on after its end, at segment 0"):
        stored(BODY, 0).verify_end()


def test_the_wrong_key_opens_nothing() -> None:
    body = SealedBody(lambda at, n: BODY[at : at + n], key=bytes(32), body_size=len(BODY))
    with pytest.raises(SegmentError, match="does not authenticate"):
        body.iter_range(0, 1)


@pytest.mark.parametrize("size", [-1, 1, 28, CIPHER_SEGMENT + 1, CIPHER_SEGMENT + 28])
def test_an_impossible_length_is_refused(size: int) -> None:
    with pytest.raises(LengthError, match=f"cannot be {size} bytes"):
        plaintext_size(size)


def test_a_negative_plaintext_is_refused() -> None:
    with pytest.raises(LengthError, match="cannot be -1 bytes"):
        body_size(-1)


def test_the_lengths_of_the_specification() -> None:
    sizes = [0, 1, 65_535, 65_536, 65_537, 131_072, 262_148]
    assert [body_size(size) for size in sizes] == [0, 29, 65_563, 65_564, 65_593, 131_128, 262_288]


@pytest.mark.parametrize("source", [io.BytesIO, Trickle])
@pytest.mark.parametrize("size", [0, 1, 65_536, BATCH - 1, BATCH, BATCH + 1, 2 * MIB, len(PLAIN)])
def test_a_stream_opens(source: type[io.BytesIO], size: int) -> None:
    assert b"".join(open_stream(source(seal(PLAIN[:size])), KEY)) == PLAIN[:size]


@pytest.mark.parametrize("segments", [1, 7, 8, 9, 32, 33])
def test_a_stream_cut_at_a_segment_is_noticed_before_that_segment_leaves(segments: int) -> None:
    out, error = released(open_stream(io.BytesIO(BODY[: segments * CIPHER_SEGMENT]), KEY))
    assert str(error).startswith(f"Segment {segments - 1} is the last one present but not marked as last")
    assert out == PLAIN[: (segments - 1) // BATCH_SEGMENTS * BATCH]


@pytest.mark.parametrize("extra", [b"x", bytes(28), BODY])
def test_a_stream_that_goes_on_after_a_full_block_is_noticed(extra: bytes) -> None:
    out, error = released(open_stream(io.BytesIO(seal(PLAIN[:BATCH]) + extra), KEY))
    assert str(error) == "Segment 7 is marked as last but more bytes follow it."
    assert out == b""


@pytest.mark.parametrize("position", [8, 15])
def test_a_stream_with_blocks_exchanged_says_which_segment(position: int) -> None:
    exchanged = BODY[:CIPHER_BATCH] + BODY[: position * CIPHER_SEGMENT] + BODY[2 * CIPHER_BATCH :]
    out, error = released(open_stream(io.BytesIO(exchanged), KEY))
    assert str(error) == "Segment 8 carries the nonce of segment 0."
    assert out == PLAIN[:BATCH]


def test_a_reader_that_stops_early_leaves_no_thread() -> None:
    blocks = stored().iter_range(0, len(PLAIN))
    next(blocks)
    next(blocks)
    blocks.close()  # type: ignore[attr-defined]
    assert [t for t in threading.enumerate() if t.name.startswith("crypt4gh")] == []


def test_memory_stays_flat_on_a_stream() -> None:
    tracemalloc.start()
    size = sum(len(block) for block in open_stream(Repeating(64), KEY))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 64 * MIB
    assert peak < 20 * MIB


class Repeating:
    """A long sealed body, sealed as it is read."""

    def __init__(self, blocks: int) -> None:
        self._plain = bytes(MIB)
        self._ready = bytearray()
        self._left = blocks
        self._writer = SealingWriter(KEY, self._ready.extend, hash_content=False)

    def read(self, size: int, /) -> bytes:
        while len(self._ready) < size and self._left:
            self._writer.update(self._plain)
            self._left -= 1
            if not self._left:
                self._writer.finish()
        out = bytes(self._ready[:size])
        del self._ready[:size]
        return out

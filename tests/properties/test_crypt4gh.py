"""What holds for every file, every cut into chunks, every range and every changed byte."""

import collections
import contextlib
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspaces.crypt4gh import (
    CIPHER_SEGMENT,
    SEGMENT,
    CommitmentError,
    Crypt4ghError,
    HeaderError,
    KeyFileError,
    SealedBody,
    SealingWriter,
    body_size,
    key_commitment,
    keys,
    make_header,
    open_header,
    open_stream,
    plaintext_size,
    verify_commitment,
)

KEY = bytes(range(32))
READER = hashlib.sha256(b"reader").digest()
HEADER = make_header(KEY, keys.public_key(READER))
SOURCE = hashlib.shake_256(b"source").digest(20 * SEGMENT)

# Sizes near the seams are where the mistakes are.
sizes = st.one_of(
    st.integers(0, 3 * SEGMENT),
    st.builds(lambda n, d: max(0, n * SEGMENT + d), st.integers(0, 19), st.integers(-2, 2)),
)


def seal(plain: bytes, steps: list[int], *, hash_content: bool = True) -> bytes:
    body = bytearray()
    with SealingWriter(KEY, body.extend, hash_content=hash_content) as writer:
        position = 0
        for step in steps:
            writer.update(plain[position : position + step])
            position += step
        writer.update(bytearray(plain[position:]))
        writer.finish()
    return bytes(body)


def stored(body: bytes, size: int) -> SealedBody:
    return SealedBody(lambda at, n: body[at : at + n], key=KEY, body_size=size)


@given(size=sizes, steps=st.lists(st.integers(0, 5 * SEGMENT), max_size=8), hash_content=st.booleans())
def test_chunks_do_not_matter(size: int, steps: list[int], *, hash_content: bool) -> None:
    assert seal(SOURCE[:size], steps, hash_content=hash_content) == seal(SOURCE[:size], [])


@given(size=sizes)
def test_a_stream_gives_back_what_was_sealed(size: int) -> None:
    body = seal(SOURCE[:size], [])
    assert len(body) == body_size(size)
    assert b"".join(open_stream(io.BytesIO(body), KEY)) == SOURCE[:size]


@given(size=sizes, data=st.data())
def test_a_range_is_a_slice(size: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, size))
    stop = data.draw(st.integers(start, size))
    body = seal(SOURCE[:size], [])
    assert b"".join(stored(body, len(body)).iter_range(start, stop)) == SOURCE[start:stop]


@given(size=sizes.filter(bool), data=st.data())
def test_no_changed_byte_gets_through(size: int, data: st.DataObject) -> None:
    body = bytearray(seal(SOURCE[:size], []))
    position = data.draw(st.integers(0, len(body) - 1))
    body[position] ^= data.draw(st.integers(1, 255))
    out = bytearray()
    with pytest.raises(Crypt4ghError):
        collections.deque(map(out.extend, open_stream(io.BytesIO(bytes(body)), KEY)), maxlen=0)
    assert len(out) <= position // CIPHER_SEGMENT * SEGMENT
    assert SOURCE.startswith(bytes(out))


@given(size=sizes.filter(bool), data=st.data())
def test_no_cut_gets_through(size: int, data: st.DataObject) -> None:
    body = seal(SOURCE[:size], [])
    end = data.draw(st.integers(1, len(body) - 1))
    with pytest.raises(Crypt4ghError):
        list(open_stream(io.BytesIO(body[:end]), KEY))
    with pytest.raises(Crypt4ghError):
        stored(body[:end], len(body)).verify_end()


@given(order=st.lists(st.integers(0, 3), min_size=1, max_size=6).filter(lambda o: o != [0, 1, 2, 3]))
def test_no_other_order_of_segments_gets_through(order: list[int]) -> None:
    body = seal(SOURCE[: 4 * SEGMENT], [])
    changed = b"".join(body[i * CIPHER_SEGMENT : (i + 1) * CIPHER_SEGMENT] for i in order)
    with pytest.raises(Crypt4ghError):
        list(open_stream(io.BytesIO(changed), KEY))


@given(size=st.integers(0, 2**60))
def test_lengths_go_there_and_back(size: int) -> None:
    assert plaintext_size(body_size(size)) == size


@given(position=st.integers(0, len(HEADER) - 1), change=st.integers(1, 255))
def test_no_changed_header_byte_gets_through(position: int, change: int) -> None:
    header = bytearray(HEADER)
    header[position] ^= change
    # X25519 ignores the highest bit of a public key, but the key derivation hashes it.
    with pytest.raises(HeaderError):
        open_header(bytes(header), READER)


@given(junk=st.binary(max_size=300))
def test_junk_is_refused_as_a_header_and_as_key_files(junk: bytes) -> None:
    for content in (junk, HEADER[:16] + junk):
        with pytest.raises(HeaderError):
            open_header(content, READER)
    for parse in (keys.parse_public_key, keys.parse_secret_key):
        with pytest.raises(KeyFileError):
            parse(junk)


@given(blob=st.binary(max_size=100))
def test_junk_within_a_key_file_is_refused_or_a_key(blob: bytes) -> None:
    content = keys._armour("PRIVATE", b"c4gh-v1" + blob)
    with contextlib.suppress(KeyFileError):
        assert len(keys.parse_secret_key(content)) == 32


texts = st.text(min_size=1, max_size=20).filter(lambda t: "\0" not in t)


@given(pairs=st.lists(st.tuples(texts, texts), min_size=2, max_size=2, unique=True))
def test_a_commitment_fits_its_own_ids_only(pairs: list[tuple[str, str]]) -> None:
    commitment = key_commitment(KEY, *pairs[0])
    verify_commitment(commitment, KEY, *pairs[0])
    with pytest.raises(CommitmentError):
        verify_commitment(commitment, KEY, *pairs[1])

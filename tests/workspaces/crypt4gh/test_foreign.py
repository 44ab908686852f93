"""The tolerant reader, on what the reference tool writes and on what nobody should send."""

import io
import struct
from typing import Any

import pytest

from workspaces.crypt4gh import HeaderError, SealingWriter, SegmentError, keys, make_header, new_data_key
from workspaces.crypt4gh.foreign import MAX_KEYS, MAX_PACKETS, open_foreign, read_foreign_header

reference: Any = pytest.importorskip("crypt4gh.lib")
header: Any = pytest.importorskip("crypt4gh.header")

OURS = keys.generate_secret_key()
THEIRS = keys.generate_secret_key()
OTHER = keys.public_key(keys.generate_secret_key())
SIZES = [0, 1, 65_535, 65_536, 65_537, 131_072, 262_148, 2_100_007]


def by_reference(plain: bytes, *recipients: bytes, **options: Any) -> bytes:
    out = io.BytesIO()
    for_whom = [(0, THEIRS, one) for one in recipients or (keys.public_key(OURS),)]
    reference.encrypt(for_whom, io.BytesIO(plain), out, **options)
    return out.getvalue()


def opened(sealed: bytes, secret: bytes = OURS) -> bytes:
    source = io.BytesIO(sealed)
    return b"".join(open_foreign(source, read_foreign_header(source, secret)))


def with_packets(*payloads: bytes) -> bytes:
    packets = [one for payload in payloads for one in header.encrypt(payload, [(0, THEIRS, keys.public_key(OURS))])]
    return bytes(header.serialize(packets))


@pytest.mark.parametrize("size", SIZES)
def test_it_opens_what_the_reference_tool_seals(size: int) -> None:
    plain = bytes(range(256)) * (size // 256 + 1)
    assert opened(by_reference(plain[:size])) == plain[:size]


def test_it_opens_what_we_seal_ourselves() -> None:
    key, out = new_data_key(), io.BytesIO(make_header(new_data_key(), OTHER)[:0])
    out.write(make_header(key, keys.public_key(OURS)))
    with SealingWriter(key, out.write, hash_content=False) as writer:
        writer.update(b"x" * 70_000)
        writer.finish()
    assert opened(out.getvalue()) == b"x" * 70_000


def test_packets_of_others_are_passed_over() -> None:
    assert opened(by_reference(b"plain", OTHER, keys.public_key(OURS), OTHER)) == b"plain"


def test_a_file_for_somebody_else_says_so() -> None:
    with pytest.raises(HeaderError, match="made for somebody else"):
        opened(by_reference(b"plain", OTHER))


def test_several_data_keys_are_tried() -> None:
    first, second = new_data_key(), new_data_key()
    whole = by_reference(b"a" * 65_536)
    body = b""
    for key, letter in ((first, b"a"), (second, b"b"), (first, b"c")):
        out = io.BytesIO()
        with SealingWriter(key, out.write, hash_content=False) as writer:
            writer.update(letter * 65_536)
            writer.finish()
        body += out.getvalue()
    sealed = with_packets(bytes(8) + first, bytes(8) + second) + body
    assert opened(sealed) == b"a" * 65_536 + b"b" * 65_536 + b"c" * 65_536
    assert whole


def test_an_edit_list_is_refused() -> None:
    edits = b"\x01\x00\x00\x00" + struct.pack("<I2Q", 2, 0, 10)
    with pytest.raises(HeaderError, match="edit list"):
        opened(with_packets(bytes(8) + new_data_key(), edits))


def test_the_reference_tools_own_edit_list_is_refused() -> None:
    rearranged = io.BytesIO()
    sealed = io.BytesIO(by_reference(b"x" * 200_000))
    reference.rearrange([(0, OURS, keys.public_key(OURS))], sealed, rearranged, offset=10, span=100_000)
    with pytest.raises(HeaderError, match="edit list"):
        opened(rearranged.getvalue())


@pytest.mark.parametrize(
    ("sealed", "says"),
    [
        (b"", "cut short"),
        (b"crypt4gh", "cut short"),
        (b"PK\x03\x04" + bytes(40), "magic word"),
        (b"crypt4gh" + struct.pack("<II", 2, 1), "version 2"),
        (b"crypt4gh" + struct.pack("<II", 1, 0), "claims 0"),
        (b"crypt4gh" + struct.pack("<II", 1, MAX_PACKETS + 1), "claims"),
        (b"crypt4gh" + struct.pack("<III", 1, 1, 0), "impossible length"),
        (b"crypt4gh" + struct.pack("<III", 1, 1, 2**32 - 1), "impossible length"),
        (b"crypt4gh" + struct.pack("<III", 1, 1, 1 << 19), "cut short"),
    ],
)
def test_a_header_that_is_none_is_refused_without_reading_on(sealed: bytes, says: str) -> None:
    with pytest.raises(HeaderError, match=says):
        opened(sealed)


@pytest.mark.parametrize(
    "payload", [b"\x02\x00\x00\x00" + bytes(36), bytes(4) + b"\x01\x00\x00\x00" + bytes(32), bytes(40) + b"x"]
)
def test_a_packet_of_an_unknown_kind_is_refused(payload: bytes) -> None:
    with pytest.raises(HeaderError, match="not known"):
        opened(with_packets(payload))


def test_too_many_data_keys_are_refused() -> None:
    with pytest.raises(HeaderError, match="data keys"):
        opened(with_packets(*(bytes(8) + new_data_key() for _ in range(MAX_KEYS + 1))))


@pytest.mark.parametrize("place", [0, 11, 12, 65_563, 65_564, -1])
def test_a_changed_byte_of_the_body_is_noticed(place: int) -> None:
    sealed = bytearray(by_reference(b"x" * 100_000))
    start = 124 if place >= 0 else 0
    sealed[start + place] ^= 1
    with pytest.raises(SegmentError):
        opened(bytes(sealed))


@pytest.mark.parametrize("left", [1, 27])
def test_a_segment_that_is_cut_short_is_noticed(left: int) -> None:
    with pytest.raises(SegmentError, match="cut short"):
        opened(by_reference(b"x" * 65_536 + b"y" * 10)[: 124 + 65_564 + left])

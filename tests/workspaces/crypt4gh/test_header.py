"""Headers: one data key for one reader, and nothing that an outsider adds is obeyed."""

import io

import pytest

from workspaces.crypt4gh import HeaderError, keys, make_header, new_data_key, open_header, read_header

ALICE = keys.generate_secret_key()
BOB = keys.generate_secret_key()
KEY = new_data_key()
# Points of small order on Curve25519: with each of them, every secret key gives the shared secret zero.
LOW_ORDER = [
    bytes(32),
    bytes([1]) + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
]


def header_for(secret: bytes) -> bytes:
    return make_header(KEY, keys.public_key(secret))


def joined(*headers: bytes) -> bytes:
    return headers[0][:12] + len(headers).to_bytes(4, "little") + b"".join(h[16:] for h in headers)


def test_the_recipient_gets_the_data_key() -> None:
    header = header_for(ALICE)
    assert len(header) == 124
    assert open_header(header, ALICE) == KEY


def test_a_stranger_does_not() -> None:
    with pytest.raises(HeaderError, match="made for somebody else"):
        open_header(header_for(ALICE), BOB)


def test_every_header_has_a_writer_of_its_own() -> None:
    first, second = header_for(ALICE), header_for(ALICE)
    assert first[24:56] != second[24:56]
    assert first[56:68] != second[56:68]


def test_packets_for_others_are_passed_over() -> None:
    both = joined(header_for(BOB), header_for(ALICE))
    assert open_header(both, ALICE) == open_header(both, BOB) == KEY


def test_two_packets_for_the_same_reader_are_refused() -> None:
    with pytest.raises(HeaderError, match="holds 2 packets for this key"):
        open_header(joined(header_for(ALICE), header_for(ALICE)), ALICE)


def test_bytes_after_the_last_packet_are_refused() -> None:
    with pytest.raises(HeaderError, match="Bytes follow"):
        open_header(header_for(ALICE) + b"x", ALICE)


@pytest.mark.parametrize("public", LOW_ORDER)
def test_a_recipient_of_low_order_is_refused(public: bytes) -> None:
    with pytest.raises(HeaderError, match="low order"):
        make_header(KEY, public)


@pytest.mark.parametrize("public", LOW_ORDER)
def test_a_writer_of_low_order_is_refused(public: bytes) -> None:
    header = header_for(ALICE)
    with pytest.raises(HeaderError, match=r"Packet 0 .* low order"):
        open_header(header[:24] + public + header[56:], ALICE)


def test_a_recipient_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(HeaderError, match="32 bytes long, not 31"):
        make_header(KEY, bytes(31))


def test_a_data_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes long, not 31"):
        make_header(KEY[:31], keys.public_key(ALICE))


def test_reading_a_header_leaves_the_stream_at_the_body() -> None:
    both = joined(header_for(BOB), header_for(ALICE))
    stream = io.BytesIO(both + b"the body")
    assert read_header(stream) == both
    assert stream.read() == b"the body"


def test_a_header_that_claims_many_packets_is_refused_at_once() -> None:
    stream = io.BytesIO(header_for(ALICE)[:12] + bytes([65, 0, 0, 0]) + bytes(100_000))
    with pytest.raises(HeaderError, match="claims 65 packets"):
        read_header(stream)
    assert stream.tell() == 16


def test_errors_do_not_show_keys() -> None:
    with pytest.raises(HeaderError) as caught:
        open_header(joined(header_for(ALICE), header_for(ALICE)), ALICE)
    assert KEY.hex() not in repr(caught.value)
    assert caught.value.__cause__ is None

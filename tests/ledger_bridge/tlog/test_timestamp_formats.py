"""DER and the token of a timestamp: against another implementation, and whatever the bytes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_bridge.tlog.anchors.der import OCTET_STRING, Element, read_all, read_one
from ledger_bridge.tlog.anchors.timestamp import TimestampEvidence, read_token
from ledger_bridge.tlog.errors import FormatError
from tests.fakes.timestamps import Authority
from tests.needs import needs


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65_535, 65_536])
def test_an_element_of_any_length_is_read(length: int) -> None:
    size = bytes([length]) if length < 128 else b""
    if not size:
        digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
        size = bytes([0x80 | len(digits)]) + digits
    assert read_one(b"\x04" + size + bytes(length)) == Element(OCTET_STRING, bytes(length))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x04", b"\x04\x02a", b"\x04\x80a\0\0", b"\x04\x81\x01a", b"\x04\x82\x00\x80" + bytes(128),
        b"\x1f\x01a", b"\x04\x85\x01\0\0\0\0", b"\x04\x82\x01", b"\x04\0\x04\0",
    ],
)  # fmt: skip
def test_what_is_not_one_element_in_its_one_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_one(data)


@given(st.binary(max_size=60))
def test_bytes_are_read_as_der_in_one_way_or_refused(data: bytes) -> None:
    try:
        elements = read_all(data)
    except FormatError:
        return
    # Short lengths have one spelling, so what was read writes the same again.
    assert b"".join(bytes([one.tag, len(one.content)]) + one.content for one in elements) == data


@given(st.binary(max_size=200))
def test_no_bytes_whatever_end_in_another_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_token(data)


@needs("openssl")
def test_no_changed_byte_of_a_token_ends_in_another_error(tmp_path: Path) -> None:
    token = Authority(tmp_path).token(b"text")
    for at in range(min(len(token), 400)):
        for flip in (0x01, 0x80, 0xFF):
            changed = token[:at] + bytes([token[at] ^ flip]) + token[at + 1 :]
            try:
                read_token(changed)
            except FormatError:
                continue


@needs("openssl")
def test_evidence_is_read_as_it_was_written(tmp_path: Path) -> None:
    evidence = TimestampEvidence(size=7, root=bytes(32), token=Authority(tmp_path).token(b"text"))
    assert TimestampEvidence.from_json(evidence.as_json()) == evidence

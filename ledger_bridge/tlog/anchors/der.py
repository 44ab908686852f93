"""DER (X.690), as far as a timestamp needs it: elements with short tags and definite lengths, in their one spelling.

Rules enforced
    * the length is written as short as can be, and lies within the bytes at hand;
    * nothing follows the last element.

Out of scope: tags above 30, the order within sets, and what an element of a certain type may hold.
"""

from dataclasses import dataclass

from ledger_bridge.tlog.errors import FormatError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31
IMPLICIT_0, CONTEXT_0, CONTEXT_1, CONTEXT_3 = 0x80, 0xA0, 0xA1, 0xA3
_LONG_TAG, _LONG_LENGTH, _MOST_LENGTH_BYTES = 0x1F, 0x80, 4


@dataclass(frozen=True)
class Element:
    """One value: its tag, and the bytes within."""

    tag: int
    content: bytes

    def expect(self, tag: int, name: str) -> bytes:
        """Return the content of an element that must be of this type.

        Raises:
            FormatError: it is of another.

        """
        if self.tag != tag:
            raise FormatError(f"{name} has the tag {self.tag:#04x} instead of {tag:#04x}")
        return self.content

    def members(self, tag: int, name: str) -> list["Element"]:
        """Read what stands in a sequence or set, or in another element that must be of this type.

        Raises:
            FormatError: it is of another type, or holds no DER.

        """
        return read_all(self.expect(tag, name))

    @property
    def encoded(self) -> bytes:
        """The bytes it was read from: there is only one way to write it."""
        return encode(self.tag, self.content)


def encode(tag: int, content: bytes) -> bytes:
    """Write one element."""
    length = len(content)
    if length < _LONG_LENGTH:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, _LONG_LENGTH + len(size)]) + size + content


def member(elements: list[Element], place: int, name: str) -> Element:
    """Return the element at a place where one must be.

    Raises:
        FormatError: there are fewer.

    """
    if place >= len(elements):
        raise FormatError(f"{name} is missing")
    return elements[place]


def read_bits(element: Element, name: str) -> bytes:
    """Return the content of a string of whole bytes.

    Raises:
        FormatError: it is none.

    """
    content = element.expect(BIT_STRING, name)
    if content[:1] != b"\0":
        raise FormatError(f"{name} is not a string of whole bytes")
    return content[1:]


def read_one(data: bytes) -> Element:
    """Read bytes that are one element.

    Raises:
        FormatError: they are none, or more.

    """
    elements = read_all(data)
    if len(elements) != 1:
        raise FormatError(f"one DER element was expected, not {len(elements)}")
    return elements[0]


def read_all(data: bytes) -> list[Element]:
    """Read elements to the end.

    Raises:
        FormatError: the bytes are not DER.

    """
    elements, at = [], 0
    while at < len(data):
        element, at = _read(data, at)
        elements.append(element)
    return elements


def _read(data: bytes, at: int) -> tuple[Element, int]:
    tag = data[at]
    if tag & _LONG_TAG == _LONG_TAG or at + 1 >= len(data):
        raise FormatError("it is not DER: a tag is not one that occurs here")
    length, start = _length(data, at + 1)
    if start + length > len(data):
        raise FormatError("it is not DER: an element is longer than what holds it")
    return Element(tag, data[start : start + length]), start + length


def _length(data: bytes, at: int) -> tuple[int, int]:
    first, start = data[at], at + 1
    if first < _LONG_LENGTH:
        return first, start
    count = first - _LONG_LENGTH
    encoded = data[start : start + count]
    length = int.from_bytes(encoded, "big")
    canonical = length >= _LONG_LENGTH and encoded[:1] != b"\0"
    if not 0 < count <= _MOST_LENGTH_BYTES or len(encoded) != count or not canonical:
        raise FormatError("it is not DER: a length is not written as it must be")
    return length, start + count

"""Strict readers for the three encodings that the text formats share.

Python's own `int()` and `b64decode()` accept several spellings of one value ("05", "+5", "5_0", padding bits
that are not zero). A signed text must have one spelling, so these readers refuse the others.
"""

import base64
import binascii
import re

from ledger_bridge.tlog.errors import FormatError

MAX_SIZE = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def decimal(text: str, field: str = "number") -> int:
    """Read a decimal number without sign, leading zero or separator, at most 2^63 - 1.

    Raises:
        FormatError: the text is anything else; the message names the field.

    """
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise FormatError(f"{field}: {text[:40]!r} is not a decimal number as the format wants it")
    return int(text)


def unbase64(text: str, field: str = "value") -> bytes:
    """Decode padded standard base64 in its one canonical spelling.

    Raises:
        FormatError: foreign characters, wrong padding, or padding bits that are not zero; the message names the field.

    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FormatError(f"{field}: {text[:40]!r} is not base64") from error
    if to_base64(raw) != text:
        raise FormatError(f"{field}: {text[:40]!r} is not canonical base64")
    return raw


def to_base64(raw: bytes) -> str:
    """Encode as padded standard base64."""
    return base64.b64encode(raw).decode("ascii")


def hash_from_base64(text: str, field: str = "hash") -> bytes:
    """Decode base64 that must hold exactly 32 bytes.

    Raises:
        FormatError: not canonical base64, or another length; the message names the field.

    """
    raw = unbase64(text, field)
    if len(raw) != 32:  # noqa: PLR2004  # the length of a SHA-256 hash
        raise FormatError(f"{field}: a hash has 32 bytes, this one has {len(raw)}")
    return raw

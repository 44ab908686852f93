"""Holds a downloaded file against its receipt.

Rules enforced: the header has the length and the SHA-256 of the receipt; the body has its length, to the byte, and
its BLAKE3; with the secret key, every segment opens under profile S1, and the plaintext has the receipt's length and
SHA-256.

Out of scope: whether the receipt is true. The proof in it is held against the log by `python -m verifier`.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO

from blake3 import blake3

from workspaces.crypt4gh.errors import ReceiptError
from workspaces.crypt4gh.header import open_header
from workspaces.crypt4gh.reader import open_stream
from workspaces.crypt4gh.segments import BATCH

FORMAT = "ithaca/hand-over-receipt/v1"
MAX_RECEIPT = 1 << 20
_MAX_HEADER = 1 << 16
_HASH = 64


@dataclass(frozen=True)
class Expected:
    """What a receipt says of the file."""

    header_size: int
    header_sha256: str
    body_size: int
    body_blake3: str
    plaintext_size: int
    plaintext_sha256: str

    @classmethod
    def parse(cls, content: bytes) -> "Expected":
        """Read a receipt.

        Raises:
            ReceiptError: it is not one, or not of this version.

        """
        try:
            said: Any = json.loads(content)
            if said["format"] != FORMAT:
                raise ReceiptError("This is a receipt of another kind, or of a newer version.")
            header, body, plaintext = said["header"], said["body"], said["plaintext"]
            return cls(
                _size(header, _MAX_HEADER),
                _hash(header["sha256"]),
                _size(body),
                _hash(body["blake3"]),
                _size(plaintext),
                _hash(plaintext["sha256"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ReceiptError("This is not the receipt of a hand-over.") from None


def check_file(file: BinaryIO, expected: Expected) -> None:
    """Hold header and body of a file against its receipt.

    Raises:
        ReceiptError: at the first thing that differs.

    """
    header = file.read(expected.header_size)
    if len(header) < expected.header_size or sha256(header).hexdigest() != expected.header_sha256:
        raise ReceiptError("The header is not the one of the receipt: the file was cut, changed, or sealed again.")
    found, size = blake3(max_threads=blake3.AUTO), 0
    while chunk := file.read(8 * BATCH):
        found.update(chunk)
        size += len(chunk)
    if size != expected.body_size:
        what = "cut short" if size < expected.body_size else "longer than it was"
        raise ReceiptError(f"The body is {what}: {size} bytes instead of {expected.body_size}.")
    if found.hexdigest() != expected.body_blake3:
        raise ReceiptError("The body is not the one of the receipt: bytes in it were changed or moved.")


def check_plaintext(file: BinaryIO, expected: Expected, secret_key: bytes) -> None:
    """Open every segment of a file and hold the plaintext against its receipt. Nothing of it is written anywhere.

    Raises:
        Crypt4ghError: at the first thing that is wrong.

    """
    data_key = open_header(file.read(expected.header_size), secret_key)
    found, size = sha256(), 0
    for block in open_stream(file, data_key):
        found.update(block)
        size += len(block)
    if (size, found.hexdigest()) != (expected.plaintext_size, expected.plaintext_sha256):
        raise ReceiptError("What the file opens to is not what the receipt says.")


def _size(part: Any, most: int = 1 << 62) -> int:
    size = part["size"]
    if type(size) is not int or not 0 <= size <= most:
        raise ValueError
    return size


def _hash(text: Any) -> str:
    if type(text) is not str or len(bytes.fromhex(text)) * 2 != _HASH:
        raise ValueError
    return text.lower()

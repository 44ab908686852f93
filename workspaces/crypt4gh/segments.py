"""Segments: where each lies, which nonce it carries, and how one is sealed and opened.

Rules enforced here (Crypt4GH v1 section 3.4, narrowed by profile S1):

1. Segment *i* holds 65,536 bytes of plaintext; only the last may hold fewer, and none holds zero.
2. Its nonce is *i* as 11 bytes big-endian, then one byte: 1 for the last segment, 0 for every other.
3. It is stored as nonce, ciphertext, 16-byte tag; the additional data is empty.
4. An opened segment is handed on only after its tag was verified with exactly that nonce.

Out of scope: reading and writing (`reader`, `writer`), and where the data key comes from (`header`).
"""

import secrets
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from workspaces.crypt4gh.errors import LengthError, SegmentError

Data: TypeAlias = bytes | bytearray | memoryview

KEY_SIZE = 32
NONCE_SIZE = 12
TAG_SIZE = 16
OVERHEAD = NONCE_SIZE + TAG_SIZE
SEGMENT = 65_536
CIPHER_SEGMENT = SEGMENT + OVERHEAD

# Work is done in batches of 512 KiB: large enough that Python's share of the time is small, small enough that what one
# thread has just written is still at hand for the other, and that several of them for each client cost little memory.
BATCH_SEGMENTS = 8
BATCH = BATCH_SEGMENTS * SEGMENT
CIPHER_BATCH = BATCH_SEGMENTS * CIPHER_SEGMENT


def new_data_key() -> bytes:
    """Return a fresh random data key of 32 bytes, to be used for one version of one file and never again.

    Two bodies under one key share their nonces, which gives both away. (Profile S1, writer rule 1.)
    """
    return secrets.token_bytes(KEY_SIZE)


def cipher_for(key: Data) -> ChaCha20Poly1305:
    """Return the cipher for a 32-byte data key.

    Raises:
        ValueError: the key is not 32 bytes long.

    """
    if len(key) != KEY_SIZE:
        raise ValueError(f"A data key is {KEY_SIZE} bytes long, not {len(key)}.")
    return ChaCha20Poly1305(key)


def nonce(index: int, *, last: bool) -> bytes:
    """Return the 12-byte nonce of segment `index`. (Section 5.3 allows a counter; the last byte is S1's own.)"""
    return index.to_bytes(NONCE_SIZE - 1, "big") + (b"\x01" if last else b"\x00")


def body_size(plaintext_size: int) -> int:
    """Return the length in bytes of the sealed body of `plaintext_size` bytes. (Section 3.4.1.)

    Raises:
        LengthError: the size is negative.

    """
    if plaintext_size < 0:
        raise LengthError(f"A plaintext cannot be {plaintext_size} bytes long.")
    return plaintext_size + segment_count(plaintext_size) * OVERHEAD


def plaintext_size(body_size: int) -> int:
    """Return the length in bytes of the plaintext in a sealed body of `body_size` bytes. (Section 3.4.1.)

    Raises:
        LengthError: no plaintext has a body of that length (an empty last segment included).

    """
    full, rest = divmod(body_size, CIPHER_SEGMENT)
    if body_size < 0 or 0 < rest <= OVERHEAD:
        raise LengthError(f"A sealed body cannot be {body_size} bytes long.")
    return full * SEGMENT + (rest - OVERHEAD if rest else 0)


def segment_count(plaintext_size: int) -> int:
    """Return how many segments `plaintext_size` bytes fill; an empty file has none."""
    return -(-plaintext_size // SEGMENT)


def seal_batch(cipher: ChaCha20Poly1305, first: int, plain: Data, out: memoryview, *, last: bool) -> None:
    """Seal consecutive segments.

    Args:
        cipher: the data key's cipher.
        first: number of the first segment in `plain`.
        plain: whole segments; the final one may be short if `last`.
        out: receives the segments; exactly `body_size(len(plain))` bytes.
        last: whether the final segment of the batch is the last of the file.

    """
    source = memoryview(plain)
    for number, start in enumerate(range(0, len(source), SEGMENT), first):
        piece = source[start : start + SEGMENT]
        place = (number - first) * CIPHER_SEGMENT
        value = nonce(number, last=last and start + SEGMENT >= len(source))
        out[place : place + NONCE_SIZE] = value
        cipher.encrypt_into(value, piece, None, out[place + NONCE_SIZE : place + len(piece) + OVERHEAD])


def open_batch(cipher: ChaCha20Poly1305, first: int, sealed: Data, out: memoryview, *, last: bool) -> int:
    """Open consecutive segments and return the number of plaintext bytes.

    Args:
        cipher: the data key's cipher.
        first: number of the first segment in `sealed`.
        sealed: whole segments; the final one may be short if `last`.
        out: receives the plaintext; at least as long as `sealed` less its overhead. What it holds after an error is
            unverified and must not be used.
        last: whether the final segment of the batch must be the last of the file.

    Raises:
        SegmentError: for the first segment that is not what belongs at its place.

    """
    source = memoryview(sealed)
    done = 0
    for number, start in enumerate(range(0, len(source), CIPHER_SEGMENT), first):
        piece = source[start : start + CIPHER_SEGMENT]
        done += _open_segment(cipher, number, piece, out[done:], last=last and start + CIPHER_SEGMENT >= len(source))
    return done


def _open_segment(cipher: ChaCha20Poly1305, number: int, piece: memoryview, out: memoryview, *, last: bool) -> int:
    _require_plausible_length(number, len(piece), last=last)
    expected = nonce(number, last=last)
    if piece[:NONCE_SIZE] != expected:
        raise SegmentError(number, _what_the_nonce_says(bytes(piece[:NONCE_SIZE]), number, last=last))
    size = len(piece) - OVERHEAD
    try:
        return cipher.decrypt_into(expected, piece[NONCE_SIZE:], None, out[:size])
    except InvalidTag:
        raise SegmentError(
            number, "does not authenticate: its bytes were changed, or the key is another file's"
        ) from None


def _require_plausible_length(number: int, length: int, *, last: bool) -> None:
    if length <= OVERHEAD:
        raise SegmentError(number, f"is {length} bytes long, too short to hold any data")
    if length < CIPHER_SEGMENT and not last:
        raise SegmentError(number, f"is {length} bytes long, and only the last segment may be short")


def _what_the_nonce_says(found: bytes, number: int, *, last: bool) -> str:
    # Nothing here is trusted: the nonce only decides which sentence the reader of the error sees.
    if found == nonce(number, last=not last):
        if last:
            return "is the last one present but not marked as last: the body was cut short"
        return "is marked as last but more bytes follow it"
    if found[-1] in (0, 1):
        return f"carries the nonce of segment {int.from_bytes(found[:-1], 'big')}"
    return "carries a nonce that does not belong to profile S1"

"""Headers: a data key, encrypted to one recipient. (Crypt4GH v1 sections 3.2 and 3.3.)

A header is `"crypt4gh" ‖ u32 version ‖ u32 packet count ‖ packets`, integers little-endian. A packet is
`u32 length ‖ u32 method ‖ writer's public key (32) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`; the shared key is the first
half of Blake2b-512(X25519 secret ‖ reader's public key ‖ writer's public key).

Rules enforced on writing: one data-key packet, no padding, no edit list, a key pair of its own for every packet, which
is forgotten at once.

Rules enforced on reading: version 1; 1 to 64 packets, each a data-key packet by its length (108 bytes) and method (0);
exactly one opens with the reader's key, and it holds data key and nothing else; no bytes after the last packet; no
public key of low order, which would make the shared secret all zero. Packets that do not open belong to other
recipients and are passed over. So an edit list, a second data key or a padded packet is refused, not obeyed.

Out of scope: headers of other profiles. Authentication of the writer: anyone who knows the recipient's public key can
make a header; what binds a data key to a file is its commitment (`commitment`).
"""

import hashlib
import io
import secrets
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from workspaces.crypt4gh.errors import HeaderError
from workspaces.crypt4gh.segments import KEY_SIZE, NONCE_SIZE, TAG_SIZE

MAGIC = b"crypt4gh"
VERSION = 1
MAX_PACKETS = 64

_METHOD_X25519_CHACHA20 = bytes(4)
# Packet type 0 (data encryption parameters), then data encryption method 0 (ChaCha20-Poly1305).
_DATA_KEY_PREFIX = bytes(8)
_PREAMBLE_SIZE = 16
_PACKET_SIZE = 4 + 4 + KEY_SIZE + NONCE_SIZE + len(_DATA_KEY_PREFIX) + KEY_SIZE + TAG_SIZE


class Readable(Protocol):
    """Where sealed bytes come from: a binary file, a pipe, a socket's file."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, and no bytes only at the end."""


def make_header(data_key: bytes, recipient_public_key: bytes) -> bytes:
    """Return a header of 124 bytes that gives a 32-byte data key to the holder of a 32-byte X25519 public key.

    Sections 3.2 and 3.3.1. The writer's key pair is made for this packet and discarded.

    Raises:
        ValueError: the data key is not 32 bytes long.
        HeaderError: the recipient's key is not 32 bytes long or is of low order.

    """
    if len(data_key) != KEY_SIZE:
        raise ValueError(f"A data key is {KEY_SIZE} bytes long, not {len(data_key)}.")
    writer = X25519PrivateKey.generate()
    writer_public = writer.public_key().public_bytes_raw()
    shared = shared_key(writer, recipient_public_key, reader=recipient_public_key, writer=writer_public)
    nonce = secrets.token_bytes(NONCE_SIZE)
    sealed = ChaCha20Poly1305(shared).encrypt(nonce, _DATA_KEY_PREFIX + data_key, None)
    packet = _u32(_PACKET_SIZE) + _METHOD_X25519_CHACHA20 + writer_public + nonce + sealed
    return MAGIC + _u32(VERSION) + _u32(1) + packet


def open_header(header: bytes, secret_key: bytes) -> bytes:
    """Return the 32-byte data key that `header` holds for a 32-byte X25519 secret key. (Sections 3.2, 3.3.2, 3.3.3.)

    Raises:
        ValueError: the secret key is not 32 bytes long.
        HeaderError: the header breaks one of the rules at the top of this module.

    """
    stream = io.BytesIO(header)
    packets = _read_packets(stream)
    if stream.read(1):
        raise HeaderError("Bytes follow the last packet of the header.")
    secret = X25519PrivateKey.from_private_bytes(secret_key)
    opened = [payload for number, packet in enumerate(packets) if (payload := _open(number, packet, secret))]
    if len(opened) != 1:
        raise HeaderError(
            f"The header holds {len(opened)} packets for this key where there must be one."
            if opened
            else "No packet of the header opens with this key: it was made for somebody else, or changed."
        )
    return _data_key(opened[0])


def read_header(source: Readable) -> bytes:
    """Read exactly one header from a stream and return its bytes, leaving the stream at the body. (Section 3.2.)

    At most 64 packets of 108 bytes are read, whatever the header claims.

    Raises:
        HeaderError: the stream does not start with a header of the shape that profile S1 accepts.

    """
    packets = _read_packets(source)
    return MAGIC + _u32(VERSION) + _u32(len(packets)) + b"".join(_u32(_PACKET_SIZE) + p for p in packets)


def _read_packets(source: Readable) -> list[bytes]:
    preamble = read_exactly(source, _PREAMBLE_SIZE)
    if preamble[:8] != MAGIC:
        raise HeaderError("This is not a Crypt4GH file: it does not start with the magic word.")
    version, count = _number(preamble[8:12]), _number(preamble[12:])
    if version != VERSION:
        raise HeaderError(f"This is Crypt4GH version {version}; only version {VERSION} is read.")
    if not 1 <= count <= MAX_PACKETS:
        raise HeaderError(f"The header claims {count} packets; it may have 1 to {MAX_PACKETS}.")
    return [_read_packet(source, number) for number in range(count)]


def _read_packet(source: Readable, number: int) -> bytes:
    size = _number(read_exactly(source, 4))
    if size != _PACKET_SIZE:
        raise HeaderError(f"Packet {number} of the header is {size} bytes long; a data-key packet is {_PACKET_SIZE}.")
    packet = read_exactly(source, size - 4)
    if not packet.startswith(_METHOD_X25519_CHACHA20):
        raise HeaderError(f"Packet {number} of the header uses the unknown method {_number(packet[:4])}.")
    return packet


def _open(number: int, packet: bytes, secret: X25519PrivateKey) -> bytes | None:
    writer_public, nonce, sealed = packet[4:36], packet[36:48], packet[48:]
    reader_public = secret.public_key().public_bytes_raw()
    try:
        shared = shared_key(secret, writer_public, reader=reader_public, writer=writer_public)
    except HeaderError:
        raise HeaderError(f"Packet {number} of the header carries a writer's key of low order.") from None
    try:
        return ChaCha20Poly1305(shared).decrypt(nonce, sealed, None)
    except InvalidTag:
        # A packet for another recipient; section 3.2.1 says to pass over it.
        return None


def _data_key(payload: bytes) -> bytes:
    if payload[:4] != _DATA_KEY_PREFIX[:4]:
        raise HeaderError(
            f"The header holds a packet of type {_number(payload[:4])}; only a data key is accepted, no edit list."
        )
    if payload[4:8] != _DATA_KEY_PREFIX[4:]:
        raise HeaderError(f"The data is encrypted by the unknown method {_number(payload[4:8])}.")
    return payload[8:]


def shared_key(own: X25519PrivateKey, peer: bytes, *, reader: bytes, writer: bytes) -> bytes:
    """Return the key that a packet is sealed with, from either side. (Section 3.2.2.)

    Raises:
        HeaderError: the peer's key is not 32 bytes long, or is of low order.

    """
    if len(peer) != KEY_SIZE:
        raise HeaderError(f"A public key is {KEY_SIZE} bytes long, not {len(peer)}.")
    try:
        secret = own.exchange(X25519PublicKey.from_public_bytes(peer))
    except ValueError:
        # The library refuses an all-zero secret: whoever sent that key could otherwise choose what everyone shares.
        raise HeaderError("The public key is of low order and must not be used.") from None
    return hashlib.blake2b(secret + reader + writer, digest_size=64).digest()[:KEY_SIZE]


def read_exactly(source: Readable, size: int) -> bytes:
    """Read so many bytes of a header.

    Raises:
        HeaderError: the stream ends before.

    """
    parts, missing = [], size
    while missing:
        part = source.read(missing)
        if not part:
            raise HeaderError("The header is cut short.")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "little")


def _number(value: bytes) -> int:
    return int.from_bytes(value, "little")

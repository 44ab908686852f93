"""The tolerant reader, for files that other tools sealed for us. What it yields is sealed anew.

Accepted: Crypt4GH version 1; any number of packets up to a limit, those of other recipients and of unknown methods
passed over; several data keys; random nonces; an empty last segment, which some tools write.

Refused: a header over 1 MiB or 256 packets; more than 16 data keys; a packet of a type that is not known; and an edit
list, because a list that hides most of the file can be added by anybody who knows the recipient's public key, and what
is kept here would then be less than what was sent.

What it cannot notice: segments that were cut off, moved or doubled. The format does not show them; compare the length
and the SHA-256 of the result with the sender's.
"""

from collections.abc import Iterator, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from workspaces.crypt4gh.errors import HeaderError, SegmentError
from workspaces.crypt4gh.header import MAGIC, VERSION, Readable, read_exactly, shared_key
from workspaces.crypt4gh.segments import CIPHER_BATCH, CIPHER_SEGMENT, KEY_SIZE, NONCE_SIZE, OVERHEAD

MAX_PACKETS = 256
MAX_HEADER = 1 << 20
MAX_KEYS = 16

_METHOD_X25519_CHACHA20 = bytes(4)
# Length, method, writer's key, nonce, packet type, tag: nothing shorter says anything.
_LEAST_PACKET = 4 + 4 + KEY_SIZE + NONCE_SIZE + 4 + 16
_DATA_KEY, _EDIT_LIST = bytes(4), b"\x01\x00\x00\x00"
_CHACHA20 = bytes(4)


def read_foreign_header(source: Readable, secret_key: bytes) -> list[bytes]:
    """Read a header from a stream and return the data keys in it, leaving the stream at the body.

    Raises:
        HeaderError: it is no header, none of its packets opens, or it holds something that is refused.

    """
    preamble = read_exactly(source, 16)
    if preamble[:8] != MAGIC:
        raise HeaderError("This is not a Crypt4GH file: it does not start with the magic word.")
    version, count = _number(preamble[8:12]), _number(preamble[12:])
    if version != VERSION:
        raise HeaderError(f"This is Crypt4GH version {version}; only version {VERSION} is read.")
    if not 1 <= count <= MAX_PACKETS:
        raise HeaderError(f"The header claims {count} packets; it may have 1 to {MAX_PACKETS}.")
    secret = X25519PrivateKey.from_private_bytes(secret_key)
    packets = _read_packets(source, count)
    return _data_keys([payload for packet in packets if (payload := _open(packet, secret)) is not None])


def open_foreign(source: Readable, data_keys: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the plaintext of a body in blocks of up to 512 KiB, each segment after its tag was verified.

    Raises:
        SegmentError: for the first segment that opens with none of the keys; nothing of its block is yielded.

    """
    ciphers = [ChaCha20Poly1305(key) for key in data_keys]
    first = 0
    while sealed := _read_batch(source):
        pieces = memoryview(sealed)
        numbered = enumerate(range(0, len(pieces), CIPHER_SEGMENT), first)
        opened = [_open_segment(ciphers, number, pieces[at : at + CIPHER_SEGMENT]) for number, at in numbered]
        yield b"".join(opened)
        first += len(opened)


def _read_packets(source: Readable, count: int) -> list[bytes]:
    packets, total = [], 0
    for number in range(count):
        size = _number(read_exactly(source, 4))
        total += size
        if size < _LEAST_PACKET or total > MAX_HEADER:
            raise HeaderError(f"Packet {number} of the header has the impossible length of {size} bytes.")
        packets.append(read_exactly(source, size - 4))
    return packets


def _open(packet: bytes, secret: X25519PrivateKey) -> bytes | None:
    """Return what a packet holds; None for one that is for somebody else, which section 3.2.1 says to pass over."""
    if not packet.startswith(_METHOD_X25519_CHACHA20):
        return None
    writer, nonce, sealed = packet[4:36], packet[36:48], packet[48:]
    try:
        shared = shared_key(secret, writer, reader=secret.public_key().public_bytes_raw(), writer=writer)
        return ChaCha20Poly1305(shared).decrypt(nonce, sealed, None)
    except (HeaderError, InvalidTag):
        return None


def _data_keys(payloads: Sequence[bytes]) -> list[bytes]:
    if not payloads:
        raise HeaderError("No packet of the header opens with this key: it was made for somebody else, or changed.")
    keys = [_data_key(payload) for payload in payloads]
    if len(set(keys)) > MAX_KEYS:
        raise HeaderError(f"The header holds {len(set(keys))} data keys; it may hold {MAX_KEYS}.")
    return list(dict.fromkeys(keys))


def _data_key(payload: bytes) -> bytes:
    if payload[:4] == _EDIT_LIST:
        raise HeaderError(
            "The header holds an edit list, which says that only parts of the file count. Anybody can add one, so it is"
            " not obeyed here. Open the file with your own key, and send the result."
        )
    if payload[:4] != _DATA_KEY or payload[4:8] != _CHACHA20 or len(payload) != 8 + KEY_SIZE:
        raise HeaderError("The header holds a packet of a kind that is not known here.")
    return payload[8:]


def _open_segment(ciphers: list[ChaCha20Poly1305], number: int, piece: memoryview) -> bytes:
    if len(piece) < OVERHEAD:
        raise SegmentError(number, "is cut short")
    nonce, sealed = bytes(piece[:NONCE_SIZE]), piece[NONCE_SIZE:]
    for place, cipher in enumerate(ciphers):
        try:
            opened = cipher.decrypt(nonce, sealed, None)
        except InvalidTag:
            continue
        # The next segment most likely has the same key.
        ciphers.insert(0, ciphers.pop(place))
        return opened
    raise SegmentError(number, "opens with none of the keys in the header: its bytes were changed")


def _read_batch(source: Readable) -> bytes:
    parts, missing = [], CIPHER_BATCH
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _number(value: bytes) -> int:
    return int.from_bytes(value, "little")

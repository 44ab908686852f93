"""Generates the Crypt4GH S1 test vectors: `python generate.py` writes them, `python generate.py --check` compares.

It imports nothing of the project: it is a second, plain implementation of sealing, so that a mistake in the sealing
engine cannot hide in its own vectors. What each vector must lead to is written down here, not observed. Everything is
derived from fixed labels; the output is the same everywhere. See README.md for the meaning of the JSON.
"""

import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

HERE = Path(__file__).parent
SIZES = (0, 1, 65_535, 65_536, 65_537, 131_072, 262_148)
SEGMENT, SEALED = 65_536, 65_564
HEADER = 124
SMALL = 1_024

Piece = list[Any]
Vector = dict[str, Any]


def secret(label: str) -> bytes:
    return hashlib.sha256(b"c4gh-s1 vector " + label.encode()).digest()


def public(label: str) -> bytes:
    return X25519PrivateKey.from_private_bytes(secret(label)).public_key().public_bytes_raw()


PLAINTEXT = hashlib.shake_256(b"c4gh-s1 vector plaintext").digest(max(SIZES))
DATA_KEY = secret("data key")
OTHER_KEY = secret("other data key")
FILE_ID = "7f1d2a52-0c46-4a52-9c1e-5b1f4f6a9a10"
VERSION_ID = "c8a0a1c0-6d3b-4f0e-8a55-0f1e2d3c4b5a"


# --- A plain implementation of the format -----------------------------------------------------------------------


def nonce(index: int, last: int) -> bytes:
    return index.to_bytes(11, "big") + bytes([last])


def sealed(key: bytes, value: bytes, plain: bytes) -> bytes:
    return value + ChaCha20Poly1305(key).encrypt(value, plain, None)


def packet(payload: bytes, *, reader: str = "reader", writer: str = "writer") -> bytes:
    own = X25519PrivateKey.from_private_bytes(secret(writer))
    shared = own.exchange(X25519PublicKey.from_public_bytes(public(reader)))
    key = hashlib.blake2b(shared + public(reader) + public(writer)).digest()[:32]
    value = secret("nonce " + writer)[:12]
    body = bytes(4) + public(writer) + sealed(key, value, payload)
    return u32(len(body) + 4) + body


def header(*packets: bytes) -> bytes:
    return b"crypt4gh" + u32(1) + u32(len(packets)) + b"".join(packets)


def u32(number: int) -> bytes:
    return number.to_bytes(4, "little")


def data_packet(key: bytes, **keys: str) -> bytes:
    return packet(bytes(8) + key, **keys)


def body(key: bytes, size: int) -> bytes:
    starts = range(0, size, SEGMENT)
    return b"".join(
        sealed(key, nonce(i, int(start + SEGMENT >= size)), PLAINTEXT[start : min(start + SEGMENT, size)])
        for i, start in enumerate(starts)
    )


BASE_HEADER = header(data_packet(DATA_KEY))
BASES = {size: BASE_HEADER + body(DATA_KEY, size) for size in SIZES}
OTHERS = {size: header(data_packet(OTHER_KEY, writer="outsider")) + body(OTHER_KEY, size) for size in SIZES}


# --- The language of the vectors --------------------------------------------------------------------------------


def build(size: int, pieces: list[Piece]) -> bytes:
    return b"".join(_piece(size, *piece) for piece in pieces)


def _piece(size: int, kind: str, *values: Any) -> bytes:
    if kind in {"base", "other"}:
        start, stop = values
        return (BASES if kind == "base" else OTHERS)[size][start:stop]
    if kind == "hex":
        return bytes.fromhex(values[0])
    value, start, stop = values
    return sealed(DATA_KEY, bytes.fromhex(value), PLAINTEXT[start:stop])


class Shape:
    """Where things lie in the base file of one plaintext size."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.count = -(-size // SEGMENT)
        self.end = len(BASES[size])
        self.last = self.count - 1

    def segment(self, index: int, kind: str = "base") -> Piece:
        start = HEADER + index * SEALED
        return [kind, start, min(start + SEALED, self.end)]

    def segments(self, *indices: int) -> list[Piece]:
        return [self.segment(i) for i in indices]

    def resealed(self, index: int, number: int, last: int) -> Piece:
        start = index * SEGMENT
        return ["seal", nonce(number, last).hex(), start, min(start + SEGMENT, self.size)]

    def flipped(self, position: int) -> list[Piece]:
        byte = BASES[self.size][position] ^ 1
        return [["base", 0, position], ["hex", f"{byte:02x}"], ["base", position + 1, self.end]]


HEAD: Piece = ["base", 0, HEADER]


def vector(
    name: str, size: int, pieces: list[Piece], stream: str | None, segment: int | None, record: str | None
) -> Vector:
    content = build(size, pieces)
    return {
        "name": f"{name}-{size}",
        "base": size,
        "pieces": pieces,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "stream": stream and {"error": stream, "segment": segment},
        "record": record,
    }


# --- Mutations of the body --------------------------------------------------------------------------------------


def cuts(at: Shape) -> Iterator[Vector]:
    def cut(name: str, end: int, segment: int) -> Vector:
        return vector(name, at.size, [["base", 0, end]], "SegmentError", segment, "LengthError")

    if not at.count:
        return
    last_start = HEADER + at.last * SEALED
    # A body without any segment is an empty file to whoever does not know its length.
    yield vector("emptied", at.size, [HEAD], None, None, "LengthError")
    yield cut("cut-last-byte", at.end - 1, at.last)
    yield cut("cut-to-one-byte-of-last-segment", last_start + 1, at.last)
    yield cut("cut-to-overhead-of-last-segment", last_start + 28, at.last)
    if at.count > 1:
        yield cut("cut-last-segment", last_start, at.last - 1)
        yield cut("cut-inside-first-segment", HEADER + 30_000, 0)
        rest = [HEAD, ["base", HEADER + SEALED, at.end]]
        yield vector("cut-head", at.size, rest, "SegmentError", 0, "LengthError")


def additions(at: Shape) -> Iterator[Vector]:
    whole: Piece = ["base", 0, at.end]

    def longer(name: str, extra: Piece, segment: int) -> Vector:
        return vector(name, at.size, [whole, extra], "SegmentError", segment, "LengthError")

    place = max(at.last, 0)
    yield longer("trailing-byte", ["hex", "00"], place)
    yield longer("trailing-28-bytes", ["hex", "00" * 28], place)
    yield longer("trailing-newline", ["hex", "0d0a"], place)
    yield longer("trailing-29-bytes", ["hex", "00" * 29], place)
    if at.count:
        yield longer("duplicate-last-segment", at.segment(at.last), at.last)
        yield longer("appended-outsider-segment", at.segment(at.last, "other"), at.last)
        yield longer("appended-own-segment", ["seal", nonce(at.count, 1).hex(), 0, 1], at.last)
    if at.count > 1:
        pieces = [HEAD, *at.segments(0, 0, *range(1, at.count))]
        yield vector("duplicate-first-segment", at.size, pieces, "SegmentError", 1, "LengthError")
        injected = [HEAD, at.segment(0), at.segment(0, "other"), *at.segments(*range(1, at.count))]
        yield vector("injected-outsider-segment", at.size, injected, "SegmentError", 1, "LengthError")


def replacements(at: Shape) -> Iterator[Vector]:
    def same_length(name: str, pieces: list[Piece], segment: int) -> Vector:
        return vector(name, at.size, pieces, "SegmentError", segment, "SegmentError")

    if not at.count:
        return
    yield same_length("swapped-blob", [HEAD, ["other", HEADER, at.end]], 0)
    yield same_length("swapped-header", [["other", 0, HEADER], ["base", HEADER, at.end]], 0)
    yield same_length("overwritten-nonce", [HEAD, ["hex", "ff" * 12], ["base", HEADER + 12, at.end]], 0)
    outsider = [HEAD, *at.segments(*range(at.last)), at.segment(at.last, "other")]
    yield same_length("outsider-last-segment", outsider, at.last)
    if at.count > 1:
        swapped = [HEAD, *at.segments(1, 0, *range(2, at.count))]
        yield same_length("reordered-first-two", swapped, 0)
    if at.count > 2:
        order = [*range(at.last - 2), at.last - 1, at.last - 2, at.last]
        yield same_length("reordered-middle", [HEAD, *at.segments(*order)], at.last - 2)
        twice = [*range(at.last - 1), at.last - 2, at.last]
        yield same_length("replaced-by-neighbour", [HEAD, *at.segments(*twice)], at.last - 1)


def flips(at: Shape) -> Iterator[Vector]:
    for index in sorted({0, at.count // 2, at.last}) if at.count else []:
        start = HEADER + index * SEALED
        end = min(start + SEALED, at.end)
        regions = {
            "nonce": start,
            "last-flag": start + 11,
            "first-byte": start + 12,
            "last-byte": end - 17,
            "tag": end - 1,
        }
        for region, position in regions.items():
            name = f"flipped-{region}-of-segment-{index}"
            yield vector(name, at.size, at.flipped(position), "SegmentError", index, "SegmentError")


def foreign_writers(at: Shape) -> Iterator[Vector]:
    """What somebody who holds the data key, or an ordinary Crypt4GH writer, could produce."""

    def resealed(name: str, numbers: list[tuple[int, int]], segment: int) -> Vector:
        pieces = [HEAD, *(at.resealed(i, number, last) for i, (number, last) in enumerate(numbers))]
        return vector(name, at.size, pieces, "SegmentError", segment, "SegmentError")

    if not at.count:
        return
    plain = [(i, int(i == at.last)) for i in range(at.count)]
    start = int.from_bytes(secret("random start")[:10], "big")
    random = [int.from_bytes(secret(f"random nonce {i}")[:11], "big") for i in range(at.count)]
    yield resealed("last-flag-missing", [(i, 0) for i, _ in plain], at.last)
    yield resealed("last-flag-is-two", [(i, 2 * last) for i, last in plain], at.last)
    yield resealed("nonce-off-by-one", [(i + 1, last) for i, last in plain], 0)
    yield resealed("random-start-counter", [(start + i, last) for i, last in plain], 0)
    yield resealed("random-nonces", [(number, 0x5A) for number in random], 0)
    yield resealed("counter-from-high-bit", [(i | 1 << 87, last) for i, last in plain], 0)
    if at.count > 1:
        yield resealed("last-flag-early", [(0, 1), *plain[1:]], 0)
        yield resealed("last-flag-everywhere", [(i, 1) for i, _ in plain], 0)
        yield resealed("counter-stands-still", [(0, last) for _, last in plain], 1 if at.count > 2 else at.last)


def odd_lengths(at: Shape) -> Iterator[Vector]:
    """Bodies whose segments have lengths that the profile does not know."""
    full = at.size % SEGMENT == 0
    pieces = [HEAD, *(at.resealed(i, i, 0) for i in range(at.count)), ["seal", nonce(at.count, 1).hex(), 0, 0]]
    segment = at.count if full else at.last
    yield vector("empty-last-segment", at.size, pieces, "SegmentError", segment, "LengthError")
    if at.count > 1:
        short = [
            HEAD,
            ["seal", nonce(0, 0).hex(), 0, SEGMENT - 1],
            *(
                ["seal", nonce(i, int(i == at.last)).hex(), i * SEGMENT - 1, min((i + 1) * SEGMENT - 1, at.size)]
                for i in range(1, at.count)
            ),
        ]
        # The last segment takes the byte that the first one lacks, if it has room for it.
        short[-1][3] = min(at.size, short[-1][2] + SEGMENT)
        same = len(build(at.size, short)) == at.end
        record = "SegmentError" if same else "LengthError"
        yield vector("short-first-segment", at.size, short, "SegmentError", 0, record)


# --- Mutations of the header ------------------------------------------------------------------------------------


def outsider_packets(at: Shape) -> Iterator[Vector]:
    """What somebody can add who knows only the reader's public key."""
    rest: Piece = ["base", HEADER, at.end]
    own = data_packet(DATA_KEY)
    short_edit = packet(u32(1) + u32(2) + bytes(8) + (10).to_bytes(8, "little"), writer="outsider")
    added = {
        "outsider-edit-list": [own, short_edit],
        "outsider-edit-list-of-data-key-length": [own, _same_length_edit_list()],
        "second-data-key": [own, data_packet(OTHER_KEY, writer="outsider")],
        "second-data-key-first": [data_packet(OTHER_KEY, writer="outsider"), own],
        "same-data-key-twice": [own, data_packet(DATA_KEY, writer="outsider")],
    }
    for name, packets in added.items():
        pieces: list[Piece] = [["hex", header(*packets).hex()], rest]
        yield vector(name, at.size, pieces, "HeaderError", None, None)


def _same_length_edit_list() -> bytes:
    # Type, count and four lengths fill the same 40 bytes as a data key, so only the type gives it away.
    payload = u32(1) + u32(4) + b"".join(n.to_bytes(8, "little") for n in (0, 3, 9, 2))
    return packet(payload, writer="outsider")


def header_fields() -> Iterator[Vector]:
    own = data_packet(DATA_KEY)
    payload = bytes(8) + DATA_KEY
    headers = {
        "wrong-magic": b"crypt4GH" + BASE_HEADER[8:],
        "version-0": BASE_HEADER[:8] + u32(0) + BASE_HEADER[12:],
        "version-2": BASE_HEADER[:8] + u32(2) + BASE_HEADER[12:],
        "version-big-endian": BASE_HEADER[:8] + bytes([0, 0, 0, 1]) + BASE_HEADER[12:],
        "no-packets": BASE_HEADER[:12] + u32(0) + BASE_HEADER[16:],
        "one-packet-too-few": BASE_HEADER[:12] + u32(2) + BASE_HEADER[16:],
        "65-packets-claimed": BASE_HEADER[:12] + u32(65) + BASE_HEADER[16:],
        "most-packets-claimed": BASE_HEADER[:12] + u32(2**32 - 1) + BASE_HEADER[16:],
        "65-packets-present": header(own, *[data_packet(DATA_KEY, reader="stranger")] * 64),
        "packet-length-0": BASE_HEADER[:16] + u32(0) + BASE_HEADER[20:],
        "packet-length-3": BASE_HEADER[:16] + u32(3) + BASE_HEADER[20:],
        "packet-length-107": BASE_HEADER[:16] + u32(107) + BASE_HEADER[20:],
        "packet-length-109": BASE_HEADER[:16] + u32(109) + BASE_HEADER[20:],
        "packet-length-most": BASE_HEADER[:16] + u32(2**32 - 1) + BASE_HEADER[20:],
        "packet-method-1": BASE_HEADER[:20] + u32(1) + BASE_HEADER[24:],
        "padded-packet": header(packet(payload + bytes(8))),
        "short-payload": header(packet(payload[:-1])),
        "edit-list-only": header(_same_length_edit_list()),
        "payload-type-2": header(packet(u32(2) + u32(0) + DATA_KEY)),
        "data-method-1": header(packet(u32(0) + u32(1) + DATA_KEY)),
        "data-method-1-with-sequence-number": header(packet(u32(0) + u32(1) + DATA_KEY + bytes(8))),
        "for-a-stranger": header(data_packet(DATA_KEY, reader="stranger")),
        "all-zero-writer-key": BASE_HEADER[:24] + bytes(32) + BASE_HEADER[56:],
        "low-order-writer-key": BASE_HEADER[:24] + u32(1) + bytes(28) + BASE_HEADER[56:],
        "all-zero-key-beside-a-good-packet": header(own, own[:8] + bytes(32) + own[40:]),
    }
    for region, position in {"writer-key": 24, "nonce": 56, "ciphertext": 68, "tag": 123}.items():
        changed = bytearray(BASE_HEADER)
        changed[position] ^= 1
        headers[f"flipped-header-{region}"] = bytes(changed)
    for name, content in headers.items():
        yield vector(name, 1, [["hex", content.hex()], ["base", HEADER, HEADER + 29]], "HeaderError", None, None)


def cut_headers() -> Iterator[Vector]:
    for end in (0, 7, 8, 12, 15, 16, 19, 20, 56, 123):
        yield vector(f"header-cut-to-{end}", 1, [["base", 0, end]], "HeaderError", None, None)


# --- Documents --------------------------------------------------------------------------------------------------


def negative() -> list[Vector]:
    shapes = [Shape(size) for size in SIZES]
    kinds = (cuts, additions, replacements, flips, foreign_writers, odd_lengths, outsider_packets)
    found = [v for kind in kinds for shape in shapes for v in kind(shape)]
    return [*found, *header_fields(), *cut_headers()]


def positive() -> list[Vector]:
    whole = [vector("whole", size, [["base", 0, Shape(size).end]], None, None, None) for size in SIZES]
    stranger = data_packet(DATA_KEY, reader="stranger", writer="second writer")
    shared = header(stranger, data_packet(DATA_KEY))
    pieces: list[Piece] = [["hex", shared.hex()], ["base", HEADER, Shape(65_537).end]]
    return [*whole, vector("beside-another-recipient", 65_537, pieces, None, None, None)]


def commitment(key: bytes, file_id: str, version_id: str) -> bytes:
    message = b"c4gh-s1/commit\0" + file_id.encode() + b"\0" + version_id.encode()
    return hmac.new(key, message, hashlib.sha256).digest()


def commitments() -> list[dict[str, Any]]:
    good = commitment(DATA_KEY, FILE_ID, VERSION_ID)

    def case(name: str, value: bytes, error: str | None = "CommitmentError", **changed: str) -> dict[str, Any]:
        ids = {"key": DATA_KEY.hex(), "file_id": FILE_ID, "version_id": VERSION_ID}
        return {"name": name, **ids, **changed, "commitment": value.hex(), "error": error}

    return [
        case("good", good, error=None),
        case("flipped-bit", bytes([good[0] ^ 1]) + good[1:]),
        case("cut-short", good[:-1]),
        case("empty", b""),
        case("other-key", good, key=OTHER_KEY.hex()),
        case("other-file", good, file_id=VERSION_ID),
        case("other-version", good, version_id=FILE_ID),
        case("ids-swapped", good, file_id=VERSION_ID, version_id=FILE_ID),
        case("ids-joined-elsewhere", good, file_id=FILE_ID + VERSION_ID[0], version_id=VERSION_ID[1:]),
        case("without-domain", hmac.digest(DATA_KEY, f"{FILE_ID}\0{VERSION_ID}".encode(), "sha256")),
        case("nul-in-file-id", commitment(DATA_KEY, "a\0b", "c"), file_id="a\0b", version_id="c"),
        case("empty-version-id", commitment(DATA_KEY, "a", ""), file_id="a", version_id=""),
    ]


def document() -> dict[str, Any]:
    return {
        "profile": "Crypt4GH v1, strict profile S1",
        "plaintext": "SHAKE-256 of the ASCII text 'c4gh-s1 vector plaintext', as many bytes as the base says",
        "reader": {"secret": secret("reader").hex(), "public": public("reader").hex()},
        "data_key": DATA_KEY.hex(),
        "bases": [_base(size) for size in SIZES],
        "positive": positive(),
        "negative": negative(),
        "commitments": commitments(),
    }


def _base(size: int) -> dict[str, Any]:
    return {
        "plaintext_size": size,
        "plaintext_sha256": hashlib.sha256(PLAINTEXT[:size]).hexdigest(),
        "header": BASE_HEADER.hex(),
        "other_header": OTHERS[size][:HEADER].hex(),
        "other_data_key": OTHER_KEY.hex(),
        "body_size": len(BASES[size]) - HEADER,
    }


def files() -> dict[str, bytes]:
    """All files of this folder that are generated, by name: the JSON, and each vector small enough to keep."""
    content = document()
    kept = {
        f"files/{v['name']}.c4gh": build(v["base"], v["pieces"])
        for v in [*content["positive"], *content["negative"]]
        if v["size"] <= SMALL
    }
    return {"vectors.json": _rendered(content), **kept}


def _rendered(content: dict[str, Any]) -> bytes:
    # One vector a line: small in a diff, and readable.
    parts = []
    for key, value in content.items():
        if isinstance(value, list):
            lines = ",\n".join("  " + json.dumps(item) for item in value)
            parts.append(f' "{key}": [\n{lines}\n ]')
        else:
            parts.append(f' "{key}": {json.dumps(value)}')
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def main() -> int:
    expected = files()
    if "--check" in sys.argv:
        wrong = [name for name, data in expected.items() if (HERE / name).read_bytes() != data]
        sys.stdout.writelines(f"differs: {name}\n" for name in wrong)
        return bool(wrong)
    (HERE / "files").mkdir(exist_ok=True)
    for name, data in expected.items():
        (HERE / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())

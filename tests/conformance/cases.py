"""What the foreign verifiers are asked: genuine material, which they must accept, and tampered, which they must not."""

import base64
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509 import load_pem_x509_certificate

from ledger_bridge.tlog.cosignature import Cosigner
from ledger_bridge.tlog.mldsa import MLDSA44, MldsaSigner
from ledger_bridge.tlog.note import ED25519, join, parse
from tests.conformance.material import INDEXES, Material, b64, head_of
from tests.conformance.tools import Case
from tests.fakes.archives import flip
from tests.fakes.timestamps import Authority

Cases = list[Case]
HASH = bytes(range(32))


def notes(material: Material, *algorithms: int) -> tuple[Cases, Cases]:
    """Every checkpoint, and each with another text, another signature, another key."""
    vkeys = material.vkeys(*algorithms)
    good: Cases = [{"kind": "note", "note": note, "vkeys": vkeys} for note in material.notes]
    bad = [{**case, "note": note} for case in good for note in _spoilt_notes(case["note"])]
    return good, bad


def _spoilt_notes(note: str) -> Iterator[str]:
    head = head_of(note)
    yield note.replace(f"\n{head.size}\n", f"\n{head.size + 1}\n", 1)
    yield note.replace(f"\n{b64(head.root)}\n", f"\n{b64(flip(head.root, 0))}\n", 1)
    yield note.replace(f"{head.origin}\n", f"{head.origin}x\n", 1)
    text, _, below = note.partition("\n\n")
    lines = below.splitlines()
    # Below every line the tenth character from the end lies within the signature itself.
    yield "\n".join([text, "", *(f"{line[:-10]}{'A' if line[-10] != 'A' else 'B'}{line[-9:]}" for line in lines), ""])


def inclusions(material: Material) -> tuple[Cases, Cases]:
    """Leaves on both sides of every edge, with a leaf, root, index or hash that does not belong."""
    good = [
        {
            "kind": "inclusion", "leaf": b64(material.leaf(index)), "index": index, "size": material.head.size,
            "root": b64(material.head.root), "proof": [b64(one) for one in material.inclusion(index)],
        }
        for index in INDEXES
    ]  # fmt: skip
    return good, [case for one in good for case in _spoilt_inclusions(one, material)]


def _spoilt_inclusions(case: Case, material: Material) -> Iterator[Case]:
    yield {**case, "leaf": b64(flip(material.leaf(case["index"]), 40))}
    yield {**case, "root": b64(flip(material.head.root, 31))}
    yield {**case, "index": case["index"] ^ 1}
    yield {**case, "index": material.head.size}
    yield from _spoilt_proofs(case)


def _spoilt_proofs(case: Case) -> Iterator[Case]:
    proof = case["proof"]
    yield {**case, "proof": [*proof, b64(HASH)]}
    yield {**case, "proof": proof[:-1]}
    yield {**case, "proof": proof[1:]}
    yield {**case, "proof": [b64(HASH), *proof[1:]]}
    yield {**case, "proof": [*proof[:-1], b64(HASH)]}


def consistencies(material: Material) -> tuple[Cases, Cases]:
    """Every earlier checkpoint with the last, and with a history that it does not have."""
    good = [
        {
            "kind": "consistency", "old_size": old.size, "old_root": b64(old.root), "size": material.head.size,
            "root": b64(material.head.root), "proof": [b64(one) for one in material.consistency(old.size)],
        }
        for old in map(head_of, material.notes[:-1])
    ]  # fmt: skip
    bad = [case for one in good for case in _spoilt_proofs(one)]
    bad += [{**one, "old_root": b64(HASH)} for one in good] + [{**one, "root": b64(HASH)} for one in good]
    return good, bad


def tile_reads(material: Material, url: str, spoilt_url: str) -> tuple[Cases, Cases]:
    """Leaves read from tiles over HTTP, and from tiles of which one was changed."""
    good = [
        {
            "kind": "tiles", "url": url, "leaf": b64(material.leaf(index)), "index": index,
            "size": material.head.size, "root": b64(material.head.root),
        }
        for index in INDEXES
    ]  # fmt: skip
    # The folder behind the other URL has one bit flipped in every tile of level 0.
    return good, [{**case, "url": spoilt_url} for case in good] + [{**case, "root": b64(HASH)} for case in good]


def entries(material: Material) -> tuple[Cases, Cases]:
    """An inclusion proof with its checkpoint, as one entry of a Sigstore bundle holds them."""
    vkeys = material.vkeys(ED25519)
    proofs, spoilt = inclusions(material)
    good = [{**case, "note": material.note, "vkeys": vkeys} for case in proofs]
    # The root is that of the checkpoint there, so a case with another root beside it says nothing.
    bad = [{**case, "note": material.note, "vkeys": vkeys} for case in spoilt if case["root"] == good[0]["root"]]
    bad += [{**good[0], "note": note} for note in _spoilt_notes(material.note)]
    return good, bad


def both_types(material: Material) -> tuple[Cases, Cases]:
    return notes(material, ED25519, MLDSA44)


def ed25519_notes(material: Material) -> tuple[Cases, Cases]:
    return notes(material, ED25519)


def mldsa_notes(material: Material) -> tuple[Cases, Cases]:
    return notes(material, MLDSA44)


def cosignatures(material: Material) -> tuple[Cases, Cases]:
    """Checkpoints cosigned by two witnesses, one of each type."""
    witnesses = (
        Cosigner("witness.example/a", Ed25519PrivateKey.from_private_bytes(HASH)),
        MldsaSigner.from_seed("witness.example/b", HASH),
    )
    good: Cases = []
    for note in material.notes:
        text = parse(note.encode()).text
        signed = join(text, [one.signature_line(text, 1_790_000_000) for one in witnesses]).decode()
        good += [{"kind": "note", "note": signed, "vkeys": [one.vkey]} for one in witnesses]
    return good, [{**case, "note": note} for case in good for note in _spoilt_notes(case["note"])]


def timestamps(material: Material) -> tuple[Cases, Cases]:
    """Every checkpoint, timestamped through our client; and another text, time, signature or CA."""
    from ledger_bridge.anchors.authority import HttpAuthority
    from ledger_bridge.anchors.timestamp_settings import TimestampSettings

    with tempfile.TemporaryDirectory() as folder:
        tsa, stranger = Authority(Path(folder, "tsa")), Authority(Path(folder, "stranger"))
        root, ca = load_pem_x509_certificate(tsa.ca.read_bytes()), tsa.ca.read_text()
        texts = [parse(note.encode()).text for note in material.notes]
        with tsa.serving() as url:
            client = HttpAuthority(TimestampSettings(url, (root,), ()))
            good = [_timestamp(client.stamp(text).token, text, ca) for text in texts]
        bad = [{**case, "ca": stranger.ca.read_text()} for case in good]
        bad += [_timestamp(stranger.token(text), text, ca) for text in texts]
    return good, bad + [spoilt for case in good for spoilt in _spoilt_timestamps(case)]


def _timestamp(token: bytes, text: bytes, ca: str) -> Case:
    return {"kind": "timestamp", "token": b64(token), "digest": sha256(text).hexdigest(), "ca": ca}


def _spoilt_timestamps(case: Case) -> Iterator[Case]:
    token, digest = base64.b64decode(case["token"]), bytes.fromhex(case["digest"])
    other = flip(digest, 3)
    yield {**case, "digest": other.hex()}
    # The imprint and the question changed alike, so only the signature tells.
    yield {**case, "digest": other.hex(), "token": b64(token.replace(digest, other))}
    # The time follows the imprint and the serial number: the year is the first "20".
    yield {**case, "token": b64(flip(token, token.index(b"20", token.index(digest) + len(digest)) + 3))}
    # The signature itself is the last of the token.
    yield {**case, "token": b64(flip(token, len(token) - 1))}

"""Whatever is fed to a reader of the ledger's formats, it reads it or refuses it with an error of its own, soon.

Input is arbitrary, or valid and then damaged in the ways that its structure suggests: bytes exchanged, lines cut,
repeated or swapped, fields replaced by others that almost fit.
"""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger_bridge.tlog import note, tiles
from ledger_bridge.tlog.anchors.token_signature import Authorities, check_signature
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.cosignature import CosignatureVerifier, Cosigner
from ledger_bridge.tlog.errors import FormatError, TlogError
from ledger_bridge.tlog.merkle import Frontier
from ledger_bridge.tlog.mldsa import MldsaSigner, MldsaVerifier
from ledger_bridge.tlog.note import Ed25519Verifier, Signer, Verifier, VerifierKey, join, open_note
from ledger_bridge.tlog.policy import MAX_POLICY_SIZE, Policy, validity_line
from ledger_bridge.tlog.proof import MAX_PROOF_SIZE, TlogProof
from tests.fakes import tokens

ORIGIN = "ledger.example/clinic"
LOG = Signer.from_seed(ORIGIN, bytes(32))
QUANTUM = MldsaSigner.from_seed(ORIGIN, bytes(32))
WITNESS = Cosigner("witness.example/a", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))
TEXT = Checkpoint(ORIGIN, 300, b"\x05" * 32).marshal()
NOTE = join(TEXT, [LOG.signature_line(TEXT), QUANTUM.signature_line(TEXT, 7), WITNESS.signature_line(TEXT, 7)])
POLICY = (
    f"# trusted\nlog {LOG.vkey}\nlog {QUANTUM.vkey} https://x\n{validity_line(QUANTUM.key, 3, 900)}"
    f"witness a {WITNESS.vkey}\ngroup g 1 a\nquorum g\n"
)
PROOF = TlogProof(5, (b"\x01" * 32, b"\x02" * 32), NOTE, b"{}").marshal()
BUNDLE = tiles.encode_bundle([b"", b"a", bytes(97)])
ROOT = tokens.root()
TOKEN = tokens.token(tokens.info(bytes(32)), tokens.certify("Stamps", tokens.key("p256"), ROOT, [tokens.PURPOSE]))
VERIFIERS: list[Verifier] = [Ed25519Verifier(LOG.key), MldsaVerifier(QUANTUM.key), CosignatureVerifier(WITNESS.key)]

# Fragments that almost fit somewhere, and some that are known to trip readers written in a hurry.
FRAGMENTS = [
    b"", b"\n", b"\n\n", b" ", b"\t", b"\r", b"\0", b"+", b"=", b"-1", b"00", b"007", b"1_0", b"9" * 19, b"9" * 5000,
    "\u0663".encode(), "\u2014 ".encode(), b"\xff", b"\xed\xa0\x80", b"none", b"all", b"any", b"#valid", b"log ",
    b"quorum none\n", b"AAAA", b"AAAA" * 3000, b"extra ", b"index ", "\u00a0".encode(), b"x001/", b".p/256",
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, valid: bytes) -> bytes:
    """Valid bytes after a few wounds."""
    data = valid
    for _ in range(draw(st.integers(1, 3))):
        data = draw(st.sampled_from([_exchange, _cut, _shuffle, _insert]))(draw, data)
    return data


def _exchange(draw: st.DrawFn, data: bytes) -> bytes:
    at = draw(st.integers(0, max(len(data) - 1, 0)))
    return data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]


def _cut(draw: st.DrawFn, data: bytes) -> bytes:
    start = draw(st.integers(0, len(data)))
    return data[:start] + data[draw(st.integers(start, len(data))) :]


def _shuffle(draw: st.DrawFn, data: bytes) -> bytes:
    lines = data.split(b"\n")
    here, there = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    if draw(st.booleans()):
        lines.insert(here, lines[there])
    else:
        lines[here], lines[there] = lines[there], lines[here]
    return b"\n".join(lines)


def _insert(draw: st.DrawFn, data: bytes) -> bytes:
    at = draw(st.integers(0, len(data)))
    return data[:at] + draw(st.sampled_from(FRAGMENTS)) + data[at:]


def _text(data: bytes) -> str:
    """As text, half surrogates included: callers of a pure reader may hand over anything."""
    return data.decode("utf-8", "surrogatepass" if b"\xed\xa0\x80" in data else "replace")


def read_policy(data: bytes) -> Any:
    return Policy.parse(_text_or_empty(data))


def _text_or_empty(data: bytes) -> str:
    try:
        return _text(data)
    except UnicodeDecodeError:
        return data.decode("latin-1")


READERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "note": (note.parse, NOTE),
    "signatures": (lambda data: open_note(data, VERIFIERS), NOTE),
    "checkpoint": (Checkpoint.parse, TEXT),
    "policy": (read_policy, POLICY.encode()),
    "accepting": (Policy.parse(POLICY).check, NOTE),
    "verifier key": (lambda data: VerifierKey.parse(_text_or_empty(data)), QUANTUM.vkey.encode()),
    "proof": (TlogProof.parse, PROOF),
    "tile path": (lambda data: tiles.parse_path(_text_or_empty(data)), b"tile/entries/x001/234.p/17"),
    "bundle": (tiles.decode_bundle, BUNDLE),
    "cosignature": (lambda data: VERIFIERS[2].verify(TEXT, data), bytes(72)),
    "authorities": (lambda data: Authorities.parse(_text_or_empty(data)), ROOT.pem.encode()),
    "timestamp": (lambda data: check_signature(data, Authorities.parse(ROOT.pem), tokens.MOMENT), TOKEN),
    "ML-DSA-44 signature": (lambda data: VERIFIERS[1].verify(TEXT, data), bytes(2428)),
}


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_damaged_input_is_refused_in_our_own_words(name: str, data: st.DataObject) -> None:
    read, valid = READERS[name]
    try:
        read(data.draw(damaged(valid) | st.binary(max_size=400)))
    except TlogError as error:
        assert str(error)  # noqa: PT017  reading it is as good an answer


@given(damaged(NOTE))
def test_damage_never_changes_what_was_signed(data: bytes) -> None:
    try:
        opened = open_note(data, VERIFIERS)
    except TlogError:
        return
    assert opened.text == TEXT


@given(damaged(POLICY.encode()))
def test_a_policy_that_is_read_can_be_applied(data: bytes) -> None:
    try:
        Policy.parse(_text_or_empty(data)).check(NOTE)
    except TlogError as error:
        assert str(error)  # noqa: PT017  refusing is as good an answer


@given(st.integers(-(2**70), 2**70), st.lists(st.binary(min_size=31, max_size=33), max_size=5))
def test_a_frontier_of_another_size_is_refused(size: int, hashes: list[bytes]) -> None:
    try:
        assert Frontier.from_hashes(size, hashes).hashes() == hashes
    except FormatError as error:
        assert str(size) in str(error)  # noqa: PT017  refusing is as good an answer


@pytest.mark.parametrize(
    ("read", "data", "field"),
    [
        (Checkpoint.parse, TEXT.replace(b"300", b"0300"), "size"),
        (Checkpoint.parse, TEXT.replace(b"BQU=", b"BQV="), "root"),
        (note.parse, NOTE.replace(f"{ORIGIN} ".encode(), f"{ORIGIN} !".encode()), f"signature by {ORIGIN}"),
        (TlogProof.parse, PROOF.replace(b"index 5", b"index +5"), "index"),
        (TlogProof.parse, PROOF.replace(b"AQE=", b"AQF="), "hash 1"),
        (TlogProof.parse, PROOF.replace(b"extra e30=", b"extra e31="), "extra"),
        (read_policy, POLICY.replace(" 3 900", " 3 9e9").encode(), "last size"),
        (read_policy, POLICY.replace(" 3 900", " 03 900").encode(), "first size"),
        (read_policy, POLICY.replace("g 1 a", "g 1.0 a").encode(), "threshold"),
        (lambda data: VerifierKey.parse(data.decode()), f"{LOG.vkey}=".encode(), f"key of {ORIGIN}"),
    ],
)
def test_a_refusal_names_the_field(read: Callable[[bytes], Any], data: bytes, field: str) -> None:
    with pytest.raises(FormatError, match=field.replace(".", r"\.")):
        read(data)


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (note.parse, TEXT + b"\n" + b"a" * note.MAX_NOTE_SIZE),
        (TlogProof.parse, PROOF + b"a" * MAX_PROOF_SIZE),
        (read_policy, b"#" * (MAX_POLICY_SIZE + 1)),
        (lambda data: VerifierKey.parse(data.decode()), f"{LOG.vkey}{'A' * note.MAX_VKEY_SIZE}".encode()),
        (tiles.decode_bundle, b"\0\0" * 100_000),
    ],
)
def test_what_is_too_large_is_refused(read: Callable[[bytes], Any], data: bytes) -> None:
    with pytest.raises(FormatError):
        read(data)

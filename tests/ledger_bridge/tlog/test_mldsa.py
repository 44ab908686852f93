import pytest

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.errors import FormatError, SignatureError
from ledger_bridge.tlog.mldsa import MLDSA44, SIGNATURE_SIZE, MldsaSigner, MldsaVerifier, Subtree
from ledger_bridge.tlog.note import Signer, VerifierKey, join, open_note, parse

NAME = "ledger.example/clinic"
SIGNER = MldsaSigner.from_seed(NAME, b"\x07" * 32)
VERIFIER = MldsaVerifier(SIGNER.key)
CHECKPOINT = Checkpoint(NAME, 8, b"\x05" * 32)
TEXT = CHECKPOINT.marshal()
LINE = SIGNER.signature_line(TEXT, 1_700_000_000)
BLOB = parse(join(TEXT, [LINE])).signatures[0].blob


def test_it_opens_what_it_signed() -> None:
    assert open_note(join(TEXT, [LINE]), [VERIFIER]).signed_by(SIGNER.key)


def test_the_signed_message_is_laid_out_as_specified() -> None:
    assert Subtree.of(CHECKPOINT).message("w", 5) == (
        b"subtree/v1\n\0" + b"\x01w" + (5).to_bytes(8, "big") + b"\x15" + NAME.encode()
        + bytes(8) + (8).to_bytes(8, "big") + b"\x05" * 32
    )  # fmt: skip


def test_a_line_is_as_long_as_specified() -> None:
    assert len(BLOB) == 8 + SIGNATURE_SIZE


def test_it_stands_beside_an_ed25519_line_of_the_same_name() -> None:
    ed25519 = Signer.from_seed(NAME, b"\x07" * 32)
    note = join(TEXT, [ed25519.signature_line(TEXT), LINE])
    assert [one.key_id for one in parse(note).signatures] == [ed25519.key.key_id, SIGNER.key.key_id]


def test_its_key_can_be_read_from_its_vkey() -> None:
    assert VerifierKey.parse(SIGNER.vkey) == SIGNER.key


@pytest.mark.parametrize(
    "text",
    [
        Checkpoint(NAME, 9, b"\x05" * 32).marshal(),
        Checkpoint(NAME, 8, b"\x06" * 32).marshal(),
        Checkpoint("another.example", 8, b"\x05" * 32).marshal(),
        TEXT + b"extension\n",
        b"not a checkpoint\n",
    ],
)
def test_it_refuses_another_text(text: bytes) -> None:
    with pytest.raises(SignatureError):
        VERIFIER.verify(text, BLOB)


@pytest.mark.parametrize("blob", [b"", BLOB[:-1], BLOB + b"\0", bytes(8) + BLOB[8:], b"\xff" * 8 + BLOB[8:]])
def test_it_refuses_another_signature(blob: bytes) -> None:
    with pytest.raises(SignatureError):
        VERIFIER.verify(TEXT, blob)


@pytest.mark.parametrize("at", [0, 7, 8, 1000, 8 + SIGNATURE_SIZE - 1])
def test_it_refuses_a_flipped_bit(at: int) -> None:
    with pytest.raises(SignatureError):
        VERIFIER.verify(TEXT, BLOB[:at] + bytes([BLOB[at] ^ 1]) + BLOB[at + 1 :])


def test_a_signature_does_not_fit_another_name() -> None:
    other = MldsaVerifier(VerifierKey("other.example", MLDSA44, SIGNER.key.public_key))
    with pytest.raises(SignatureError):
        other.verify(TEXT, BLOB)


def test_it_signs_a_subtree_without_a_time() -> None:
    subtree = Subtree(NAME, 4, 8, b"\x01" * 32)
    blob = parse(join(b"any\n", [SIGNER.subtree_line(subtree)])).signatures[0].blob
    VERIFIER.verify_subtree(subtree, blob)
    assert blob[:8] == bytes(8)


@pytest.mark.parametrize(
    ("subtree", "time"),
    [
        (Subtree(NAME, 4, 8, b"\x01" * 32), 1),
        (Subtree(NAME, 0, 8, b"\x01" * 32), -1),
        (Subtree(NAME, 0, 8, b"\x01" * 32), 2**63),
        (Subtree(NAME, 3, 8, b"\x01" * 32), 0),
        (Subtree(NAME, 0, 2**63, b"\x01" * 32), 0),
        (Subtree(NAME, 0, 8, b"short"), 0),
        (Subtree("", 0, 8, b"\x01" * 32), 0),
        (Subtree("a" * 256, 0, 8, b"\x01" * 32), 0),
        (Subtree("a\nb", 0, 8, b"\x01" * 32), 0),
    ],
)
def test_it_signs_no_impossible_statement(subtree: Subtree, time: int) -> None:
    with pytest.raises(FormatError):
        SIGNER.subtree_line(subtree, time)


@pytest.mark.parametrize("key", [VerifierKey(NAME, 1, SIGNER.key.public_key), VerifierKey(NAME, MLDSA44, bytes(1311))])
def test_it_refuses_a_key_of_another_kind(key: VerifierKey) -> None:
    with pytest.raises(FormatError):
        MldsaVerifier(key)


@pytest.mark.parametrize(("name", "seed"), [("a" * 256, bytes(32)), ("", bytes(32)), (NAME, bytes(31))])
def test_it_makes_no_signer_of_a_wrong_name_or_seed(name: str, seed: bytes) -> None:
    with pytest.raises(FormatError):
        MldsaSigner.from_seed(name, seed)

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.cosignature import CosignatureVerifier, Cosigner, timestamp
from ledger_bridge.tlog.errors import FormatError, SignatureError
from ledger_bridge.tlog.merkle import EMPTY_ROOT
from ledger_bridge.tlog.note import Signer, VerifierKey, join, open_note

ROOT = bytes.fromhex("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
CHECKPOINT = Checkpoint("ledger.example/clinic", 8, ROOT)
KNOWN_NOTE = """\
ledger.example/clinic
8
XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

— ledger.example/clinic OXHJrepQjbqoIfjVZb+naIclj3aSIYCriH/w1gWVg1taudLbkM5u6rQP+Wg1JZDThahS9+zmFemSyQBnMqnJpbUGZw4=
— witness.example/a \
gdYk+gAAAABlU/EAIedtQe0o6UX6uO2OGfCSvbgZ2LG8JIR23ofzNQF+92jGbQ+KREDcvZbRvIoxWatMavk7qP5VNFH+BgFfPzXmAg==
""".encode()
LOG = Signer.from_seed("ledger.example/clinic", b"\x01" * 32)
WITNESS = Cosigner("witness.example/a", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))


def test_it_gives_the_known_note_byte_for_byte() -> None:
    text = CHECKPOINT.marshal()
    lines = [LOG.signature_line(text), WITNESS.signature_line(text, 1_700_000_000)]
    assert join(text, lines) == KNOWN_NOTE


def test_it_gives_the_known_witness_key() -> None:
    assert WITNESS.vkey == "witness.example/a+81d624fa+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"


def test_it_opens_the_known_cosignature() -> None:
    opened = open_note(KNOWN_NOTE, [CosignatureVerifier(WITNESS.key)])
    assert timestamp(opened.signatures[0].blob) == 1_700_000_000


def test_it_reads_what_it_wrote() -> None:
    assert Checkpoint.parse(CHECKPOINT.marshal()) == CHECKPOINT


@pytest.mark.parametrize("size", ["", "08", "+8", "-8", " 8", "8 ", "8_0", "٨", "0x8", "9223372036854775808", "8.0"])
def test_it_refuses_another_spelling_of_the_size(size: str) -> None:
    with pytest.raises(FormatError):
        Checkpoint.parse(CHECKPOINT.marshal().replace(b"\n8\n", f"\n{size}\n".encode()))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"origin\n8\n",
        CHECKPOINT.marshal()[:-1],
        CHECKPOINT.marshal() + b"extension\n",
        CHECKPOINT.marshal() + b"\n",
        CHECKPOINT.marshal().replace(b"ledger.example/clinic", b""),
        CHECKPOINT.marshal().replace(b"yg=", b"yh="),
        CHECKPOINT.marshal().replace(b"yg=", b"yg"),
        CHECKPOINT.marshal().replace(b"yg=", b"yg=="),
        b"origin\n8\nAAAA\n",
        b"origin\n0\n" + CHECKPOINT.marshal().split(b"\n")[2] + b"\n",
        b"\xff\n8\n" + CHECKPOINT.marshal().split(b"\n")[2] + b"\n",
    ],
)
def test_it_refuses_what_is_no_checkpoint(text: bytes) -> None:
    with pytest.raises(FormatError):
        Checkpoint.parse(text)


def test_it_knows_the_empty_log() -> None:
    empty = Checkpoint("origin", 0, EMPTY_ROOT)
    assert Checkpoint.parse(empty.marshal()) == empty


@pytest.mark.parametrize(
    "checkpoint",
    [Checkpoint("", 1, ROOT), Checkpoint("a\nb", 1, ROOT), Checkpoint("a", -1, ROOT), Checkpoint("a", 1, b"short")],
)
def test_it_refuses_to_write_what_it_would_not_read(checkpoint: Checkpoint) -> None:
    with pytest.raises(FormatError):
        checkpoint.marshal()


def test_a_cosignature_does_not_fit_another_time() -> None:
    line = WITNESS.signature_line(CHECKPOINT.marshal(), 1)
    note = open_note(join(CHECKPOINT.marshal(), [line]), [CosignatureVerifier(WITNESS.key)])
    later = (2).to_bytes(8, "big") + note.signatures[0].blob[8:]
    with pytest.raises(SignatureError):
        CosignatureVerifier(WITNESS.key).verify(CHECKPOINT.marshal(), later)


@pytest.mark.parametrize("blob", [b"", bytes(8), b"\xff" * 72, bytes(9)])
def test_it_refuses_a_cosignature_without_time_or_signature(blob: bytes) -> None:
    with pytest.raises(SignatureError):
        CosignatureVerifier(WITNESS.key).verify(CHECKPOINT.marshal(), blob)


def test_a_witness_key_is_not_a_log_key() -> None:
    with pytest.raises(FormatError):
        CosignatureVerifier(VerifierKey("a", 0x01, WITNESS.key.public_key))


@pytest.mark.parametrize("time", [-1, 2**63])
def test_a_witness_refuses_an_impossible_time(time: int) -> None:
    with pytest.raises(FormatError):
        WITNESS.signature_line(CHECKPOINT.marshal(), time)

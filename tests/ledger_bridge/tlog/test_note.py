import base64

import pytest

from ledger_bridge.tlog import note
from ledger_bridge.tlog.errors import FormatError, SignatureError
from ledger_bridge.tlog.note import Ed25519Verifier, Signer, VerifierKey, open_note

NAME = "ledger.example/clinic"
SIGNER = Signer.from_seed(NAME, b"\x01" * 32)
OTHER = Signer.from_seed("other.example", b"\x03" * 32)
TEXT = b"first line\n\nlast line\n"
VERIFIER = Ed25519Verifier(SIGNER.key)


def test_it_gives_the_known_verifier_key() -> None:
    assert SIGNER.vkey == "ledger.example/clinic+3971c9ad+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"


def test_it_reads_the_verifier_key_of_the_specification() -> None:
    vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    assert str(VerifierKey.parse(vkey)) == vkey


def test_it_opens_what_it_signed() -> None:
    opened = open_note(SIGNER.sign(TEXT), [VERIFIER])
    assert opened.text == TEXT
    assert opened.signed_by(SIGNER.key)


def test_it_parts_text_and_signatures_at_the_last_blank_line() -> None:
    assert note.parse(SIGNER.sign(b"a\n\nb\n\nc\n")).text == b"a\n\nb\n\nc\n"


def test_it_ignores_signatures_by_strangers() -> None:
    signed = note.join(TEXT, [OTHER.signature_line(TEXT), SIGNER.signature_line(TEXT)])
    assert [s.name for s in open_note(signed, [VERIFIER]).signatures] == [NAME]


def test_it_ignores_a_stranger_who_took_a_known_name() -> None:
    impostor = Signer.from_seed(NAME, b"\x04" * 32)
    signed = note.join(TEXT, [impostor.signature_line(TEXT), SIGNER.signature_line(TEXT)])
    assert len(open_note(signed, [VERIFIER]).signatures) == 1


def test_it_counts_a_repeated_signature_once() -> None:
    line = SIGNER.signature_line(TEXT)
    assert len(open_note(note.join(TEXT, [line, line]), [VERIFIER]).signatures) == 1


def test_it_refuses_a_note_without_a_known_signature() -> None:
    with pytest.raises(SignatureError):
        open_note(OTHER.sign(TEXT), [VERIFIER])


def test_it_refuses_a_failing_signature_next_to_a_good_one() -> None:
    wrong = SIGNER.signature_line(b"another text\n")
    with pytest.raises(SignatureError):
        open_note(note.join(TEXT, [OTHER.signature_line(TEXT), wrong]), [VERIFIER, Ed25519Verifier(OTHER.key)])


def test_it_refuses_a_changed_text() -> None:
    with pytest.raises(SignatureError):
        open_note(SIGNER.sign(TEXT).replace(b"last", b"lost"), [VERIFIER])


def test_it_refuses_keys_that_cannot_be_told_apart() -> None:
    with pytest.raises(FormatError):
        open_note(SIGNER.sign(TEXT), [VERIFIER, Ed25519Verifier(SIGNER.key)])


GOOD_LINE = SIGNER.signature_line(TEXT)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        TEXT,
        TEXT + b"\n",
        TEXT + GOOD_LINE,
        b"\n" + GOOD_LINE,
        TEXT + b"\n" + GOOD_LINE[:-1],
        TEXT + b"\n" + GOOD_LINE + b"not a signature\n",
        TEXT + b"\n" + GOOD_LINE.replace(b"\xe2\x80\x94 ", b"- "),
        TEXT + b"\n" + GOOD_LINE.replace(b" ledger", b"  ledger"),
        TEXT + b"\n" + "— a+b AAAAAAA=\n".encode(),
        TEXT + b"\n" + "— a\u00a0b AAAAAAA=\n".encode(),
        TEXT + b"\n" + "— a AAAAAA==\n".encode(),
        TEXT + b"\n" + "— a AAAAAAB=\n".encode() + "— a AAAAAAC\n".encode(),
        TEXT + b"\n" + "— a AAAAAAAB=\n".encode(),
        TEXT + b"\n" + "— a AAAA AAA=\n".encode(),
        TEXT + b"\n" + "— a AAAAAAAA\n".encode() * (note.MAX_SIGNATURES + 1),
        b"tab\there\n\n" + GOOD_LINE,
        b"return\r\n\n" + GOOD_LINE,
        b"nul\0\n\n" + GOOD_LINE,
        b"\xff\n\n" + GOOD_LINE,
    ],
)
def test_it_refuses_what_is_no_note(data: bytes) -> None:
    with pytest.raises(FormatError):
        note.parse(data)


def test_it_reads_a_hundred_signatures() -> None:
    assert len(note.parse(note.join(TEXT, [GOOD_LINE] * note.MAX_SIGNATURES)).signatures) == note.MAX_SIGNATURES


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000",
        SIGNER.vkey.replace("3971c9ad", "3971c9ae"),
        SIGNER.vkey.replace("3971c9ad", "3971C9AD"),
        SIGNER.vkey.replace("ledger", "lodger"),
        SIGNER.vkey + "=",
        SIGNER.vkey + "\n",
        "+3971c9ad+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
        "a b" + SIGNER.vkey,
    ],
)
def test_it_refuses_what_is_no_verifier_key(vkey: str) -> None:
    with pytest.raises(FormatError):
        VerifierKey.parse(vkey)


def test_it_refuses_a_verifier_key_of_another_type() -> None:
    with pytest.raises(FormatError):
        Ed25519Verifier(VerifierKey(NAME, 0x04, SIGNER.key.public_key))


def test_it_refuses_a_verifier_key_of_another_length() -> None:
    with pytest.raises(FormatError):
        Ed25519Verifier(VerifierKey(NAME, 0x01, b"short"))


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\nb", "a\u2003b"])
def test_it_refuses_to_sign_under_an_impossible_name(name: str) -> None:
    with pytest.raises(FormatError):
        Signer.from_seed(name, bytes(32))


def test_it_refuses_to_sign_what_is_no_text() -> None:
    with pytest.raises(FormatError):
        SIGNER.sign(b"no line feed at the end")


def test_it_keeps_plus_signs_in_the_key_itself() -> None:
    key = VerifierKey(NAME, 0x01, base64.b64decode("+" * 43 + "="))
    assert VerifierKey.parse(str(key)) == key

"""Key files: ours, those of the reference tool, and broken ones."""

import base64

import pytest

from workspaces.crypt4gh import KeyFileError, PassphraseError, keys

SECRET = bytes(range(32))
PASSPHRASE = "correct horse battery staple"


def pem(kind: str, data: bytes) -> bytes:
    text = base64.b64encode(data).decode()
    return f"-----BEGIN CRYPT4GH {kind} KEY-----\n{text}\n-----END CRYPT4GH {kind} KEY-----\n".encode()


def strings(*fields: bytes) -> bytes:
    return b"c4gh-v1" + b"".join(len(f).to_bytes(2, "big") + f for f in fields)


@pytest.mark.parametrize("kdf", [keys.STRONG, keys.PORTABLE])
def test_a_locked_key_opens_with_its_passphrase(kdf: bytes) -> None:
    locked = keys.format_secret_key(SECRET, PASSPHRASE, kdf=kdf)
    assert keys.is_locked(locked)
    assert keys.parse_secret_key(locked, PASSPHRASE) == SECRET


def test_a_new_key_is_locked_with_the_strong_derivation() -> None:
    assert b"scrypt-2^17" in base64.b64decode(keys.format_secret_key(SECRET, PASSPHRASE).splitlines()[1])


@pytest.mark.parametrize("passphrase", ["wrong", "", None])
def test_a_wrong_or_missing_passphrase_is_refused(passphrase: str | None) -> None:
    locked = keys.format_secret_key(SECRET, PASSPHRASE, kdf=keys.PORTABLE)
    with pytest.raises(PassphraseError, match="passphrase"):
        keys.parse_secret_key(locked, passphrase)


def test_an_unlocked_key_needs_none() -> None:
    content = keys.format_secret_key(SECRET, None, comment="for a test")
    assert not keys.is_locked(content)
    assert keys.parse_secret_key(content) == SECRET


def test_a_public_key_comes_back() -> None:
    public = keys.public_key(SECRET)
    assert keys.parse_public_key(keys.format_public_key(public)) == public


def test_line_ends_and_blank_lines_do_not_matter() -> None:
    content = b"\r\n" + keys.format_public_key(keys.public_key(SECRET)).replace(b"\n", b"\r\n\r\n")
    assert keys.parse_public_key(content) == keys.public_key(SECRET)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a Crypt4GH public key file"),
        (b"ssh-ed25519 AAAA alice", "not a Crypt4GH public key file"),
        (pem("PRIVATE", bytes(32)), "not a Crypt4GH public key file"),
        (pem("PUBLIC", b"\1" * 31), "31 bytes long"),
        (pem("PUBLIC", b"\1" * 33), "33 bytes long"),
        (pem("PUBLIC", bytes(32)), "low order"),
        (pem("PUBLIC", bytes(32)).replace(b"AAAA", b"A!AA"), "not valid base64"),
        (pem("PUBLIC", bytes(32)) * 900, "at most 65536 bytes"),
    ],
)
def test_a_bad_public_key_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(KeyFileError, match=sentence):
        keys.parse_public_key(content)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (pem("PUBLIC", bytes(32)), "not a Crypt4GH private key file"),
        (pem("PRIVATE", b"openssh-key-v1\0"), "OpenSSH"),
        (pem("PRIVATE", b"c4gh-v1"), "the fields it should"),
        (pem("PRIVATE", strings(b"none", b"none")), "the fields it should"),
        (pem("PRIVATE", strings(b"none", b"none", SECRET, b"", b"")), "the fields it should"),
        (pem("PRIVATE", strings(b"none", b"none", SECRET)[:-1]), "cut short"),
        (pem("PRIVATE", strings(b"none", b"none", SECRET) + b"\0"), "cut short"),
        (pem("PRIVATE", strings(b"none", b"none", SECRET[:-1])), "31 bytes long"),
        (pem("PRIVATE", strings(b"none", b"aes", SECRET)), "unknown cipher 'aes'"),
        (pem("PRIVATE", strings(b"bcrypt", bytes(20), b"x", SECRET)), "unknown key derivation 'bcrypt'"),
        (pem("PRIVATE", strings(b"scrypt", bytes(20), b"none", SECRET)), "unknown cipher 'none'"),
        (pem("PRIVATE", strings(b"scrypt", bytes(20), b"chacha20_poly1305", b"short")), "cut short"),
    ],
)
def test_a_bad_secret_key_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(KeyFileError, match=sentence):
        keys.parse_secret_key(content, PASSPHRASE)


def test_a_key_is_not_locked_with_an_empty_passphrase() -> None:
    with pytest.raises(ValueError, match="needs a passphrase"):
        keys.format_secret_key(SECRET, "")


def test_a_secret_key_of_the_wrong_length_is_not_written() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        keys.format_secret_key(SECRET[:31], None)

"""Key files `.pub` and `.sec`, as the Crypt4GH tools write them, and X25519 key pairs.

Both are PEM-like: a BEGIN line, base64, an END line. A public key is its 32 bytes. A secret key is `"c4gh-v1"`, then
strings with a 16-bit big-endian length: name of the key derivation, its options (4-byte rounds ‖ salt; absent for
`none`), name of the cipher, the key (for `chacha20_poly1305` nonce ‖ ciphertext ‖ tag), and an optional comment.

Rules enforced: a key is 32 bytes; a public key is not of low order; nothing else is in the file; lengths are limited.
Key derivations read: `none`, `scrypt` (N = 2^14, r = 8, p = 1, the parameters fixed in every Crypt4GH tool) and our
`scrypt-2^17` (the same with N = 2^17). The name differs because the format has no room for N: a tool that knows only
`scrypt` refuses such a file instead of deriving a wrong key from the right passphrase.

Out of scope: reading and writing the files themselves, asking for a passphrase, and OpenSSH keys.
"""

import base64
import binascii
import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from workspaces.crypt4gh.errors import KeyFileError, PassphraseError
from workspaces.crypt4gh.segments import KEY_SIZE, NONCE_SIZE

STRONG = b"scrypt-2^17"
PORTABLE = b"scrypt"
MAX_FILE_SIZE = 65_536

_MAGIC = b"c4gh-v1"
_NONE = b"none"
_CIPHER = b"chacha20_poly1305"
_COST = {STRONG: 2**17, PORTABLE: 2**14}
_SALT_SIZE = 16
# scrypt needs 128 · N · r bytes, 128 MiB at N = 2^17; OpenSSL wants to be told that this is intended.
_SCRYPT_MEMORY = 2**28


def generate_secret_key() -> bytes:
    """Return a fresh X25519 secret key of 32 bytes."""
    return secrets.token_bytes(KEY_SIZE)


def public_key(secret_key: bytes) -> bytes:
    """Return the 32-byte public key of a 32-byte X25519 secret key. (RFC 7748 section 6.1.)

    Raises:
        ValueError: the secret key is not 32 bytes long.

    """
    return X25519PrivateKey.from_private_bytes(secret_key).public_key().public_bytes_raw()


def format_public_key(key: bytes) -> bytes:
    """Return the content of a `.pub` file for a 32-byte public key."""
    return _armour("PUBLIC", key)


def parse_public_key(content: bytes) -> bytes:
    """Return the 32-byte public key in the content of a `.pub` file.

    Raises:
        KeyFileError: it is not a Crypt4GH public key, or one of low order, which anybody could read for.

    """
    key = _unarmour("PUBLIC", content)
    if len(key) != KEY_SIZE:
        raise KeyFileError(f"The public key is {len(key)} bytes long; it must be {KEY_SIZE}.")
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError:
        raise KeyFileError("The public key is of low order and must not be used.") from None
    return key


def fingerprint(key: bytes) -> str:
    """Return the fingerprint of a 32-byte public key: its SHA-256 in hex.

    Any tool can compute it: `grep -v KEY alice.pub | base64 -d | sha256sum`.
    """
    return hashlib.sha256(key).hexdigest()


def format_secret_key(secret_key: bytes, passphrase: str | None, *, kdf: bytes = STRONG, comment: str = "") -> bytes:
    """Return the content of a `.sec` file.

    Args:
        secret_key: 32 bytes.
        passphrase: protects the key; None stores it in the clear, for tests and for files that are sealed otherwise.
        kdf: `STRONG`, or `PORTABLE` for a file that other tools open, whose weaker derivation asks for a passphrase
            that was generated and not thought up.
        comment: stored in the clear.

    Raises:
        ValueError: the key is not 32 bytes long, the passphrase is empty, or the derivation is unknown.

    """
    if len(secret_key) != KEY_SIZE:
        raise ValueError(f"A secret key is {KEY_SIZE} bytes long, not {len(secret_key)}.")
    fields = [_NONE, _NONE, secret_key] if passphrase is None else _locked(secret_key, passphrase, kdf)
    if comment:
        fields.append(comment.encode())
    return _armour("PRIVATE", _MAGIC + b"".join(len(f).to_bytes(2, "big") + f for f in fields))


def parse_secret_key(content: bytes, passphrase: str | None = None) -> bytes:
    """Return the 32-byte secret key in the content of a `.sec` file.

    Raises:
        KeyFileError: it is not a Crypt4GH secret key that this package reads.
        PassphraseError: the file is locked and the passphrase is missing or wrong.

    """
    fields = _fields(content)
    kdf = fields.pop(0)
    salt = b"" if kdf == _NONE else _salt(kdf, fields.pop(0))
    cipher, key = fields[:2]
    if cipher != (_NONE if kdf == _NONE else _CIPHER):
        raise KeyFileError(f"The secret key is locked with the unknown cipher {_shown(cipher)}.")
    if kdf != _NONE:
        key = _unlocked(key, kdf, salt, passphrase)
    if len(key) != KEY_SIZE:
        raise KeyFileError(f"The secret key is {len(key)} bytes long; it must be {KEY_SIZE}.")
    return key


def is_locked(content: bytes) -> bool:
    """Return whether the content of a `.sec` file needs a passphrase.

    Raises:
        KeyFileError: it is not a Crypt4GH secret key.

    """
    return _fields(content)[0] != _NONE


def _locked(secret_key: bytes, passphrase: str, kdf: bytes) -> list[bytes]:
    if not passphrase or kdf not in _COST:
        raise ValueError("A locked key file needs a passphrase and a key derivation that is known.")
    salt, nonce = secrets.token_bytes(_SALT_SIZE), secrets.token_bytes(NONCE_SIZE)
    sealed = ChaCha20Poly1305(_derived(passphrase, kdf, salt)).encrypt(nonce, secret_key, None)
    # The rounds mean nothing to scrypt; the Crypt4GH tools write zero.
    return [kdf, bytes(4) + salt, _CIPHER, nonce + sealed]


def _unlocked(sealed: bytes, kdf: bytes, salt: bytes, passphrase: str | None) -> bytes:
    if not passphrase:
        raise PassphraseError("The secret key is locked; it needs its passphrase.")
    if len(sealed) < NONCE_SIZE:
        raise KeyFileError("The secret key file is cut short.")
    cipher = ChaCha20Poly1305(_derived(passphrase, kdf, salt))
    try:
        return cipher.decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], None)
    except InvalidTag:
        raise PassphraseError("The passphrase does not open the secret key.") from None


def _derived(passphrase: str, kdf: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=_COST[kdf], r=8, p=1, maxmem=_SCRYPT_MEMORY, dklen=KEY_SIZE)


def _salt(kdf: bytes, options: bytes) -> bytes:
    if kdf not in _COST:
        raise KeyFileError(f"The secret key is locked with the unknown key derivation {_shown(kdf)}.")
    return options[4:]


def _fields(content: bytes) -> list[bytes]:
    data = _unarmour("PRIVATE", content)
    if not data.startswith(_MAGIC):
        raise KeyFileError("This is not a Crypt4GH secret key (an OpenSSH key, perhaps).")
    fields, rest = [], data[len(_MAGIC) :]
    while rest:
        size = int.from_bytes(rest[:2], "big")
        fields.append(rest[2 : 2 + size])
        if len(rest) < 2 + size:
            raise KeyFileError("The secret key file is cut short.")
        rest = rest[2 + size :]
    # A derivation's options come second unless there is none; a comment may follow the key.
    least = 3 if fields[:1] == [_NONE] else 4
    if not least <= len(fields) <= least + 1:
        raise KeyFileError("The secret key file does not hold the fields it should.")
    return fields


def _armour(kind: str, data: bytes) -> bytes:
    body = base64.b64encode(data).decode()
    return f"-----BEGIN CRYPT4GH {kind} KEY-----\n{body}\n-----END CRYPT4GH {kind} KEY-----\n".encode()


def _unarmour(kind: str, content: bytes) -> bytes:
    if len(content) > MAX_FILE_SIZE:
        raise KeyFileError(f"A key file may be at most {MAX_FILE_SIZE} bytes long.")
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    begin, end = (f"-----{word} CRYPT4GH {kind} KEY-----".encode() for word in ("BEGIN", "END"))
    if lines[:1] != [begin] or lines[-1:] != [end]:
        raise KeyFileError(f"This is not a Crypt4GH {kind.lower()} key file.")
    try:
        return base64.b64decode(b"".join(lines[1:-1]), validate=True)
    except binascii.Error:
        raise KeyFileError(f"The {kind.lower()} key file is not valid base64.") from None


def _shown(name: bytes) -> str:
    return repr(name[:32].decode("ascii", "replace"))

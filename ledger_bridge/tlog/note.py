"""Signed notes (C2SP signed-note v1.0.0): a short text with signature lines under it.

Rules enforced
    * UTF-8 without control characters below 0x20 other than line feed; the text ends with a line feed;
    * text and signatures part at the *last* blank line; every line below it is a well-formed signature line;
    * key names are not empty and hold neither Unicode white space nor "+"; a verifier key's ID is recomputed;
    * signatures by unknown (name, key ID) pairs are ignored; the first by each known pair must verify; at least one
      must; at most 100 lines are looked at;
    * base64 in its canonical spelling only.

    * a note has at most 1 MiB, a verifier key at most 8192 characters.

Signature types: 0x01 (Ed25519 over the text) here, 0x04 (timestamped cosignature) in `cosignature.py`, 0x06
(timestamped ML-DSA-44) in `mldsa.py`. Out of scope: any other type, and whom to trust (see `policy.py`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger_bridge.tlog.encoding import to_base64, unbase64
from ledger_bridge.tlog.errors import FormatError, SignatureError

ED25519 = 0x01
MAX_SIGNATURES = 100
MAX_NOTE_SIZE = 1 << 20
MAX_VKEY_SIZE = 8192
_DASH = "\N{EM DASH} "
_VKEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)
_KEY_ID_SIZE = 4


def key_id(name: str, algorithm: int, public_key: bytes) -> bytes:
    """The four bytes that, with the name, identify a key."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public_key).digest()[:_KEY_ID_SIZE]


def require_name(name: str) -> None:
    """Refuse what cannot be a key name.

    Raises:
        FormatError: the name is empty, or holds white space, "+", a control character or half of a surrogate pair.

    """
    if not name or "+" in name or any(c.isspace() or c < " " or "\ud800" <= c <= "\udfff" for c in name):
        raise FormatError(f"{name[:80]!r} cannot be the name of a key")


@dataclass(frozen=True)
class VerifierKey:
    """A public key with the name and the signature type it is used for: what a vkey line says."""

    name: str
    algorithm: int
    public_key: bytes

    @classmethod
    def parse(cls, vkey: str) -> "VerifierKey":
        """Read `<name>+<key ID>+<base64>`.

        Raises:
            FormatError: the line has another form, or its key ID is not that of name and key.

        """
        if len(vkey) > MAX_VKEY_SIZE:
            raise FormatError(f"a verifier key has at most {MAX_VKEY_SIZE} characters")
        name, plus, rest = vkey.partition("+")
        identifier, second_plus, encoded = rest.partition("+")
        if not (plus and second_plus and _VKEY_ID.fullmatch(identifier)):
            raise FormatError("a verifier key reads <name>+<8 hexadecimal digits>+<base64>")
        require_name(name)
        raw = unbase64(encoded, f"key of {name[:80]}")
        if len(raw) < 2:  # noqa: PLR2004  # the type byte and at least one byte of key
            raise FormatError("the verifier key is empty")
        key = cls(name, raw[0], raw[1:])
        if key.key_id.hex() != identifier:
            raise FormatError(f"the key ID of {name} does not match its key")
        return key

    @property
    def key_id(self) -> bytes:
        """The four bytes in front of every signature by this key."""
        return key_id(self.name, self.algorithm, self.public_key)

    def __str__(self) -> str:
        """The vkey line."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.algorithm]) + self.public_key)}"


@dataclass(frozen=True)
class Signature:
    """One signature line, decoded. `blob` is what follows the key ID."""

    name: str
    key_id: bytes
    blob: bytes


@dataclass(frozen=True)
class Note:
    """A note taken apart; nothing about its signatures is known yet."""

    text: bytes
    signatures: tuple[Signature, ...]


class Verifier(Protocol):
    """Checks the signatures of one key: `Ed25519Verifier`, `cosignature.CosignatureVerifier`, `mldsa.MldsaVerifier`."""

    @property
    def key(self) -> VerifierKey:
        """The key it stands for."""

    def verify(self, text: bytes, blob: bytes) -> None:
        """Raise SignatureError unless the blob is this key's signature under the text."""


class Ed25519Verifier:
    """Signature type 0x01: Ed25519 over the text of the note."""

    def __init__(self, key: VerifierKey) -> None:
        """Prepare a key.

        Raises:
            FormatError: the key is not an Ed25519 key of type 0x01.

        """
        if key.algorithm != ED25519:
            raise FormatError(f"the key of {key.name} has type {key.algorithm:#04x}, not Ed25519")
        self._key = key
        self._public = ed25519_public_key(key)

    @property
    def key(self) -> VerifierKey:
        """The key it stands for."""
        return self._key

    def verify(self, text: bytes, blob: bytes) -> None:
        """Check one signature.

        Raises:
            SignatureError: it does not verify.

        """
        verify_ed25519(self._public, blob, text, self._key.name)


def ed25519_public_key(key: VerifierKey) -> Ed25519PublicKey:
    """Load the Ed25519 point of a verifier key.

    Raises:
        FormatError: it does not have 32 bytes.

    """
    try:
        return Ed25519PublicKey.from_public_bytes(key.public_key)
    except ValueError as error:
        raise FormatError(f"the key of {key.name} is not an Ed25519 key") from error


def verify_ed25519(public: Ed25519PublicKey, signature: bytes, message: bytes, name: str) -> None:
    """Check a bare Ed25519 signature.

    Raises:
        SignatureError: it does not verify.

    """
    try:
        public.verify(signature, message)
    except InvalidSignature as error:
        raise SignatureError(f"the signature by {name} does not verify") from error


class NoteSigner(Protocol):
    """Signs notes, with one key or with several."""

    def sign(self, text: bytes) -> bytes:
        """A whole note: the text and the signatures."""


class Signer:
    """Signs notes as type 0x01. Whoever holds one can speak as the log."""

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        """Bind a private key to its name.

        Raises:
            FormatError: the name cannot be a key name.

        """
        require_name(name)
        self._private = private_key
        self.key = VerifierKey(name, ED25519, private_key.public_key().public_bytes_raw())

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> "Signer":
        """Restore a signer from its 32 secret bytes.

        Raises:
            FormatError: the name or the length of the seed does not fit.

        """
        try:
            return cls(name, Ed25519PrivateKey.from_private_bytes(seed))
        except ValueError as error:
            raise FormatError(f"{name!r} with {len(seed)} secret bytes does not make a signer") from error

    @property
    def vkey(self) -> str:
        """The verifier key that others need."""
        return str(self.key)

    def signature_line(self, text: bytes) -> bytes:
        """The signature line for a text."""
        return format_signature(Signature(self.key.name, self.key.key_id, self._private.sign(text)))

    def sign(self, text: bytes) -> bytes:
        """A whole note: the text and this one signature.

        Raises:
            FormatError: the text cannot be the text of a note.

        """
        return join(text, [self.signature_line(text)])


def join(text: bytes, signature_lines: Iterable[bytes]) -> bytes:
    """Put signature lines under a text.

    Raises:
        FormatError: the result would not be a note.

    """
    note = text + b"\n" + b"".join(signature_lines)
    parse(note)
    return note


def format_signature(signature: Signature) -> bytes:
    """The line, with its line feed."""
    return f"{_DASH}{signature.name} {to_base64(signature.key_id + signature.blob)}\n".encode()


def parse(data: bytes) -> Note:
    """Take a note apart.

    Raises:
        FormatError: it is not a note.

    """
    if len(data) > MAX_NOTE_SIZE:
        raise FormatError(f"a note has at most {MAX_NOTE_SIZE} bytes")
    try:
        decoded = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("the note is not UTF-8") from error
    if any(c < " " and c != "\n" for c in decoded):
        raise FormatError("the note holds a control character")
    text, blank, below = decoded.rpartition("\n\n")
    if not (text and blank and below.endswith("\n")):
        raise FormatError("the note has no text, no blank line or no signatures, or its end is missing")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise FormatError(f"the note has more than {MAX_SIGNATURES} signatures")
    return Note((text + "\n").encode(), tuple(_parse_signature(line) for line in lines))


def _parse_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not (line.startswith(_DASH) and space):
        raise FormatError("a line below the text of the note is not a signature")
    require_name(name)
    raw = unbase64(encoded, f"signature by {name[:80]}")
    if len(raw) <= _KEY_ID_SIZE:
        raise FormatError(f"the signature by {name} is empty")
    return Signature(name, raw[:_KEY_ID_SIZE], raw[_KEY_ID_SIZE:])


@dataclass(frozen=True)
class VerifiedNote:
    """A note that at least one known key signed, with those signatures (one a key)."""

    text: bytes
    signatures: tuple[Signature, ...]

    def signed_by(self, key: VerifierKey) -> bool:
        """Whether this key's signature is among the verified ones."""
        return any((s.name, s.key_id) == (key.name, key.key_id) for s in self.signatures)


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> VerifiedNote:
    """Take a note apart and verify every signature by a known key.

    Raises:
        FormatError: it is not a note, or two of the known keys cannot be told apart.
        SignatureError: a signature by a known key does not verify, or there is none.

    """
    note = parse(data)
    unused = _by_identity(verifiers)
    verified = []
    for signature in note.signatures:
        # Taking the verifier out drops repetitions of one key: only its first line counts.
        verifier = unused.pop((signature.name, signature.key_id), None)
        if verifier:
            verifier.verify(note.text, signature.blob)
            verified.append(signature)
    if not verified:
        raise SignatureError("the note carries no signature by a key that is trusted for it")
    return VerifiedNote(note.text, tuple(verified))


def _by_identity(verifiers: Iterable[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        identity = (verifier.key.name, verifier.key.key_id)
        if identity in known:
            raise FormatError(f"two known keys have the name {identity[0]} and the same key ID")
        known[identity] = verifier
    return known

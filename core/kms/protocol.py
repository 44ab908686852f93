"""What every key service does, and the two small things that all of them are built from.

Whatever a provider hands out begins alike, so that anybody can tell under which generation of a root a key is wrapped
without asking the service:

    format (1 byte, says which provider) ‖ generation (4 bytes, big-endian) ‖ what the provider makes of it
"""

import hmac
import json
import secrets
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import Unavailable

Context = Mapping[str, str]

ROOTS = ("backups", "ledger", "sign-in", "workspaces")
"""Every root that there is. Separate ones limit what one leak opens."""

KEY = 32
_NONCE = 12
_CHECK = 32
_CHECK_LABEL = b"ithaca.wrap-check.v1\x00"
_HEAD = 5


class KeyServiceRefused(Unavailable):
    """The key service denies, does not know the key, or was given the context of another key."""


class Generation(NamedTuple):
    """Under what a key is wrapped: which provider's format, and which generation of the root."""

    format: int
    number: int

    @property
    def head(self) -> bytes:
        """What every key that is wrapped under it begins with."""
        return bytes([self.format]) + self.number.to_bytes(4)


class KeyService(Protocol):
    """Wraps 32-byte keys under a named root that never leaves the service.

    `root` is one of ROOTS. Every method raises Unavailable when the service does not answer, KeyServiceRefused when it
    says no, and never falls back on another key.
    """

    format: int
    """The first byte of everything it wraps."""

    def generate(self, root: str, context: Context) -> tuple[bytes, bytes]:
        """Return a fresh key and the same key wrapped."""
        ...

    def wrap(self, root: str, key: bytes, context: Context) -> bytes: ...
    def unwrap(self, root: str, wrapped: bytes, context: Context) -> bytes: ...
    def rewrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        """Return the key wrapped under the newest generation of its root."""
        ...

    def newest(self, root: str) -> Generation:
        """Return the generation that new keys are wrapped under."""
        ...

    def rotate(self, root: str) -> int:
        """Make a new generation of the root, or its first; older ones still unwrap. Return its number."""
        ...

    def destroy(self, root: str, generation: int) -> None:
        """Forget this generation and all before it for good. What is still wrapped under them is lost.

        The newest one is refused. Asking twice does no harm.
        """
        ...

    def check(self) -> None:
        """Ask the service whether it would answer, changing nothing."""
        ...


def generation_of(wrapped: bytes) -> Generation:
    """Return under what a key is wrapped.

    Raises:
        KeyServiceRefused: when this is no wrapped key.

    """
    if len(wrapped) <= _HEAD:
        raise KeyServiceRefused("This is no key that a key service wrapped.")
    return Generation(wrapped[0], int.from_bytes(wrapped[1:_HEAD]))


def body_of(wrapped: bytes) -> bytes:
    """Return what comes after format and generation."""
    return wrapped[_HEAD:]


def encode_context(context: Context) -> bytes:
    return json.dumps(dict(context), sort_keys=True, separators=(",", ":")).encode()


def seal(key: bytes, plaintext: bytes, context: Context) -> bytes:
    """AES-256-GCM with a random nonce and the context as associated data: nonce ‖ ciphertext ‖ tag."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, encode_context(context))


def unseal(key: bytes, sealed: bytes, context: Context) -> bytes:
    """Undo `seal`.

    Raises:
        KeyServiceRefused: when key, bytes and context do not belong together.

    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], encode_context(context))
    except (InvalidTag, ValueError) as error:
        raise KeyServiceRefused("A key does not belong to the object it stands with.") from error


def make_wrap(generation: Generation, key: bytes, context: Context, body: bytes) -> bytes:
    """Return what a service across the network wrapped, with a check of the key in front.

    Such a service could hand out another object's key, by a mistake or on purpose, and new data would then be wrapped
    under a key that nobody finds again. The check is a PRF of key and context: it says whether the key that came back
    is the one that went in, and nothing about it.
    """
    return generation.head + _check(key, context) + body


def split_wrap(wrapped: bytes) -> tuple[bytes, bytes]:
    """Return the check and what the service made.

    Raises:
        KeyServiceRefused: when it is too short.

    """
    body = body_of(wrapped)
    if len(body) <= _CHECK:
        raise KeyServiceRefused("This is no key that a key service wrapped.")
    return body[:_CHECK], body[_CHECK:]


def require_checked(key: bytes, check: bytes, context: Context) -> bytes:
    """Return the key that came back, if it is the one that was wrapped for this context.

    Raises:
        KeyServiceRefused: when it is another one.

    """
    if len(key) != KEY or not hmac.compare_digest(_check(key, context), check):
        raise KeyServiceRefused("The key service handed out another key than the one it was asked for.")
    return key


def _check(key: bytes, context: Context) -> bytes:
    return hmac.digest(key, _CHECK_LABEL + encode_context(context), "sha256")

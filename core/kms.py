"""Root keys stay in a key service; the database holds only what that service has wrapped.

Every wrap is bound to a context (who and what the key is for). A wrap that is moved to another row fails to unwrap,
because the context is authenticated with it. `LocalKeyring` keeps its roots in one file of mode 0600, outside the
database and the blobs; other services stand behind the same Protocol.
"""

import json
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from core.errors import Unavailable

Context = Mapping[str, str]

_FORMAT = b"\x01"
_NONCE = 12


class KeyServiceRefused(Unavailable):
    """The key service denies, does not know the key, or was given the context of another key."""


class KeyService(Protocol):
    """Wraps 32-byte keys under a named root that never leaves the service.

    `root` is one of "workspaces", "sign-in", "ledger"; separate roots limit what one leak opens.
    Every method raises Unavailable when the service does not answer, KeyServiceRefused when it says no.
    """

    def generate(self, root: str, context: Context) -> tuple[bytes, bytes]:
        """Return a fresh key and the same key wrapped."""
        ...

    def wrap(self, root: str, key: bytes, context: Context) -> bytes: ...
    def unwrap(self, root: str, wrapped: bytes, context: Context) -> bytes: ...
    def rewrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        """Return the key wrapped under the newest generation of its root, never showing it."""
        ...

    def rotate(self, root: str) -> int:
        """Make a new generation of the root; older ones still unwrap. Return its number."""
        ...

    def destroy(self, root: str, generation: int) -> None:
        """Forget a generation for good. What is still wrapped under it is lost."""
        ...


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


class LocalKeyring:
    """Roots in one JSON file {root: {generation: base64}}, written atomically, mode 0600."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "roots.json"

    def generate(self, root: str, context: Context) -> tuple[bytes, bytes]:
        key = secrets.token_bytes(32)
        return key, self.wrap(root, key, context)

    def wrap(self, root: str, key: bytes, context: Context) -> bytes:
        generations = self._load().get(root) or self._create(root)
        newest = max(generations)
        return _FORMAT + newest.to_bytes(4) + seal(generations[newest], key, {"root": root, **context})

    def unwrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        generation = int.from_bytes(wrapped[1:5])
        key = self._load().get(root, {}).get(generation)
        if wrapped[:1] != _FORMAT or key is None:
            raise KeyServiceRefused("The key service does not know the key that this was wrapped under.")
        return unseal(key, wrapped[5:], {"root": root, **context})

    def rewrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        return self.wrap(root, self.unwrap(root, wrapped, context), context)

    def rotate(self, root: str) -> int:
        roots = self._load()
        generation = max(roots.get(root, {0: b""})) + 1
        roots.setdefault(root, {})[generation] = secrets.token_bytes(32)
        self._save(roots)
        return generation

    def destroy(self, root: str, generation: int) -> None:
        roots = self._load()
        roots.get(root, {}).pop(generation, None)
        self._save(roots)

    def _create(self, root: str) -> dict[int, bytes]:
        """Make the root's first generation, unless another process was faster."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.path.parent / "lock").open("w") as lock:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
            if root not in self._load():
                self.rotate(root)
        return self._load()[root]

    def _load(self) -> dict[str, dict[int, bytes]]:
        try:
            stored = json.loads(self.path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise Unavailable("The key service cannot read its keyring. Nothing was opened or changed.") from error
        return {root: {int(n): b64decode(key) for n, key in keys.items()} for root, keys in stored.items()}

    def _save(self, roots: dict[str, dict[int, bytes]]) -> None:
        stored = {root: {str(n): b64encode(key).decode() for n, key in keys.items()} for root, keys in roots.items()}
        temporary = self.path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(stored, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.path)


@cache
def _keyring(directory: Path) -> LocalKeyring:
    return LocalKeyring(directory)


def key_service() -> KeyService:
    """Return the installation's key service."""
    return _keyring(settings.KEYRING_DIRECTORY)

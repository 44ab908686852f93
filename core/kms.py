"""Root keys stay in a key service; the database holds only what that service has wrapped.

Every wrap is bound to a context (who and what the key is for). A wrap that is moved to another row fails to unwrap,
because the context is authenticated with it. `LocalKeyring` keeps its roots in one file of mode 0600, outside the
database and the blobs; other services stand behind the same Protocol.
"""

import fcntl
import json
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
_KEY = 32


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
    """Roots in one JSON file {root: {generation: base64}}, written atomically, mode 0600.

    Readers need no lock, because the file is replaced as a whole; whoever changes it holds the lock file meanwhile, so
    that two processes never write over each other's new generation.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / "roots.json"

    def generate(self, root: str, context: Context) -> tuple[bytes, bytes]:
        key = secrets.token_bytes(_KEY)
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
        with self._changing() as roots:
            return _add_generation(roots.setdefault(root, {}))

    def destroy(self, root: str, generation: int) -> None:
        with self._changing() as roots:
            if generation == max(roots.get(root, {}), default=None):
                # Its number would be given again, and old wraps would then be opened with the wrong key.
                raise KeyServiceRefused("The newest generation of a root cannot be destroyed; rotate first.")
            roots.get(root, {}).pop(generation, None)

    def _create(self, root: str) -> dict[int, bytes]:
        """Make the root's first generation, unless another process was faster."""
        with self._changing() as roots:
            if not roots.get(root):
                _add_generation(roots.setdefault(root, {}))
            return roots[root]

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[int, bytes]]]:
        """Give the roots to one process at a time, and save what it made of them."""
        with _unavailable_on_error(), self._locked():
            roots = self._load()
            yield roots
            self._save(roots)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path.parent / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _load(self) -> dict[str, dict[int, bytes]]:
        with _unavailable_on_error():
            try:
                stored = json.loads(self.path.read_text(encoding="ascii"))
                return {root: {int(n): _decode(key) for n, key in keys.items()} for root, keys in stored.items()}
            except FileNotFoundError:
                return {}

    def _save(self, roots: dict[str, dict[int, bytes]]) -> None:
        stored = {root: {str(n): b64encode(key).decode() for n, key in keys.items()} for root, keys in roots.items()}
        temporary = self.path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(stored, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.path)
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            # A root that is lost with the power takes everything wrapped under it along.
            os.fsync(directory)
        finally:
            os.close(directory)


def _decode(stored: str) -> bytes:
    key = b64decode(stored, validate=True)
    if len(key) != _KEY:
        # AES takes shorter keys too, so a cut line would otherwise go unnoticed.
        raise ValueError("A root in the keyring has the wrong length.")
    return key


def _add_generation(generations: dict[int, bytes]) -> int:
    number = max(generations, default=0) + 1
    generations[number] = secrets.token_bytes(_KEY)
    return number


@contextmanager
def _unavailable_on_error() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, AttributeError) as error:
        raise Unavailable("The key service cannot use its keyring. Nothing was opened or changed.") from error


@cache
def _keyring(directory: Path) -> LocalKeyring:
    return LocalKeyring(directory)


def key_service() -> KeyService:
    """Return the installation's key service."""
    return _keyring(settings.KEYRING_DIRECTORY)

"""The local keyring: roots in one file of mode 0600, outside the database and the blobs."""

import fcntl
import json
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Unavailable
from core.kms.protocol import KEY, Context, Generation, KeyServiceRefused, body_of, generation_of, seal, unseal

FORMAT = 1

Roots = dict[str, dict[int, bytes]]


class LocalKeyring:
    """Roots in one JSON file {root: {generation: base64}}, written atomically, mode 0600.

    Readers need no lock, because the file is replaced as a whole; whoever changes it holds the lock file meanwhile, so
    that two processes never write over each other's new generation.
    """

    format = FORMAT

    def __init__(self, directory: Path) -> None:
        self.path = directory / "roots.json"

    def generate(self, root: str, context: Context) -> tuple[bytes, bytes]:
        key = secrets.token_bytes(KEY)
        return key, self.wrap(root, key, context)

    def wrap(self, root: str, key: bytes, context: Context) -> bytes:
        generations = self._load().get(root) or self._create(root)
        newest = max(generations)
        return Generation(FORMAT, newest).head + seal(generations[newest], key, {"root": root, **context})

    def unwrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        generation = generation_of(wrapped)
        key = self._load().get(root, {}).get(generation.number)
        if generation.format != FORMAT or key is None:
            raise KeyServiceRefused("The key service does not know the key that this was wrapped under.")
        return unseal(key, body_of(wrapped), {"root": root, **context})

    def rewrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        return self.wrap(root, self.unwrap(root, wrapped, context), context)

    def newest(self, root: str) -> Generation:
        return Generation(FORMAT, max(self._load().get(root) or self._create(root)))

    def rotate(self, root: str) -> int:
        with self._changing() as roots:
            return _add_generation(roots.setdefault(root, {}))

    def destroy(self, root: str, generation: int) -> None:
        with self._changing() as roots:
            generations = roots.get(root, {})
            if generation >= max(generations, default=0):
                # Its number would be given again, and old wraps would then be opened with the wrong key.
                raise KeyServiceRefused("The newest generation of a root cannot be destroyed; rotate first.")
            for number in [number for number in generations if number <= generation]:
                del generations[number]

    def check(self) -> None:
        self._load()

    def export(self) -> Roots:
        """Return every root, for the escrow."""
        return self._load()

    def restore(self, roots: Roots) -> None:
        """Put roots back where there are none.

        Raises:
            KeyServiceRefused: when a keyring is there already; nothing is written over.

        """
        with self._changing() as present:
            if present:
                raise KeyServiceRefused("There is a keyring here already. Nothing was written over it.")
            present.update(roots)

    def _create(self, root: str) -> dict[int, bytes]:
        """Make the root's first generation, unless another process was faster."""
        with self._changing() as roots:
            if not roots.get(root):
                _add_generation(roots.setdefault(root, {}))
            return roots[root]

    @contextmanager
    def _changing(self) -> Iterator[Roots]:
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

    def _load(self) -> Roots:
        with _unavailable_on_error():
            try:
                return decode_roots(json.loads(self.path.read_text(encoding="ascii")))
            except FileNotFoundError:
                return {}

    def _save(self, roots: Roots) -> None:
        temporary = self.path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(encode_roots(roots), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.path)
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            # A root that is lost with the power takes everything wrapped under it along.
            os.fsync(directory)
        finally:
            os.close(directory)


def encode_roots(roots: Roots) -> dict[str, dict[str, str]]:
    return {root: {str(n): b64encode(key).decode() for n, key in keys.items()} for root, keys in roots.items()}


def decode_roots(stored: dict[str, dict[str, str]]) -> Roots:
    """Undo `encode_roots`.

    Raises:
        ValueError: when a key is damaged or of another length, or there is something else than keys.
        AttributeError: when there is something else than keys.

    """
    return {root: {int(n): _decode(key) for n, key in keys.items()} for root, keys in stored.items()}


def _decode(stored: str) -> bytes:
    key = b64decode(stored, validate=True)
    if len(key) != KEY:
        # AES takes shorter keys too, so a cut line would otherwise go unnoticed.
        raise ValueError("A root in the keyring has the wrong length.")
    return key


def _add_generation(generations: dict[int, bytes]) -> int:
    number = max(generations, default=0) + 1
    generations[number] = secrets.token_bytes(KEY)
    return number


@contextmanager
def _unavailable_on_error() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, AttributeError) as error:
        raise Unavailable("The key service cannot use its keyring. Nothing was opened or changed.") from error

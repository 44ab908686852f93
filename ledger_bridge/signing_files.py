"""The log's private keys: one file of mode 0600 for each, in the keyring directory.

The first key keeps the name it has always had, `ledger-signing.key`; every other file is named for its type and key ID.
A file holds 32 secret bytes in hexadecimal. It is written whole beside its place and linked into it, so that nobody
reads half a key and of two processes one wins.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from core.errors import Unavailable
from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.mldsa import MLDSA44, MldsaSigner
from ledger_bridge.tlog.note import ED25519, Signer, VerifierKey

LogPrivateKey = Signer | MldsaSigner
TYPES = {"ed25519": ED25519, "mldsa44": MLDSA44}
"""The types of key by the word for them in file names and commands."""

_FIRST = "ledger-signing.key"
_LATER = re.compile(r"ledger-signing-(ed25519|mldsa44)-[0-9a-f]{8}\.key", re.ASCII)
_DAMAGED = "The ledger's signing key is missing or damaged. Restore it from a backup."


def find_key(key: VerifierKey) -> LogPrivateKey:
    """Return the private key of a public one.

    Raises:
        Unavailable: when no file holds it.

    """
    for _, private in _stored(key.name):
        if private.key == key:
            return private
    raise Unavailable(_DAMAGED)


def stored_keys(origin: str, algorithm: int) -> list[LogPrivateKey]:
    """Return the private keys of one type, the first key of the log before later ones.

    Raises:
        Unavailable: when a file is damaged.

    """
    return [private for _, private in _stored(origin) if private.key.algorithm == algorithm]


def make_first_key(origin: str) -> LogPrivateKey:
    """Make the log's first key, unless somebody else just did, and return the one that stands there."""
    seed = secrets.token_bytes(32)
    _write(settings.KEYRING_DIRECTORY / _FIRST, seed)
    return _read(origin, ED25519, settings.KEYRING_DIRECTORY / _FIRST)


def make_key(origin: str, type_: str) -> LogPrivateKey:
    """Make another key of this type."""
    seed = secrets.token_bytes(32)
    private = _signer(origin, TYPES[type_], seed)
    _write(settings.KEYRING_DIRECTORY / f"ledger-signing-{type_}-{private.key.key_id.hex()}.key", seed)
    return private


def key_files() -> list[Path]:
    """Return the files of all private keys, damaged ones included."""
    first = settings.KEYRING_DIRECTORY / _FIRST
    later = sorted(settings.KEYRING_DIRECTORY.glob("ledger-signing-*.key"))
    return [*filter(Path.exists, [first]), *(path for path in later if _LATER.fullmatch(path.name))]


def destroy_key(key: VerifierKey) -> None:
    """Remove the private key of a public one, if it is still there. Copies in backups are beyond its reach."""
    for path, private in _stored(key.name):
        if private.key == key:
            with suppress(FileNotFoundError):
                path.unlink()
            _sync(path.parent)


def _stored(origin: str) -> Iterator[tuple[Path, LogPrivateKey]]:
    first = settings.KEYRING_DIRECTORY / _FIRST
    if first.exists():
        yield first, _read(origin, ED25519, first)
    for path in sorted(settings.KEYRING_DIRECTORY.glob("ledger-signing-*.key")):
        if match := _LATER.fullmatch(path.name):
            yield path, _read(origin, TYPES[match[1]], path)


def _read(origin: str, algorithm: int, path: Path) -> LogPrivateKey:
    try:
        return _signer(origin, algorithm, bytes.fromhex(path.read_text(encoding="ascii")))
    except (OSError, ValueError) as error:
        raise Unavailable(_DAMAGED) from error


def _signer(origin: str, algorithm: int, seed: bytes) -> LogPrivateKey:
    match algorithm:
        case 0x01:
            return Signer.from_seed(origin, seed)
        case 0x06:
            return MldsaSigner.from_seed(origin, seed)
    raise FormatError(f"a log does not sign with keys of type {algorithm:#04x}")


def _write(path: Path, seed: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(seed.hex())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)
        _sync(path.parent)
    finally:
        temporary.unlink()


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

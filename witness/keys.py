"""The witness's own keys: the seeds of an Ed25519 and an ML-DSA-44 key in one file that only its owner reads.

It cosigns with both. Whoever checks may ask for either; ML-DSA-44 is made to hold against large quantum computers too.
"""

import os
import secrets
import stat
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger_bridge.tlog.cosignature import Cosigner
from ledger_bridge.tlog.mldsa import MldsaSigner
from ledger_bridge.tlog.note import VerifierKey
from witness.errors import UnusableError

_FILE = "witness.key"
_NAMES = ("ed25519", "ml-dsa-44")
_SEED_SIZE = 32


class Signing(Protocol):
    """Signs checkpoints with one key."""

    @property
    def key(self) -> VerifierKey:
        """The public key that others need."""

    def signature_line(self, text: bytes, time: int) -> bytes:
        """The cosignature for the text of a checkpoint, at this POSIX time."""


def make_keys(directory: Path) -> None:
    """Write new keys. Existing ones are never replaced: two keys under one name would look like two witnesses.

    Raises:
        UnusableError: there are keys already.

    """
    path = directory / _FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UnusableError(f"{path} exists already; a witness keeps its keys.") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(f"{name} {secrets.token_hex(_SEED_SIZE)}\n" for name in _NAMES)
        file.flush()
        os.fsync(file.fileno())


def load_cosigners(directory: Path, name: str) -> tuple[Signing, ...]:
    """Read the keys.

    Raises:
        UnusableError: they are missing, damaged, or readable by others.

    """
    path = directory / _FILE
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UnusableError(f"{path} may be read by others. Make it yours alone: chmod 600 {path}")
        seeds = [line.split(" ") for line in path.read_text(encoding="ascii").splitlines()]
        if [kind for kind, *_ in seeds] != list(_NAMES):
            raise UnusableError(f"{path} does not hold the keys {' and '.join(_NAMES)}.")
        (_, ed25519), (_, mldsa) = seeds
        classical = Cosigner(name, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(ed25519)))
        return classical, MldsaSigner.from_seed(name, bytes.fromhex(mldsa))
    except FileNotFoundError as error:
        raise UnusableError(f"{path} is missing. Make it with “init”, or restore it from a backup.") from error
    except (OSError, ValueError) as error:
        raise UnusableError(f"{path} cannot be used as keys.") from error

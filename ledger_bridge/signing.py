"""The log's own key: an Ed25519 seed in one file of mode 0600, made when the log is still empty."""

import os
import secrets
from functools import cache
from pathlib import Path

from django.conf import settings

from core.errors import Unavailable
from ledger_bridge.models import Checkpoint
from ledger_bridge.tlog.note import Ed25519Verifier, Signer

_FILE = "ledger-signing.key"


def log_signer() -> Signer:
    """Return what signs for the log.

    Raises:
        Unavailable: when the key is missing although the log has been signed before, or cannot be read.

    """
    return _signer(settings.LEDGER_ORIGIN, settings.KEYRING_DIRECTORY / _FILE)


def log_verifier() -> Ed25519Verifier:
    return Ed25519Verifier(log_signer().key)


def policy_text() -> str:
    """Return the policy under which this log's checkpoints are to be checked (C2SP tlog-policy)."""
    return f"log {log_signer().vkey}\nquorum none\n"


@cache
def _signer(origin: str, path: Path) -> Signer:
    # A second key for the same log would look like a fork to everybody who knows the first.
    if not path.exists() and not Checkpoint.objects.exists():
        _make(path)
    try:
        return Signer.from_seed(origin, bytes.fromhex(path.read_text(encoding="ascii")))
    except (OSError, ValueError) as error:
        raise Unavailable("The ledger's signing key is missing or damaged. Restore it from a backup.") from error


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written whole beside its place and linked into it: of two processes one wins, and nobody reads half a key.
    temporary = path.with_suffix(f".{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_bytes(32).hex())
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        temporary.unlink()

"""Who signs for the log: an Ed25519 and an ML-DSA-44 key under one name, or more of a type while one is replaced.

The private keys stand in files (`signing_files`). Which public keys the log has or had, and from which size of the tree
to which each signs, stands in the table LogKey: the first keys get there with the first checkpoint they sign.
"""

import time
from dataclasses import dataclass

from django.conf import settings

from core.errors import Unavailable
from ledger_bridge import signing_files
from ledger_bridge.models import Checkpoint, LogKey
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.mldsa import MLDSA44, MldsaSigner
from ledger_bridge.tlog.note import ED25519, Ed25519Verifier, Signer, VerifierKey, join
from ledger_bridge.tlog.policy import Policy, validity_line


@dataclass(frozen=True)
class LogSigner:
    """The private keys that sign for the log today."""

    ed25519: tuple[Signer, ...]
    mldsa: tuple[MldsaSigner, ...]

    @property
    def key(self) -> VerifierKey:
        """The Ed25519 key that has signed longest."""
        return self.ed25519[0].key

    @property
    def vkey(self) -> str:
        return str(self.key)

    def sign(self, text: bytes) -> bytes:
        """Sign a note that is no checkpoint, which only Ed25519 can."""
        return join(text, [one.signature_line(text) for one in self.ed25519])

    def sign_checkpoint(self, text: bytes) -> bytes:
        now = int(time.time())
        lines = [one.signature_line(text) for one in self.ed25519]
        return join(text, lines + [one.signature_line(text, now) for one in self.mldsa])


def log_signer() -> LogSigner:
    """Return what signs for the log.

    Raises:
        Unavailable: when a key is missing although the log has been signed with it, or cannot be read.

    """
    privates = [signing_files.find_key(row.key) for row in current_keys()] or _first_keys()
    return LogSigner(
        tuple(one for one in privates if isinstance(one, Signer)),
        tuple(one for one in privates if isinstance(one, MldsaSigner)),
    )


def log_verifier() -> Ed25519Verifier:
    return Ed25519Verifier(log_signer().key)


def sign_head(head: Head) -> bytes:
    """Sign a new head with every key. Call it in the transaction that holds the lock on the tree."""
    _enter_first_keys(head.size)
    return log_signer().sign_checkpoint(head.marshal())


def log_policy() -> Policy:
    """Return the policy that this installation applies to its own checkpoints."""
    return Policy.parse(policy_text())


def policy_text() -> str:
    """Return the policy under which this log's checkpoints are to be checked (C2SP tlog-policy)."""
    return "".join(_log_lines()) + "quorum none\n"


def log_keys() -> list[LogKey]:
    """Return every key that this log has or had, the oldest first."""
    return [row for row in LogKey.objects.order_by("id") if row.key.name == settings.LEDGER_ORIGIN]


def current_keys() -> list[LogKey]:
    return [row for row in log_keys() if row.last is None]


def _log_lines() -> list[str]:
    rows = log_keys()
    if not rows:
        return [f"log {private.vkey}\n" for private in _first_keys()]
    lines = []
    for row in rows:
        lines.append(f"log {row.vkey}\n")
        if row.first or row.last is not None:
            lines.append(validity_line(row.key, row.first, row.last))
    return lines


def _enter_first_keys(size: int) -> None:
    known = {row.key.algorithm for row in current_keys()}
    if ED25519 not in known:
        LogKey.objects.create(vkey=_first_ed25519().vkey)
    if MLDSA44 not in known:
        # A log that was signed before there was a second key has checkpoints that lack its line.
        first = size if Checkpoint.objects.exists() else 0
        LogKey.objects.create(vkey=_first_mldsa().vkey, first=first)


def _first_keys() -> list[signing_files.LogPrivateKey]:
    if Checkpoint.objects.exists():
        return [_first_ed25519()]
    return [_first_ed25519(), _first_mldsa()]


def _first_ed25519() -> signing_files.LogPrivateKey:
    # A second key for the same log would look like a fork to everybody who knows the first.
    stored = signing_files.stored_keys(settings.LEDGER_ORIGIN, ED25519)
    if not stored and (Checkpoint.objects.exists() or log_keys()):
        raise Unavailable("The ledger's signing key is missing or damaged. Restore it from a backup.")
    return stored[0] if stored else signing_files.make_first_key(settings.LEDGER_ORIGIN)


def _first_mldsa() -> signing_files.LogPrivateKey:
    stored = signing_files.stored_keys(settings.LEDGER_ORIGIN, MLDSA44)
    return stored[0] if stored else signing_files.make_key(settings.LEDGER_ORIGIN, "mldsa44")

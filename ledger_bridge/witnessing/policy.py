"""The policy of the installation: the log's own keys, and the witnesses and quorum that LEDGER_WITNESS_POLICY names.

The file is a C2SP tlog-policy without its log lines: `witness`, `group` and one `quorum`. Without a file there are no
witnesses, and a checkpoint is published as soon as it is signed.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ledger_bridge import signing
from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.policy import NOBODY, Accepted, Policy

_NO_WITNESSES = f"quorum {NOBODY}\n"
_AHEAD_AT_MOST = timedelta(minutes=5)
_BEHIND_AT_MOST = timedelta(days=1)


def policy_text() -> str:
    """Return the policy under which this log's published checkpoints are to be checked (C2SP tlog-policy)."""
    return signing.policy_text().removesuffix(_NO_WITNESSES) + _witness_lines()


def full_policy() -> Policy:
    """Return it, read.

    Raises:
        ImproperlyConfigured: when the file does not hold one.

    """
    try:
        return Policy.parse(policy_text())
    except FormatError as error:
        message = f"LEDGER_WITNESS_POLICY ({settings.LEDGER_WITNESS_POLICY}): {error}"
        raise ImproperlyConfigured(message) from error


def needs_witnesses() -> bool:
    """Say whether a checkpoint has to be cosigned before it counts as published."""
    return ["quorum", NOBODY] not in [line.split() for line in _witness_lines().splitlines()]


def is_plausible(timestamp: int) -> bool:
    """Say whether a cosignature that was just made states a time that can be meant."""
    try:
        stated = datetime.fromtimestamp(timestamp, UTC)
    except (OverflowError, ValueError, OSError):
        return False
    now = datetime.now(UTC)
    return now - _BEHIND_AT_MOST < stated < now + _AHEAD_AT_MOST


def witnesses_of(accepted: Accepted) -> list[str]:
    return sorted(one.witness for one in accepted.cosigned)


def _witness_lines() -> str:
    if not settings.LEDGER_WITNESS_POLICY:
        return _NO_WITNESSES
    try:
        text = Path(settings.LEDGER_WITNESS_POLICY).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"LEDGER_WITNESS_POLICY names {settings.LEDGER_WITNESS_POLICY}, which cannot be read."
        raise ImproperlyConfigured(message) from error
    if any(line.split()[:1] == ["log"] for line in text.splitlines()):
        message = "LEDGER_WITNESS_POLICY: leave the log lines out; the log's own keys are added."
        raise ImproperlyConfigured(message)
    return text if text.endswith("\n") else f"{text}\n"

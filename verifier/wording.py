"""The sentences that trails and receipts share: who vouches, and what no verification of this kind can tell."""

from datetime import UTC, datetime

from ledger_bridge.tlog.policy import ALGORITHMS, Accepted
from verifier.report import Report

_YEAR_9999 = 253_402_300_799


def describe_cosignatures(accepted: Accepted) -> str:
    """Who besides the log signed the checkpoint."""
    if not accepted.cosigned:
        return "No witness co-signed it."
    names = ", ".join(f"{one.witness} ({describe_time(one.timestamp)})" for one in accepted.cosigned)
    return f"It is co-signed by {names}, as many as the policy asks for."


def describe_log_keys(accepted: Accepted) -> str:
    """With which of its keys the log signed the checkpoint, as far as the policy asked."""
    return " and ".join(f"{ALGORITHMS[key.algorithm]} (key {key.key_id.hex()})" for key in accepted.log_keys)


def describe_limits(report: Report, accepted: Accepted, *, own_policy: bool, known: bool) -> None:
    """Say what this verification cannot tell."""
    if own_policy:
        report.limit(
            "The policy came from the export itself, so all this shows is that the export agrees with itself. "
            "Get the policy from somewhere else and give it with --policy."
        )
    else:
        report.limit("Whether the keys in your policy are the right ones: that rests on where you got the policy.")
    if len({key.algorithm for key in accepted.log_keys}) == 1:
        report.limit(
            "Whether the log signed with a key of a second type: for a log of this size your policy names only"
            f" {describe_log_keys(accepted)}. The log's newest policy may name more."
        )
    if not accepted.cosigned:
        report.limit(
            "No witness co-signed, so the operator alone vouches for this log and could show another one to others. "
            "Compare the checkpoint with what others have, or give one you kept with --known."
        )
    elif not known:
        report.limit(
            "Whether the log was rewritten before the witnesses first saw it; --known compares with what you kept."
        )
    report.limit("Events that never reached the log: only receipts and the people involved can tell of those.")


def describe_time(timestamp: int) -> str:
    """A moment in seconds since 1970, as people write it."""
    if timestamp > _YEAR_9999:
        return "at a time beyond the calendar"
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

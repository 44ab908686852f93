"""The sentences that trails and receipts share: who vouches, what that means, and what no verification can tell.

`static/verify/wording.js` says the same in a browser; `tests/verifier/test_agreement.py` holds them equal.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from ledger_bridge.tlog.policy import ALGORITHMS, NOBODY, Accepted, Policy
from verifier.report import Report

_YEAR_9999 = 253_402_300_799
_TOKENS_NAMED = 20


def describe_cosignatures(accepted: Accepted) -> str:
    """Who besides the log signed the checkpoint."""
    if not accepted.cosigned:
        return "No witness co-signed it."
    names = ", ".join(f"{one.witness} ({describe_time(one.timestamp)})" for one in accepted.cosigned)
    return f"It is co-signed by {names}, as many as the policy asks for."


def describe_log_keys(accepted: Accepted) -> str:
    """With which of its keys the log signed the checkpoint, as far as the policy asked."""
    return " and ".join(f"{ALGORITHMS[key.algorithm]} (key {key.key_id.hex()})" for key in accepted.log_keys)


def describe_against(report: Report, accepted: Accepted, policy: Policy, *, own_policy: bool) -> None:
    """Say whose word the checks were held against."""
    brought = "that came with the export itself" if own_policy else "that you brought"
    report.held_against(f"The policy {brought}.")
    report.held_against(f"The log {accepted.checkpoint.origin}: {describe_log_keys(accepted)}.")
    names = ", ".join(one.witness for one in accepted.cosigned) or "nobody"
    known = len(policy.witnesses)
    witnesses = "1 witness" if known == 1 else f"{known} witnesses"
    report.held_against(f"The policy knows {witnesses} and asks for {_quorum(policy)}; co-signed by {names}.")


def _quorum(policy: Policy) -> str:
    if policy.quorum == NOBODY:
        return "none of them"
    group = policy.groups.get(policy.quorum)
    if group is None:
        return policy.quorum
    return f"{group.threshold} of {', '.join(group.members)}"


def describe_hidden(report: Report, names: Collection[str], count: int) -> None:
    """Say which fields were left out, and of how many events."""
    if names:
        events = "1 of these events" if count == 1 else f"{count} of these events"
        report.limit(
            f"What these fields say: {', '.join(sorted(names))}. They were left out of {events}. What they say stands"
            " fixed in the log, but the names of other fields than the common ones are inside their hashes."
        )


def describe_tokens(report: Report, tokens: Mapping[str, int]) -> None:
    """Say which events programs made, by whose leave; "" stands for tokens that were not remembered one by one."""
    if not tokens:
        return
    total = sum(tokens.values())
    events = "1 of these events was" if total == 1 else f"{total} of these events were"
    named = sorted(token for token in tokens if token)[:_TOKENS_NAMED]
    listed = [f"{token} ({tokens[token]})" for token in named]
    rest = total - sum(tokens[token] for token in named)
    listed += [f"others ({rest})"] if rest else []
    report.passed(f"{events} made by programs that acted for somebody by personal tokens: {', '.join(listed)}.")


def describe_meaning(report: Report, accepted: Accepted, *, own_policy: bool) -> None:
    """Say what follows from the signatures under the checkpoint."""
    if own_policy:
        report.conclude("All of the following only if the keys that came with the export are the right ones.")
    if accepted.cosigned:
        report.conclude(
            "The witnesses named above saw this state of the log, and it continued everything they had seen before."
            " Whoever rewrites it now contradicts them."
        )
    else:
        report.conclude("The log's operator vouches for this state of the log, and nobody else.")


def describe_limits(report: Report, accepted: Accepted, *, own_policy: bool, known: bool) -> None:
    """Say what this verification cannot tell."""
    if own_policy:
        report.limit(
            "The policy came from the export itself, so all this shows is that the export agrees with itself. "
            "Get the policy from somewhere else and check again with it."
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
            "Compare the checkpoint with what others have, or bring one you kept."
        )
    elif not known:
        report.limit(
            "Whether the log was rewritten before the witnesses first saw it: a checkpoint that you kept would show it."
        )
    report.limit("Events that never reached the log: only receipts and the people involved can tell of those.")


def describe_time(timestamp: int) -> str:
    """A moment in seconds since 1970, as people write it."""
    if timestamp > _YEAR_9999:
        return "at a time beyond the calendar"
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

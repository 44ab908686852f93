"""Checks a receipt: one entry, its inclusion proof and a checkpoint in a C2SP tlog-proof file.

Rules enforced
    * `extra` is the canonical JSON of one event as in `events.jsonl` plus `leaf`, for the index of the proof;
    * the checkpoint is signed by its log and co-signed as the policy demands;
    * fields and salts give the commitment in the leaf, and the leaf is in the tree of the checkpoint at that index.

Out of scope: the entry's numbers in its streams. They can be checked by whoever has the stream's key, for instance
against a trail export that discloses it.
"""

from hashlib import sha256

from ledger_bridge.tlog.entry import canonical
from ledger_bridge.tlog.errors import FormatError, ProofError
from ledger_bridge.tlog.merkle import verify_inclusion
from ledger_bridge.tlog.policy import Accepted, Policy
from ledger_bridge.tlog.proof import HEADER, TlogProof
from verifier import strict_json
from verifier.form import Event, WrongEventError
from verifier.held import HeldReceipt
from verifier.report import MismatchError, Report
from verifier.trail import check_checkpoint, open_known
from verifier.wording import (
    describe_against,
    describe_cosignatures,
    describe_limits,
    describe_log_keys,
    describe_meaning,
)

RECEIPT_START = HEADER.encode()


def verify_receipt(data: bytes, report: Report, *, policy: Policy, known: bytes | None) -> None:
    """Check a receipt and write what holds into the report.

    Raises:
        MismatchError: the first thing that does not hold.

    """
    try:
        proof = TlogProof.parse(data)
    except FormatError as error:
        raise MismatchError(f"the receipt is cut or damaged: {error}") from error
    event, leaf = _read_extra(proof)
    accepted = check_checkpoint(policy, proof.checkpoint_note, part="checkpoint")
    checkpoint = accepted.checkpoint
    report.subject = f"a receipt from the log {checkpoint.origin} for entry {event.index}"
    describe_against(report, accepted, policy, own_policy=False)
    signed = f"The checkpoint of {checkpoint.size} leaves is signed by the log with {describe_log_keys(accepted)}."
    report.passed(f"{signed} {describe_cosignatures(accepted)}")
    _check_inclusion(proof, leaf, accepted)
    report.passed(f"The leaf is number {proof.index} of that log.")
    _check_event(event, leaf)
    report.passed(f"The entry is the one in the leaf: {_words(event)}.")
    _compare_known(policy, known, accepted, report)
    describe_meaning(report, accepted, own_policy=False)
    report.conclude(
        "The log recorded this entry, and cannot take it back or change it without contradicting that checkpoint."
    )
    describe_limits(report, accepted, own_policy=False, known=known is not None)
    if event.tags:
        numbers = ", ".join(f"{slot} {number}" for slot, number in event.tags.items())
        report.limit(f"Its numbers in its streams ({numbers}): compare them with a trail export of that stream.")


def open_receipt(data: bytes, policy: Policy, *, name: str) -> HeldReceipt:
    """Open a receipt that somebody kept, for a comparison.

    Raises:
        MismatchError: it does not hold by itself.

    """
    try:
        proof = TlogProof.parse(data)
        event, leaf = _read_extra(proof)
        accepted = check_checkpoint(policy, proof.checkpoint_note, part="checkpoint")
        _check_inclusion(proof, leaf, accepted)
        _check_event(event, leaf)
    except FormatError as error:
        raise MismatchError(f"it is cut or damaged: {error}", receipt=name) from error
    except MismatchError as mismatch:
        raise MismatchError(str(mismatch), receipt=name) from mismatch
    return HeldReceipt(name, event, leaf, accepted.checkpoint)


def _read_extra(proof: TlogProof) -> tuple[Event, bytes]:
    try:
        raw = strict_json.loads(proof.extra or b"")
        canonical_form = canonical(raw)
        leaf = bytes.fromhex(raw.pop("leaf"))
        event = Event.parse(raw)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MismatchError(f"it does not hold an event: {error}", part="extra") from error
    if canonical_form != proof.extra:
        raise MismatchError("it is not in canonical form", part="extra")
    if event.index != proof.index:
        sentence = f"it is about event {event.index}, the proof about {proof.index}"
        raise MismatchError(sentence, part="extra", field="index")
    return event, leaf


def _check_inclusion(proof: TlogProof, leaf: bytes, accepted: Accepted) -> None:
    size, root = accepted.checkpoint.size, accepted.checkpoint.root
    hashed = sha256(b"\x00" + leaf).digest()
    try:
        verify_inclusion(leaf_hash=hashed, index=proof.index, size=size, proof=proof.hashes, root=root)
    except ProofError as error:
        raise MismatchError(str(error), part="inclusion proof") from error


def _check_event(event: Event, leaf: bytes) -> None:
    try:
        event.check_values()
        event.check_leaf(leaf)
    except WrongEventError as wrong:
        where: dict[str, str | int] = {"part": "extra", "event": event.index}
        where |= {"field": wrong.field} if wrong.field else {}
        raise MismatchError(str(wrong), **where) from wrong


def _compare_known(policy: Policy, known: bytes | None, accepted: Accepted, report: Report) -> None:
    if known is None:
        return
    earlier = open_known(policy, known, accepted.checkpoint)
    if earlier.size == accepted.checkpoint.size:
        if earlier.root != accepted.checkpoint.root:
            raise MismatchError("the log signed two different checkpoints of the same size", part="checkpoint")
        report.passed("The checkpoint is the one you know.")
    else:
        report.limit("Whether the log still begins with the checkpoint you know: a receipt is too short to show it.")


def _words(event: Event) -> str:
    kind = event.fields.get("kind", "a hidden kind of event")
    by_token = f", by token {event.token}" if event.token else ""
    return f"{kind}, {event.fields.get('occurred_at', 'at a hidden time')}{by_token}"

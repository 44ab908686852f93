"""Checks the anchors of a trail export: what blocks of outside chains and timestamps hold about this log.

Rules enforced
    * every anchor has the form of `docs/formats/anchors.md`, and its proofs lead from the header to size and root, or
      its timestamp is about the text of the checkpoint with this size and root;
    * it covers no more than the checkpoint; that its root is that of the leaves is checked in `trail.py`;
    * a block hash that the auditor gives is that of one of the anchors.

Out of scope: whether a block with this hash stands on the chain; only the auditor's own node can tell. The signature of
a timestamp and its certificates; the report gives the command of OpenSSL that checks them.
"""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ledger_bridge.tlog.anchors.chain import Anchored, ChainEvidence, log_id
from ledger_bridge.tlog.anchors.fields import hexadecimal
from ledger_bridge.tlog.anchors.timestamp import Stamped, TimestampEvidence
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.errors import TlogError
from verifier import strict_json
from verifier.report import MismatchError, Report
from verifier.wording import describe_time

_MEMBER = "anchors.json"
_MOST = 100
_EXTRACT = (
    "import base64,json,sys; sys.stdout.buffer.write(base64.b64decode(json.load(sys.stdin)['anchors'][{at}]['token']))"
)


@dataclass(frozen=True)
class ChainAnchor:
    """One anchor whose evidence leads from the header of a block to a size and a root."""

    evidence: ChainEvidence
    shown: Anchored
    log: bytes

    @property
    def size(self) -> int:
        """How many leaves it covers."""
        return self.shown.size

    @property
    def root(self) -> bytes:
        """The root that stands in the block."""
        return self.shown.root

    @property
    def place(self) -> str:
        """The block, in words."""
        return f"block {self.shown.block_number} of chain {self.evidence.chain_id}"


@dataclass(frozen=True)
class TimestampAnchor:
    """One anchor whose token is about the checkpoint with this size and root."""

    number: int
    evidence: TimestampEvidence
    shown: Stamped

    @property
    def size(self) -> int:
        """How many leaves it covers."""
        return self.evidence.size

    @property
    def root(self) -> bytes:
        """The root in the text that was timestamped."""
        return self.evidence.root

    @property
    def place(self) -> str:
        """The timestamp, in words."""
        return f"timestamp {self.number} of {describe_time(self.shown.time)}"


Anchor = ChainAnchor | TimestampAnchor


def read_anchors(data: bytes, checkpoint: Checkpoint) -> list[Anchor]:
    """Read the member and follow every proof in it.

    Raises:
        MismatchError: naming the first anchor that does not hold.

    """
    try:
        raw = strict_json.loads(data)
    except ValueError as error:
        raise MismatchError(f"it is not JSON: {error}", member=_MEMBER) from error
    anchors = (
        raw.get("anchors")
        if isinstance(raw, dict) and type(raw.get("version")) is int and raw["version"] == 1
        else None
    )
    if not isinstance(anchors, list) or not 0 < len(anchors) <= _MOST:
        raise MismatchError(f"it is not a list of 1 to {_MOST} anchors, version 1", member=_MEMBER)
    return [_read(one, place, checkpoint) for place, one in enumerate(anchors, 1)]


def describe_anchors(report: Report, anchors: Sequence[Anchor], block_hash: bytes | None) -> None:
    """Say what the anchors show, and compare with the block that the auditor knows.

    Raises:
        MismatchError: no anchor is in that block.

    """
    blocks = {one.shown.block_hash for one in anchors if isinstance(one, ChainAnchor)}
    if block_hash is not None and block_hash not in blocks:
        raise MismatchError("none of the anchors is in the block whose hash you gave", member=_MEMBER)
    for anchor in anchors:
        if isinstance(anchor, ChainAnchor):
            _describe(report, anchor, given=anchor.shown.block_hash == block_hash)
        else:
            _describe_timestamp(report, anchor)


def _describe_timestamp(report: Report, anchor: TimestampAnchor) -> None:
    digest, file = anchor.shown.digest.hex(), f"timestamp-{anchor.number}.der"
    report.passed(
        f"A timestamp (anchor {anchor.number}) is about the checkpoint with the first {anchor.size} leaves, and names"
        f" the time {describe_time(anchor.shown.time)} (SHA-256 of the checkpoint's text {digest})."
    )
    extract = _EXTRACT.format(at=anchor.number - 1)
    report.limit(
        f"Whether a timestamp authority signed anchor {anchor.number}, so whether its time is true: its signature was"
        " not checked here. With the authority's certificates, from the authority itself, in ca.pem, run:"
        f' unzip -p {shlex.quote(report.file)} {_MEMBER} | python3 -c "{extract}" > {file} &&'
        f" openssl ts -verify -digest {digest} -in {file} -token_in -CAfile ca.pem"
    )


def _describe(report: Report, anchor: ChainAnchor, *, given: bool) -> None:
    shown = anchor.shown
    report.passed(
        f"The first {shown.size} leaves are anchored in {anchor.place} with hash {hexadecimal(shown.block_hash)}, made"
        f" {describe_time(shown.block_time)} (contract {hexadecimal(anchor.evidence.contract)}, log"
        f" {hexadecimal(anchor.log)})."
    )
    if given:
        report.passed(f"The hash of {anchor.place} is the one you gave.")
    else:
        report.limit(
            f"Whether {anchor.place} has this hash: compare it with a block explorer or your own node, or check again"
            " with the hash from there."
        )


def _read(raw: Any, place: int, checkpoint: Checkpoint) -> Anchor:
    if not isinstance(raw, dict) or not isinstance(raw.get("kind"), str) or raw["kind"] not in _KINDS:
        raise MismatchError("it is of no known kind", member=_MEMBER, anchor=place)
    try:
        anchor = _KINDS[raw["kind"]](raw, place, checkpoint.origin)
    except TlogError as error:
        raise MismatchError(str(error), member=_MEMBER, anchor=place) from error
    if anchor.size > checkpoint.size:
        raise MismatchError(
            f"it covers {anchor.size} leaves, the checkpoint only {checkpoint.size}: the log was rolled back",
            member=_MEMBER,
            anchor=place,
        )
    return anchor


def _read_chain(raw: dict[str, Any], place: int, origin: str) -> Anchor:
    evidence = ChainEvidence.from_json(raw)
    return ChainAnchor(evidence, evidence.check(origin), log_id(evidence.founder, origin))


def _read_timestamp(raw: dict[str, Any], place: int, origin: str) -> Anchor:
    evidence = TimestampEvidence.from_json(raw)
    return TimestampAnchor(place, evidence, evidence.check(origin))


_KINDS: dict[str, Callable[[dict[str, Any], int, str], Anchor]] = {
    "chain": _read_chain,
    "timestamp": _read_timestamp,
}

"""Checks the anchors of a trail export: what the blocks of outside chains hold about this log.

Rules enforced
    * every anchor has the form of `docs/formats/anchors.md`, and its proofs lead from the header to size and root;
    * it covers no more than the checkpoint; that its root is that of the leaves is checked in `trail.py`;
    * a block hash that the auditor gives is that of one of the anchors.

Out of scope: whether a block with this hash stands on the chain. Only the auditor's own node can tell.
"""

from dataclasses import dataclass
from typing import Any

from ledger_bridge.tlog.anchors.chain import Anchored, ChainEvidence, log_id
from ledger_bridge.tlog.anchors.fields import hexadecimal
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.errors import TlogError
from verifier import strict_json
from verifier.report import MismatchError, Report
from verifier.wording import describe_time

_MEMBER = "anchors.json"
_MOST = 100


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


def read_anchors(data: bytes, checkpoint: Checkpoint) -> list[ChainAnchor]:
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


def describe_anchors(report: Report, anchors: list[ChainAnchor], block_hash: bytes | None) -> None:
    """Say what the anchors show, and compare with the block that the auditor knows.

    Raises:
        MismatchError: no anchor is in that block.

    """
    if block_hash is not None and all(one.shown.block_hash != block_hash for one in anchors):
        raise MismatchError("none of the anchors is in the block whose hash you gave", member=_MEMBER)
    for anchor in anchors:
        _describe(report, anchor, given=anchor.shown.block_hash == block_hash)


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


def _read(raw: Any, place: int, checkpoint: Checkpoint) -> ChainAnchor:
    if not isinstance(raw, dict) or raw.get("kind") != "chain":
        raise MismatchError("it is of no known kind", member=_MEMBER, anchor=place)
    try:
        evidence = ChainEvidence.from_json(raw)
        shown = evidence.check(checkpoint.origin)
    except TlogError as error:
        raise MismatchError(str(error), member=_MEMBER, anchor=place) from error
    if shown.size > checkpoint.size:
        raise MismatchError(
            f"it covers {shown.size} leaves, the checkpoint only {checkpoint.size}: the log was rolled back",
            member=_MEMBER,
            anchor=place,
        )
    return ChainAnchor(evidence, shown, log_id(evidence.founder, checkpoint.origin))

"""Checks the anchors of a trail export: what blocks of outside chains and timestamps hold about this log.

Rules enforced
    * every anchor has the form of `docs/formats/anchors.md`, and its proofs lead from the header to size and root, or
      its timestamp is about the text of the checkpoint with this size and root;
    * it covers no more than the checkpoint; that its root is that of the leaves is checked in `trail.py`;
    * a block hash that the auditor gives is that of one of the anchors;
    * a timestamp is signed by an authority below one that the auditor gives.

Out of scope: whether a block with this hash stands on the chain; only the auditor's own node can tell. Without an
authority to check a timestamp against, its signature; the report gives the command of OpenSSL that checks it.
"""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ledger_bridge.tlog.anchors.chain import Anchored, ChainEvidence, log_id
from ledger_bridge.tlog.anchors.fields import hexadecimal
from ledger_bridge.tlog.anchors.timestamp import Stamped, TimestampEvidence
from ledger_bridge.tlog.anchors.token_signature import Authorities, Signed, check_signature
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
    signed: Signed | None

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


def read_anchors(data: bytes, checkpoint: Checkpoint, authorities: Authorities | None) -> list[Anchor]:
    """Read the member and follow every proof in it, that of a timestamp's signature if there is an authority.

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
    return [_read(one, place, checkpoint, authorities) for place, one in enumerate(anchors, 1)]


def describe_anchors(
    report: Report, anchors: Sequence[Anchor], block_hash: bytes | None, authorities: Authorities | None
) -> None:
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
    if authorities and not any(isinstance(one, TimestampAnchor) for one in anchors):
        report.limit("This export holds no timestamp, so there was nothing to check with the authorities you gave.")


def _describe_timestamp(report: Report, anchor: TimestampAnchor) -> None:
    digest = anchor.shown.digest.hex()
    report.passed(
        f"A timestamp (anchor {anchor.number}) is about the checkpoint with the first {anchor.size} leaves, and names"
        f" the time {describe_time(anchor.shown.time)} (SHA-256 of the checkpoint's text {digest})."
    )
    if anchor.signed is None:
        _limit_timestamp(report, anchor.number, digest)
        return
    report.passed(
        f"The timestamp (anchor {anchor.number}) is signed by {anchor.signed.signer.label}, for timestamps alone, which"
        f" leads to {anchor.signed.root.label}, a root that you gave. All of these were valid at that time."
    )
    report.limit(
        f"Whether the clock behind anchor {anchor.number} was right, and whether a certificate was revoked: the first"
        " rests on the authority, the second you can ask it."
    )


def _limit_timestamp(report: Report, number: int, digest: str) -> None:
    extract, file = _EXTRACT.format(at=number - 1), f"timestamp-{number}.der"
    report.limit(
        f"Whether a timestamp authority signed anchor {number}, so whether its time is true: its signature was"
        " not checked. Give the authority's root certificate, from the authority itself, and check again; or, with"
        " it in ca.pem, run:"
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


def _read(raw: Any, place: int, checkpoint: Checkpoint, authorities: Authorities | None) -> Anchor:
    if not isinstance(raw, dict) or not isinstance(raw.get("kind"), str) or raw["kind"] not in _KINDS:
        raise MismatchError("it is of no known kind", member=_MEMBER, anchor=place)
    try:
        anchor = _KINDS[raw["kind"]](raw, place, checkpoint.origin, authorities)
    except TlogError as error:
        raise MismatchError(str(error), member=_MEMBER, anchor=place) from error
    if anchor.size > checkpoint.size:
        raise MismatchError(
            f"it covers {anchor.size} leaves, the checkpoint only {checkpoint.size}: the log was rolled back",
            member=_MEMBER,
            anchor=place,
        )
    return anchor


def _read_chain(raw: dict[str, Any], _place: int, origin: str, _authorities: Authorities | None) -> Anchor:
    evidence = ChainEvidence.from_json(raw)
    return ChainAnchor(evidence, evidence.check(origin), log_id(evidence.founder, origin))


def _read_timestamp(raw: dict[str, Any], place: int, origin: str, authorities: Authorities | None) -> Anchor:
    evidence = TimestampEvidence.from_json(raw)
    shown = evidence.check(origin)
    signed = check_signature(evidence.token, authorities, shown.time) if authorities else None
    return TimestampAnchor(place, evidence, shown, signed)


_KINDS: dict[str, Callable[[dict[str, Any], int, str, Authorities | None], Anchor]] = {
    "chain": _read_chain,
    "timestamp": _read_timestamp,
}

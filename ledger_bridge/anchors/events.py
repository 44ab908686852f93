"""What the ledger records about its own anchors."""

import dataclasses

from ledger_bridge.events import Event


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnchorConfirmed(Event):
    """`place` names the block and `proof` its hash; or the timestamp and the SHA-256 of its token."""

    kind = "anchor.confirmed"
    label = "Checkpoint anchored"
    sentence = "anchored the first {size} entries in {place}"
    action = "C"
    size: int
    place: str
    proof: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnchorFailed(Event):
    kind = "anchor.failed"
    label = "Anchor failed"
    sentence = "could not anchor the first {size} entries: {reason}"
    action = "C"
    size: int
    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnchorLost(Event):
    kind = "anchor.lost"
    label = "Anchor lost"
    sentence = "found that {place}, which held the anchor of {size} entries, is no longer part of its chain"
    action = "U"
    size: int
    place: str


KINDS = (AnchorConfirmed.kind, AnchorFailed.kind, AnchorLost.kind)
"""Entries of these kinds alone are no reason for another anchor."""

"""The deeds that end an anchor's way, or open it again. Each leaves an entry."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access import Service
from ledger_bridge.anchors.events import AnchorConfirmed, AnchorFailed, AnchorLost
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.failpoints import reach
from ledger_bridge.recording import record

ANCHORING = Service("anchoring")


@transaction.atomic
def finish_anchor(*, anchor: Anchor, place: str, proof: str, at: datetime | None = None) -> Anchor:
    """Record that the anchor is final: from now on only a broken promise of the chain can undo it."""
    now = timezone.now()
    anchor = _change(anchor, state=Anchor.State.FINAL, note="", final_at=at or now, checked_at=now)
    record(AnchorConfirmed(size=anchor.size, place=place, proof=proof), actor=ANCHORING)
    reach("anchor recorded")
    return anchor


@transaction.atomic
def abandon_anchor(*, anchor: Anchor, reason: str) -> Anchor:
    """Record that this checkpoint will never be anchored, and why."""
    anchor = _change(anchor, state=Anchor.State.FAILED, note=reason)
    record(AnchorFailed(size=anchor.size, reason=reason), actor=ANCHORING)
    return anchor


@transaction.atomic
def reopen_anchor(*, anchor: Anchor, place: str) -> Anchor:
    """Record that a final anchor's block is gone, and send the anchor on its way again."""
    gone = {"block_number": None, "block_hash": b"", "receipt": None, "evidence": None, "final_at": None}
    anchor = _change(anchor, state=Anchor.State.PENDING, confirmed_at=None, **gone)
    record(AnchorLost(size=anchor.size, place=place), actor=ANCHORING)
    return anchor


def _change(anchor: Anchor, **values: Any) -> Anchor:
    locked = Anchor.objects.select_for_update(no_key=True).get(pk=anchor.pk)
    for name, value in values.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(values))
    return locked

"""Has checkpoints timestamped: pending → confirmed (the token is kept) → final (its entry is recorded).

Asking twice does no harm, so whatever interrupts a step, the next one begins where the tables stand.
"""

import logging
from datetime import UTC, datetime
from hashlib import sha256

from django.conf import settings
from django.utils import timezone

from core.errors import Unavailable
from ledger_bridge.anchors import schedule
from ledger_bridge.anchors.authority import HttpAuthority, TimestampAuthority
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.anchors.services import finish_anchor
from ledger_bridge.anchors.timestamp_settings import timestamp_settings, timestamps_are_configured
from ledger_bridge.anchors.turns import turn
from ledger_bridge.failpoints import reach
from ledger_bridge.tlog.anchors.timestamp import TimestampEvidence
from ledger_bridge.tlog.checkpoint import Checkpoint

logger = logging.getLogger(__name__)


def timestamp_checkpoint(authority: TimestampAuthority | None = None) -> None:
    """Take one step with the timestamp authority, if one is configured and nobody else is at it."""
    if not timestamps_are_configured():
        return
    with turn(Anchor.Kind.TIMESTAMP) as ours:
        anchor = _next_to_do() if ours else None
        if anchor is not None:
            reach("timestamp begun")
            _step(anchor, authority)


def _next_to_do() -> Anchor | None:
    kind = Anchor.Kind.TIMESTAMP
    anchor = schedule.under_way(kind) or schedule.start_if_due(kind, settings.ANCHOR_INTERVAL)
    return anchor if anchor is not None and anchor.next_attempt_at <= timezone.now() else None


def _step(anchor: Anchor, authority: TimestampAuthority | None) -> None:
    try:
        if anchor.state == Anchor.State.PENDING:
            schedule.collapse_backlog(anchor)
            _ask(anchor, authority or _configured())
        _finish(anchor)
    except Unavailable as reason:
        logger.warning("The timestamp for %s entries waits. %s", anchor.size, reason.sentence)
        anchor.refresh_from_db()
        schedule.put_off(anchor, reason.sentence)


def _configured() -> TimestampAuthority:
    where = timestamp_settings()
    if where is None:
        raise Unavailable("Set TIMESTAMP_URL and TIMESTAMP_CA.")
    return HttpAuthority(where)


def _ask(anchor: Anchor, authority: TimestampAuthority) -> None:
    stamp = authority.stamp(Checkpoint(settings.LEDGER_ORIGIN, anchor.size, bytes(anchor.root)).marshal())
    anchor.evidence = TimestampEvidence(size=anchor.size, root=bytes(anchor.root), token=stamp.token).as_json()
    anchor.receipt = {"authority": stamp.authority}
    anchor.state, anchor.confirmed_at = Anchor.State.CONFIRMED, timezone.now()
    anchor.save(update_fields=["evidence", "receipt", "state", "confirmed_at"])
    reach("timestamp kept")


def _finish(anchor: Anchor) -> None:
    evidence = TimestampEvidence.from_json(anchor.evidence or {})
    at = datetime.fromtimestamp(evidence.check(settings.LEDGER_ORIGIN).time, UTC)
    place = f"a timestamp by {(anchor.receipt or {})['authority']}, {at:%Y-%m-%d %H:%M:%S} UTC"
    finish_anchor(anchor=anchor, place=place, proof=sha256(evidence.token).hexdigest())

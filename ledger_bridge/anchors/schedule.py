"""When a checkpoint is anchored, which one, and when a failed attempt is repeated."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from ledger_bridge.anchors.events import KINDS
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.models import Checkpoint, Leaf

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=15)
_MOST_DOUBLINGS = 10
_UNDER_WAY = (Anchor.State.PENDING, Anchor.State.CONFIRMED)


def under_way(kind: str) -> Anchor | None:
    """Return the anchor of this kind that is under way."""
    return Anchor.objects.filter(kind=kind, state__in=_UNDER_WAY).first()


def start_if_due(kind: str, interval: int) -> Anchor | None:
    """Start the way of the newest checkpoint, if the time has come or enough is new, and something is new at all."""
    latest = Checkpoint.objects.order_by("size").last()
    # A failed one counts as well: it must not be followed by another at once, with nothing but its own entry new.
    before = Anchor.objects.filter(kind=kind).order_by("created_at", "id").last()
    if latest is None or latest.size == 0 or not _is_due(latest.size, before, interval):
        return None
    now = timezone.now()
    return Anchor.objects.create(kind=kind, size=latest.size, root=latest.root, created_at=now, next_attempt_at=now)


def collapse_backlog(anchor: Anchor) -> None:
    """Let an anchor that was never sent carry the newest checkpoint: it covers all that has waited."""
    latest = Checkpoint.objects.order_by("size").last()
    if latest is not None and latest.size > anchor.size:
        anchor.size, anchor.root = latest.size, latest.root
        anchor.save(update_fields=["size", "root"])


def put_off(anchor: Anchor, reason: str) -> None:
    """Note why it does not go on now, and try again later: after each failure in a row, after twice the time."""
    pause = min(FIRST_PAUSE * 2 ** min(anchor.attempts, _MOST_DOUBLINGS), LONGEST_PAUSE)
    anchor.note, anchor.attempts = reason, anchor.attempts + 1
    anchor.next_attempt_at = timezone.now() + pause
    anchor.save(update_fields=["note", "attempts", "next_attempt_at"])


def look_again(anchor: Anchor, after: timedelta = FIRST_PAUSE) -> None:
    """Note that all went well so far."""
    anchor.note, anchor.attempts, anchor.next_attempt_at = "", 0, timezone.now() + after
    anchor.save(update_fields=["note", "attempts", "next_attempt_at"])


def _is_due(size: int, before: Anchor | None, interval: int) -> bool:
    if before is None:
        return True
    if size <= before.size or not _has_news(before.size, size):
        return False
    return _age(before.created_at) >= timedelta(seconds=interval) or _enough(size - before.size)


def _enough(entries: int) -> bool:
    return 0 < settings.ANCHOR_ENTRIES <= entries


def _age(moment: datetime) -> timedelta:
    return timezone.now() - moment


def _has_news(since: int, size: int) -> bool:
    """Whether there is an entry that is not about anchors: else each anchor would be the reason for the next."""
    return Leaf.objects.filter(index__gte=since, index__lt=size).exclude(entry__kind__in=KINDS).exists()

"""What the worker does for anchors at every tick: start what is due, and take one step. Nothing waits for it."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from core.errors import Unavailable
from ledger_bridge.anchors import schedule
from ledger_bridge.anchors.chain_round import ChainRound
from ledger_bridge.anchors.configuration import chain_client, chain_is_configured, chain_settings, wallet
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.anchors.turns import turn
from ledger_bridge.failpoints import reach

logger = logging.getLogger(__name__)

_WATCH_EVERY = timedelta(minutes=10)


def anchor_on_chain() -> None:
    """Take one step with the chain, if one is configured and nobody else is at it."""
    if not chain_is_configured():
        return
    with turn(Anchor.Kind.CHAIN) as ours:
        reach("turn taken")
        anchor = _next_to_do() if ours else None
        if anchor is not None:
            reach("anchor begun")
            _step(anchor)


def _next_to_do() -> Anchor | None:
    anchor = schedule.under_way(Anchor.Kind.CHAIN) or schedule.start_if_due(Anchor.Kind.CHAIN, settings.ANCHOR_INTERVAL)
    if anchor is None:
        return _final_to_watch()
    return anchor if anchor.next_attempt_at <= timezone.now() else None


def _final_to_watch() -> Anchor | None:
    """Return the newest final anchor, now and then: a chain may be reorganised more deeply than anybody expects."""
    newest = Anchor.objects.filter(kind=Anchor.Kind.CHAIN, state=Anchor.State.FINAL).aggregate(size=Max("size"))
    before = timezone.now() - _WATCH_EVERY
    due = Anchor.objects.filter(kind=Anchor.Kind.CHAIN, state=Anchor.State.FINAL, checked_at__lt=before)
    return due.filter(size=newest["size"], next_attempt_at__lte=timezone.now()).first()


def _step(anchor: Anchor) -> None:
    try:
        payer = wallet()
        ChainRound(chain_client(), payer, chain_settings(payer.address)).run(anchor)
    except Unavailable as reason:
        logger.warning("The anchor for %s entries waits. %s", anchor.size, reason.sentence)
        anchor.refresh_from_db()
        schedule.put_off(anchor, reason.sentence)

"""What pages may say about anchors: what is configured, and how far the newest final one reaches."""

from dataclasses import dataclass

from django.conf import settings

from core.errors import Unavailable
from ledger_bridge.anchors.configuration import chain_is_configured
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.anchors.timestamp_settings import timestamp_settings


@dataclass(frozen=True)
class Anchoring:
    """Where checkpoints are anchored, in words, and how many entries the newest anchor covers (0: none is final)."""

    places: list[str]
    covered: int


def anchoring() -> Anchoring | None:
    """Return what is configured, if anything is."""
    places = [f"on chain {settings.ANCHOR_CHAIN_ID}"] if chain_is_configured() else []
    if host := _authority():
        places.append(f"with a timestamp authority, {host}")
    if not places:
        return None
    newest = Anchor.objects.filter(state=Anchor.State.FINAL).order_by("-size").first()
    return Anchoring(places, newest.size if newest else 0)


def _authority() -> str:
    try:
        where = timestamp_settings()
    except Unavailable:
        # Refused when the process started; a file that vanished since must not take this page with it.
        return ""
    return where.host if where else ""

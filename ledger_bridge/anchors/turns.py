"""One worker at a time moves the anchors of one kind on, without a transaction held open over the network."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from ledger_bridge.anchors.models import AnchorTurn

LASTS = timedelta(minutes=5)
"""Longer than any round takes: some thirty calls, each cut off after ten seconds, and the first that is ends it."""


@contextmanager
def turn(kind: str) -> Iterator[bool]:
    """Yield whether it is ours. An update of one row decides: of two workers the second finds it changed."""
    now, token = timezone.now(), secrets.token_hex(16)
    AnchorTurn.objects.get_or_create(kind=kind, defaults={"token": "", "ends_at": now})
    free = AnchorTurn.objects.filter(Q(token="") | Q(ends_at__lt=now), kind=kind)
    if not free.update(token=token, ends_at=now + LASTS):
        yield False
        return
    try:
        yield True
    finally:
        AnchorTurn.objects.filter(kind=kind, token=token).update(token="")

"""Access that has run out needs nobody to end it; this only writes down, once, that it did."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access import Service
from ledger_bridge.events import Event
from ledger_bridge.recording import record
from sharing import events
from sharing.models import ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from sharing.roles import role_of
from sharing.services.grants import receiver_of

_SERVICE = Service("sharing")
_BATCH = 200


def record_expired_grants() -> int:
    """Record every grant and exception whose end has come since the last time; return how many."""
    kinds: list[tuple[Any, Callable[[Any], Event]]] = [
        (WorkspaceUserGrant, _role_expired),
        (WorkspaceGroupGrant, _role_expired),
        (ItemUserException, _exception_expired),
        (ItemGroupException, _exception_expired),
    ]
    return sum(_record_all(model, event_of) for model, event_of in kinds)


def _record_all(model: Any, event_of: Callable[[Any], Event]) -> int:
    total = 0
    while recorded := _record_batch(model, event_of):
        total += recorded
    return total


@transaction.atomic
def _record_batch(model: Any, event_of: Callable[[Any], Event]) -> int:
    now = timezone.now()
    over = model.objects.filter(expires_at__lte=now, end_recorded_at=None).order_by("expires_at")
    over = over.select_related("permission", "content_object")
    batch = list(over.select_for_update(no_key=True, skip_locked=True, of=("self",))[:_BATCH])
    for grant in batch:
        record(event_of(grant), actor=_SERVICE, subject=grant, occurred_at=grant.expires_at)
    model.objects.filter(pk__in=[grant.pk for grant in batch]).update(end_recorded_at=now)
    return len(batch)


def _role_expired(grant: Any) -> Event:
    return events.RoleExpired(
        to=events.to(receiver_of(grant)[1]), role=role_of(grant).in_entry, until=events.until(grant.expires_at)
    )


def _exception_expired(exception: Any) -> Event:
    return events.ExceptionExpired(
        effect=exception.effect,
        right=exception.permission.codename,
        to=events.to(receiver_of(exception)[1]),
        until=events.until(exception.expires_at),
    )

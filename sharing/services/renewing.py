"""Access that ends is announced in time, and lasts longer by one click of whoever could give it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.inbox.telling import forget_thing
from accounts.mail import address_of, day, send_mail
from accounts.models import User
from core.access import Actor, Service, require
from core.errors import Conflict, InvalidInput
from ledger_bridge.events import Event
from ledger_bridge.recording import record
from sharing import events, rules
from sharing.end_notices import tell_of_end
from sharing.ends import next_end
from sharing.models import Effect, ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from sharing.notices import tell
from sharing.permissions import Right as SharingRight
from sharing.roles import role_of
from sharing.services import checks
from sharing.services.grants import receiver_of
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

AnyGrant = WorkspaceUserGrant | WorkspaceGroupGrant | ItemUserException | ItemGroupException
RoleGrant = (WorkspaceUserGrant, WorkspaceGroupGrant)

CLOCK = Service("ends of access", frozenset({SharingRight.ANNOUNCE_ENDS}))
_BATCH = 200


@transaction.atomic
def renew_grant(*, actor: User, grant: AnyGrant, expires_at: datetime | None = None) -> AnyGrant:
    """Let a role or an exception last longer, also one that has just ended; without an end for as long as before.

    Raises:
        Refused: without the right to give it.
        InvalidInput: when it has no end, the receiver could not use it, or the new end is past or too far away.
        Conflict: when it lasts that long already, or was taken away in the meantime.

    """
    _require_right_to_give(actor, grant)
    workspace = checks.lock_workspace(_workspace_of(grant))
    grant = _locked(grant)
    checks.check_receiver(actor, workspace, *receiver_of(grant))
    if grant.expires_at is None:
        raise InvalidInput("It has no end, so there is nothing to renew.", field="expires_at")
    until = expires_at or next_end(grant.expires_at, grant.renewed_at or grant.granted_at)
    checks.check_end(until)
    if until <= grant.expires_at:
        raise Conflict("It lasts that long already.")
    event = _renewed(grant, until)
    grant.expires_at, grant.renewed_by, grant.renewed_at = until, actor, timezone.now()
    grant.end_recorded_at = grant.end_announced_at = None
    fields = ["expires_at", "renewed_by", "renewed_at", "end_recorded_at", "end_announced_at"]
    grant.save(update_fields=fields)
    forget_thing(grant.pk)
    record(event, actor=actor, subject=grant, purpose=grant.purpose or None)
    tell(receiver_of(grant)[0], actor, what="let something that you were given last longer", about=grant.content_object)
    return grant


def announce_ends(*, actor: Actor = CLOCK) -> int:
    """Announce every end that comes soon, once: an entry each, one mail to each person concerned. Return how many.

    Soon is within ACCESS_ENDS_ANNOUNCED_DAYS, and not before three quarters of the time have passed.
    """
    require(actor, SharingRight.ANNOUNCE_ENDS)
    total = 0
    while announced := _announce_batch():
        total += announced
    return total


@dataclass
class _Told:
    """What one mail says: how much of one's own ends, how much one could renew, and when the first of it ends."""

    first: datetime
    mine: int = 0
    others: int = 0


@transaction.atomic
def _announce_batch() -> int:
    batch: list[Any] = []
    tables: tuple[Any, ...] = (WorkspaceUserGrant, WorkspaceGroupGrant, ItemUserException, ItemGroupException)
    for model in tables:
        rows = list(_due(model).select_for_update(no_key=True, skip_locked=True, of=("self",))[:_BATCH])
        model.objects.filter(pk__in=[row.pk for row in rows]).update(end_announced_at=timezone.now())
        batch += rows
    told: dict[User, _Told] = {}
    for grant in sorted(batch, key=lambda row: row.expires_at):
        record(_announced(grant), actor=CLOCK, subject=grant)
        holder, renewer = _who_loses(grant), _who_renews(grant)
        if holder is not None:
            told.setdefault(holder, _Told(grant.expires_at)).mine += 1
        told.setdefault(renewer, _Told(grant.expires_at)).others += 1
        tell_of_end(grant, holder=holder, renewer=renewer)
    for person, what in told.items():
        url = address_of("sharing:my_grants")
        first = day(what.first)
        send_mail(
            "access_ends", to=person.email, name=person.name, mine=what.mine, others=what.others, first=first, url=url
        )
    return len(batch)


def _due(model: Any) -> QuerySet[Any]:
    now = timezone.now()
    soon = now + timedelta(days=settings.ACCESS_ENDS_ANNOUNCED_DAYS)
    length = F("expires_at") - Coalesce("renewed_at", "granted_at")
    last_quarter = F("expires_at") - ExpressionWrapper(length / 4, output_field=DurationField())
    waiting = model.objects.filter(expires_at__gt=now, expires_at__lte=soon, end_announced_at=None)
    if model in {ItemUserException, ItemGroupException}:
        waiting = waiting.filter(content_object__removed_at=None)
    due = waiting.alias(last_quarter=last_quarter).filter(last_quarter__lte=now)
    return due.select_related("permission", "content_object", "granted_by", "renewed_by").order_by("expires_at")  # type: ignore[no-any-return]


def _who_loses(grant: Any) -> User | None:
    """Return the person who has less when it ends; what is denied is nobody's loss, and groups are not told."""
    holder, _ = receiver_of(grant)
    allows = getattr(grant, "effect", Effect.ALLOW) == Effect.ALLOW
    return holder if holder and allows and rules.has_standing(holder) else None


def _who_renews(grant: Any) -> User:
    """Return whoever gave it, if they still share there; else the owner."""
    giver: User = grant.renewed_by or grant.granted_by
    return giver if giver.has_perm(Right.SHARE, grant.content_object) else _workspace_of(grant).owner


def _require_right_to_give(actor: User, grant: AnyGrant) -> None:
    thing: Workspace | Item = grant.content_object
    if isinstance(grant, RoleGrant):
        require(actor, checks.right_to_give(role_of(grant)), thing)
        checks.check_not_more_than_own(actor, role_of(grant), grant.content_object)
        return
    require(actor, Right.SHARE, thing)
    if grant.effect == Effect.ALLOW:
        checks.check_own_right(actor, Right(f"workspaces.{grant.permission.codename}"), grant.content_object)


def _workspace_of(grant: AnyGrant) -> Workspace:
    return grant.content_object if isinstance(grant, RoleGrant) else grant.content_object.workspace


def _locked(grant: AnyGrant) -> Any:
    rows: Any = type(grant).objects.select_related("permission", "content_object")
    found = rows.select_for_update(no_key=True, of=("self",)).filter(pk=grant.pk).first()
    if found is None:
        raise Conflict("It has been taken away in the meantime.")
    return found


def _renewed(grant: Any, until: datetime) -> Event:
    what = {"to": events.to(receiver_of(grant)[1]), "until": events.until(until)}
    what["old_until"] = events.until(grant.expires_at)
    if isinstance(grant, RoleGrant):
        return events.RoleRenewed(role=role_of(grant).in_entry, **what)
    return events.ExceptionRenewed(effect=grant.effect, right=grant.permission.codename, **what)


def _announced(grant: Any) -> Event:
    what = {"to": events.to(receiver_of(grant)[1]), "until": events.until(grant.expires_at)}
    if isinstance(grant, RoleGrant):
        return events.RoleEndAnnounced(role=role_of(grant).in_entry, **what)
    return events.ExceptionEndAnnounced(effect=grant.effect, right=grant.permission.codename, **what)

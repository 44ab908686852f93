"""Exceptions on a folder or file: one right, allowed or denied, there and below."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput
from ledger_bridge.recording import record
from sharing import events
from sharing.models import Effect, ItemGroupException, ItemUserException
from sharing.services import checks
from sharing.services.grants import receiver_of
from workspaces.models import Item
from workspaces.permissions import Right

ItemException = ItemUserException | ItemGroupException

# Sharing, managing and the trail are decided for a workspace as a whole.
EXCEPTION_RIGHTS = (Right.VIEW, Right.DOWNLOAD, Right.UPLOAD, Right.EDIT)


@transaction.atomic
def set_exception(
    *,
    actor: User,
    item: Item,
    right: Right,
    effect: str,
    person: User | None = None,
    group: Group | None = None,
    expires_at: datetime | None = None,
    purpose: str = "",
) -> ItemException:
    """Allow or deny one right on an item and below; an exception for the same right on the same item is replaced.

    Raises:
        Refused: without the right to share, or when the actor does not have what they would allow.
        InvalidInput: when the receiver could not use it, the right is not one of an item, or the end is past.

    """
    require(actor, Right.SHARE, item)
    _check_choice(right, effect)
    if effect == Effect.ALLOW:
        checks.check_own_right(actor, right, item)
    workspace = checks.lock_workspace(item.workspace)
    checks.check_receiver(actor, workspace, person, group)
    checks.check_end(expires_at)
    exception = _replace(actor, item, right, effect, person, group, expires_at=expires_at, purpose=purpose)
    event = events.ExceptionSet(
        effect=effect, right=right.codename, to=events.to(group), until=events.until(expires_at)
    )
    record(event, actor=actor, subject=exception, purpose=purpose or None)
    return exception


@transaction.atomic
def lift_exception(*, actor: User, exception: ItemException) -> None:
    """Take an exception away, so that the next rule decides again."""
    require(actor, Right.SHARE, exception.content_object)
    checks.lock_workspace(exception.content_object.workspace)
    model: Any = type(exception)
    found = model.objects.filter(pk=exception.pk).select_related("permission").first()
    if found is None:
        raise Conflict("This exception has been lifted in the meantime.")
    person, group = receiver_of(found)
    if person and person.pk == actor.pk:
        raise InvalidInput("Somebody else must decide about your own access.")
    event = events.ExceptionLifted(effect=found.effect, right=found.permission.codename, to=events.to(group))
    record(event, actor=actor, subject=found)
    found.delete()


def _check_choice(right: Right, effect: str) -> None:
    if right not in EXCEPTION_RIGHTS:
        raise InvalidInput("An exception is about view, download, upload or edit.", field="right")
    if effect not in Effect.values:
        raise InvalidInput("An exception either allows or denies.", field="effect")


def _replace(
    giver: User, item: Item, right: Right, effect: str, person: User | None, group: Group | None, **fields: Any
) -> ItemException:
    model: Any = ItemUserException if person else ItemGroupException
    receiver: dict[str, Any] = {"user": person} if person else {"group": group}
    permission = checks.right_permission(right)
    # The workspace is locked, so nobody else writes between these two statements.
    model.objects.filter(content_object=item, permission=permission, **receiver).delete()
    return model.objects.create(  # type: ignore[no-any-return]
        content_object=item, permission=permission, effect=effect, granted_by=giver, **receiver, **fields
    )

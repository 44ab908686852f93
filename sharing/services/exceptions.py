"""Exceptions on a folder or file: one right, allowed or denied, there and below."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput
from ledger_bridge.recording import record
from sharing import events
from sharing.models import EXCEPTION_RIGHTS, Condition, Effect, ItemGroupException, ItemUserException
from sharing.notices import tell
from sharing.remembering import kept_of
from sharing.services import checks
from sharing.services.conditions import check_condition, record_condition
from sharing.services.grants import receiver_of
from workspaces.models import Item, Workspace
from workspaces.permissions import Right
from workspaces.undoing.remembering import remember

ItemException = ItemUserException | ItemGroupException

_TOLD = {
    Effect.ALLOW: "let you in to something, or to do more with it",
    Effect.DENY: "made an exception that denies you something",
}


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
    condition: Condition | None = None,
) -> ItemException:
    """Allow or deny one right on an item and below; an exception for the same right on the same item is replaced.

    Raises:
        Refused: without the right to share, or when the actor does not have what they would allow.
        InvalidInput: when the receiver could not use it, the right is not one of an item, or the end is past.

    """
    exception = put_exception(
        actor=actor, item=item, right=right, effect=effect, person=person, group=group,
        expires_at=expires_at, purpose=purpose, condition=condition,
    )  # fmt: skip
    tell(person, actor, what=_TOLD[Effect(effect)], about=item)
    return exception


def put_exception(
    *,
    actor: User,
    item: Item,
    right: Right,
    effect: str,
    person: User | None = None,
    group: Group | None = None,
    expires_at: datetime | None,
    purpose: str,
    condition: Condition | None = None,
) -> ItemException:
    """Set an exception within a deed that tells the person itself."""
    exception = write_exception(
        actor=actor, item=item, right=right, effect=effect, person=person, group=group,
        expires_at=expires_at, purpose=purpose, condition=condition,
    )  # fmt: skip
    event = events.ExceptionSet(
        effect=effect, right=right.codename, to=events.to(group), until=events.until(expires_at)
    )
    record(event, actor=actor, subject=exception, purpose=purpose or None)
    if condition is not None:
        record_condition(actor, exception, f"right to {right.label}", group)
    return exception


def write_exception(
    *,
    actor: User,
    item: Item,
    right: Right,
    effect: str,
    person: User | None,
    group: Group | None,
    expires_at: datetime | None,
    purpose: str,
    condition: Condition | None,
) -> ItemException:
    """Check and write an exception within a deed that records it."""
    require(actor, Right.SHARE, item)
    _check_choice(right, effect)
    if effect == Effect.ALLOW:
        checks.check_own_right(actor, right, item)
    workspace = checks.lock_workspace(item.workspace)
    checks.check_receiver(actor, workspace, person, group)
    checks.check_end(expires_at)
    for former in _former(item, right, person, group):
        _refuse_own(actor, workspace, former.effect, person, group)
    check_condition(condition, workspace, may_have_one=effect == Effect.ALLOW)
    more = {"expires_at": expires_at, "purpose": purpose, "condition": condition}
    return _replace(actor, item, right, effect, person, group, **more)


@transaction.atomic
def lift_exception(*, actor: User, exception: ItemException) -> None:
    """Take an exception away, so that the next rule decides again."""
    require(actor, Right.SHARE, exception.content_object)
    workspace = checks.lock_workspace(exception.content_object.workspace)
    model: Any = type(exception)
    found = model.objects.filter(pk=exception.pk).select_related("permission").first()
    if found is None:
        raise Conflict("This exception has been lifted in the meantime.")
    person, group = receiver_of(found)
    _refuse_own(actor, workspace, found.effect, person, group)
    event = events.ExceptionLifted(effect=found.effect, right=found.permission.codename, to=events.to(group))
    entry = record(event, actor=actor, subject=found)
    item = exception.content_object
    remember(actor=actor, kind=event.kind, entry=entry, thing=item, before=kept_of(found))
    found.delete()
    tell(person, actor, what="lifted an exception about you", about=exception.content_object)


def _refuse_own(actor: User, workspace: Workspace, effect: str, person: User | None, group: Group | None) -> None:
    """Refuse to lift what denies something to the actor, whether by name or through a group."""
    own = person is not None and person.pk == actor.pk
    through = group is not None and effect == Effect.DENY and actor.groups.filter(pk=group.pk).exists()
    if own or (through and workspace.owner_id != actor.pk):
        raise InvalidInput("Somebody else must decide about your own access.")


def _check_choice(right: Right, effect: str) -> None:
    if right not in EXCEPTION_RIGHTS:
        raise InvalidInput(
            "An exception is about view, download, print, copy text, hand over sealed, upload, edit or comment.",
            field="right",
        )
    if effect not in Effect.values:
        raise InvalidInput("An exception either allows or denies.", field="effect")


def _former(item: Item, right: Right, person: User | None, group: Group | None) -> QuerySet[Any]:
    """Return the exception that a new one would take the place of, if there is one."""
    model: Any = ItemUserException if person else ItemGroupException
    receiver: dict[str, Any] = {"user": person} if person else {"group": group}
    return model.objects.filter(  # type: ignore[no-any-return]
        content_object=item, permission=checks.right_permission(right), **receiver
    )


def _replace(
    giver: User, item: Item, right: Right, effect: str, person: User | None, group: Group | None, **fields: Any
) -> ItemException:
    # The workspace is locked, so nobody else writes between these two statements.
    former = _former(item, right, person, group)
    former.delete()
    receiver: dict[str, Any] = {"user": person} if person else {"group": group}
    return former.model.objects.create(  # type: ignore[no-any-return]
        content_object=item,
        permission=checks.right_permission(right),
        effect=effect,
        granted_by=giver,
        **receiver,
        **fields,
    )

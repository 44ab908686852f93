"""Sharing one folder or file by one choice: what a role includes there, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput
from ledger_bridge.recording import record
from sharing import events, rules
from sharing.explaining import decisive_exception, exceptions_about, roles_of
from sharing.models import (
    EXCEPTION_RIGHTS,
    Condition,
    Effect,
    ItemGroupException,
    ItemUserException,
    WorkspaceGroupGrant,
)
from sharing.notices import tell
from sharing.roles import AnyRole, role_of
from sharing.services import checks
from sharing.services.conditions import record_condition
from sharing.services.exceptions import ItemException, write_exception
from workspaces.models import Item
from workspaces.permissions import Right

_NO_CHANGE = "They may do exactly this here already, for as long. Nothing was changed."


@dataclass(frozen=True)
class Shared:
    """What was done: which exceptions were made, and what a person could do before and can do now.

    Of a group nothing can be said as a whole, so there `before` and `now` are nothing.
    """

    role: AnyRole
    allowed: tuple[Right, ...]
    denied: tuple[Right, ...]
    before: tuple[Right, ...] | None
    now: tuple[Right, ...] | None


@transaction.atomic
def share_item(
    *,
    actor: User,
    item: Item,
    role: str,
    person: User | None = None,
    group: Group | None = None,
    expires_at: datetime | None = None,
    purpose: str = "",
    condition: Condition | None = None,
) -> Shared:
    """Let somebody do with an item, and all below, what a role includes and nothing else, by the exceptions it takes.

    What they lack is allowed until `expires_at`. What a role or an exception gives them besides is denied, without an
    end: no end may give anybody more than there was. Of a group, what its members have by themselves stays.

    Raises:
        Refused: without the right to share, or when the actor does not have what they would allow.
        InvalidInput: when the receiver could not use it, the role is not one for an item, or the end is past.
        Conflict: when nothing would change, or another exception stands against it.

    """
    require(actor, Right.SHARE, item)
    workspace = checks.lock_workspace(item.workspace)
    chosen = _for_an_item(role, item)
    checks.check_receiver(actor, workspace, person, group)
    checks.check_end(expires_at)
    before = _rights(person, item)
    about: dict[str, Any] = {"actor": actor, "item": item, "person": person, "group": group, "purpose": purpose}
    lacking = _lacking(chosen, item, person, group, expires_at, condition)
    allowed = [
        write_exception(right=right, effect=Effect.ALLOW, expires_at=expires_at, condition=condition, **about)
        for right in lacking
    ]
    surplus = _surplus(chosen, item, person, group)
    denied = [
        write_exception(right=right, effect=Effect.DENY, expires_at=None, condition=None, **about) for right in surplus
    ]
    if not allowed and not denied:
        raise Conflict(_NO_CHANGE)
    now = _rights(person, item)
    _check_reached(chosen, item, person, now)
    _record(actor, chosen, allowed, denied, expires_at, purpose)
    tell(person, actor, what="decided what you may do with something", about=item)
    return Shared(chosen, tuple(lacking), tuple(surplus), before, now)


def _for_an_item(role: str, item: Item) -> AnyRole:
    chosen = checks.role_to_give(role, item.workspace)
    if not chosen.rights <= frozenset(EXCEPTION_RIGHTS):
        raise InvalidInput(
            f"The {chosen.in_words} includes what is decided for a whole workspace. Give it there.", field="role"
        )
    return chosen


def _rights(person: User | None, item: Item, *, at: datetime | None = None) -> tuple[Right, ...] | None:
    if person is None:
        return None
    found = rules.people_rights([person], item.pk, at=at)[person.pk]
    return tuple(right for right in Right if right.codename in found)


def _lacking(
    role: AnyRole,
    item: Item,
    person: User | None,
    group: Group | None,
    expires_at: datetime | None,
    condition: Condition | None,
) -> list[Right]:
    """Return what of the role must be allowed: what they cannot do now and until the end, and what ends otherwise."""
    last_moment = expires_at - timedelta(seconds=1) if expires_at else timezone.now() + checks.LONGEST
    has = set(_rights(person, item) or ()) & set(_rights(person, item, at=last_moment) or ())
    own = {row.permission.codename: row for row in _own(item, person, group)}

    def is_as_asked(right: Right) -> bool:
        row = own.get(right.codename)
        if row is None:
            return right in has
        return bool(row.effect == Effect.ALLOW and row.expires_at == expires_at and row.condition_id == under)

    under = condition.pk if condition else None
    return [right for right in EXCEPTION_RIGHTS if right in role.rights and not is_as_asked(right)]


def _surplus(role: AnyRole, item: Item, person: User | None, group: Group | None) -> list[Right]:
    """Return what must be denied: everything besides the role that anything gives them here, now or when it holds."""
    said = set(_said_to_person(person, item) if person else _said_to_group(group, item))
    denied = {
        row.permission.codename
        for row in _own(item, person, group)
        if row.effect == Effect.DENY and row.expires_at is None
    }
    return [
        right
        for right in EXCEPTION_RIGHTS
        if right in said and right not in role.rights and right.codename not in denied
    ]


def _said_to_person(person: User, item: Item) -> Iterable[str]:
    for held in roles_of(person, item.workspace_id):
        yield from held.role.rights
    for said in exceptions_about(person, item):
        if said.effect == Effect.ALLOW:
            yield f"workspaces.{said.right}"


def _said_to_group(group: Group | None, item: Item) -> Iterable[str]:
    live = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    for row in WorkspaceGroupGrant.objects.filter(live, group=group, content_object=item.workspace_id):
        yield from role_of(row).rights
    allowed = ItemGroupException.objects.filter(live, group=group, content_object__in=item.path, effect=Effect.ALLOW)
    for codename in allowed.values_list("permission__codename", flat=True):
        yield f"workspaces.{codename}"


def _own(item: Item, person: User | None, group: Group | None) -> list[ItemException]:
    """Return the exceptions for exactly this receiver on exactly this item."""
    if person is not None:
        return list(ItemUserException.objects.filter(content_object=item, user=person).select_related("permission"))
    return list(ItemGroupException.objects.filter(content_object=item, group=group).select_related("permission"))


def _check_reached(role: AnyRole, item: Item, person: User | None, now: tuple[Right, ...] | None) -> None:
    """Refuse to say that something was shared while an exception for one of their groups outranks it."""
    missing = role.rights - frozenset(now or ()) if person is not None else frozenset()
    if person is None or not missing:
        return
    right = Right(min(missing))
    said = decisive_exception(person, right, item) or decisive_exception(person, Right.VIEW, item)
    through = f" to the group “{said.group}”" if said and said.group else ""
    kind = item.get_kind_display().lower()
    raise Conflict(
        f"An exception on this very {kind} denies it{through}, and outranks any allowance. Lift it on the access page"
        " first. Nothing was changed."
    )


def _record(
    actor: User,
    role: AnyRole,
    allowed: list[ItemException],
    denied: list[ItemException],
    expires_at: datetime | None,
    purpose: str,
) -> None:
    first = [*allowed, *denied][0]
    group = getattr(first, "group", None)
    event = events.ItemShared(
        to=events.to(group),
        role=role.in_entry,
        allowed=_codes(allowed),
        denied=_codes(denied),
        until=events.until(expires_at),
    )
    record(event, actor=actor, subject=first, purpose=purpose or None)
    if allowed and allowed[0].condition is not None:
        record_condition(actor, allowed[0], "what is allowed", group)


def _codes(exceptions: list[ItemException]) -> str:
    return ", ".join(one.permission.codename for one in exceptions) or "nothing"

"""Which rule decided about a right, as a sentence for the person it concerns."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from sharing import rules
from sharing.models import (
    AccessRequest,
    Effect,
    ItemGroupException,
    ItemUserException,
    Link,
    WorkspaceGroupGrant,
    WorkspaceUserGrant,
)
from sharing.permissions import Right as SharingRight
from sharing.roles import AnyRole, role_of
from sharing.sets import rules as sets
from workspaces.models import Item, Outsider, Version, Workspace
from workspaces.permissions import Right, Role

_RELATED = ("permission__permission_set", "condition")
_OWN = {
    SharingRight.MANAGE_GROUP: "Only its managers can change a group.",
    SharingRight.WITHDRAW_REQUEST: "Only whoever asked can withdraw a request.",
}


@dataclass(frozen=True)
class Said:
    """One exception that concerns a person, with the place it stands at and the group it came through."""

    item: Item
    right: str
    effect: str
    group: str | None
    only: str = ""
    """The condition that it is under, in words, while that is not fulfilled."""


def why_not(actor: Any, right: Right, thing: Workspace | Item | Version) -> str:
    """Return the sentence that names the rule which refuses `right`; asked only after it was refused."""
    if isinstance(actor, Outsider):
        return "The link does not open this, or not any more."
    if not rules.has_standing(actor):
        return _no_standing(actor)
    item = thing.file if isinstance(thing, Version) else thing if isinstance(thing, Item) else None
    workspace = item.workspace_id if item else thing.pk
    if item:
        for wanted in (Right.VIEW, right):
            if (said := decisive_exception(actor, wanted, item)) and said.effect == Effect.DENY:
                return _denied(actor, item, said, wanted)
        if only := next(
            (one.only for one in exceptions_about(actor, item) if one.right == right.codename and one.only), ""
        ):
            return f"An exception lets you {right.label} here, {only}."
    return _no_role(actor, right, workspace, let_in=bool(item and actor.has_perm(Right.VIEW, item)))


def why_not_sharing(actor: Any, right: SharingRight, thing: Any = None) -> str:
    """Return the sentence that names the rule about groups, invitations, requests and links which refuses `right`."""
    if not rules.has_standing(actor):
        return _no_standing(actor)
    if right in _OWN:
        return _OWN[right]
    if right in {SharingRight.DEFINE_SETS, SharingRight.CHANGE_SET}:
        return sets.why_not(actor, thing)
    if isinstance(thing, Link):
        return why_not(actor, Right.SHARE, thing.item)
    if isinstance(thing, AccessRequest):
        own = "Somebody else must decide about your own access."
        return own if thing.asker_id == actor.pk else why_not(actor, right_to_answer(thing), thing.thing)
    return "An invitation can only be answered by the person it was sent to."


def right_to_answer(request: AccessRequest) -> Right:
    """Return the right it takes to give what is asked for: managers are made by those who manage."""
    return Right.MANAGE if request.role == Role.MANAGER else Right.SHARE


def decisive_exception(person: User, right: Right, item: Item) -> Said | None:
    """Return the exception that decides about a right on an item (rule 4), if there is one."""
    found = [said for said in exceptions_about(person, item) if said.right == right.codename and not said.only]
    return max(found, key=lambda said: (said.item.depth, said.effect == Effect.DENY), default=None)


@dataclass(frozen=True)
class HeldRole:
    """A role that a person has or had, with its end and, while it is not fulfilled, the condition it is under."""

    role: AnyRole
    end: datetime | None
    only: str


def roles_of(person: User, workspace: Any, *, expired: bool = False) -> list[HeldRole]:
    """Return the roles that a person has or had in a workspace, themselves or through groups."""
    over = Q(expires_at__lte=timezone.now())
    here = (over if expired else ~over) & Q(content_object=workspace)
    by_person = WorkspaceUserGrant.objects.filter(here, user=person)
    by_group = WorkspaceGroupGrant.objects.filter(here, group__in=person.groups.all())
    rows: list[Any] = [*by_person.select_related(*_RELATED), *by_group.select_related(*_RELATED)]
    only = unfulfilled(person, rows)
    return [HeldRole(role_of(row), row.expires_at, only.get(row.pk, "")) for row in rows]


def unfulfilled(person: User, rows: Iterable[Any]) -> dict[Any, str]:
    """Return those of the grants and exceptions (by id) whose condition is not fulfilled now, with what it asks."""
    under = {row.pk: row.condition for row in rows if row.condition_id is not None}
    holding = rules.fulfilled(person, {condition.pk for condition in under.values()})
    return {pk: condition.in_words for pk, condition in under.items() if condition.pk not in holding}


def exceptions_about(person: User, item: Item) -> list[Said]:
    """Return the exceptions on the path of an item that concern a person, themselves or through groups."""
    live = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    on_path = Q(content_object__in=item.path) & live
    own = ItemUserException.objects.filter(on_path, user=person).select_related("content_object", *_RELATED)
    shared = ItemGroupException.objects.filter(on_path, group__in=person.groups.all())
    through = shared.select_related("content_object", "group", *_RELATED)
    rows: list[Any] = [*own, *through]
    only = unfulfilled(person, rows)

    def group(row: Any) -> str | None:
        return row.group.name if hasattr(row, "group_id") else None

    return [
        Said(row.content_object, row.permission.codename, row.effect, group(row), only.get(row.pk, "")) for row in rows
    ]


def _no_standing(actor: Any) -> str:
    if not isinstance(actor, User):
        return "Sign in first."
    if actor.role != User.Role.CONTRIBUTOR:
        return f"Only contributors have rights in workspaces; your role is {User.Role(actor.role).label.lower()}."
    return "Your approval is suspended or has expired. A commission admin can renew it."


def _denied(actor: User, item: Item, said: Said, right: Right) -> str:
    whom = f"your group “{said.group}”" if said.group else "you"
    if actor.has_perm(Right.VIEW, said.item):
        return (
            f"An exception on the {said.item.get_kind_display().lower()} “{said.item}” denies {right.label} to {whom}."
        )
    # A name is told only to those who may see what bears it, whoever asks and in whatever deed. What stands on a
    # folder may reach somebody who was let in further down.
    place = " on a folder above" if actor.has_perm(Right.VIEW, item) else ""
    return f"An exception{place} denies {right.label} to {whom}."


def _no_role(actor: User, right: Right, workspace: Any, *, let_in: bool) -> str:
    roles = roles_of(actor, workspace)
    if waiting := next((held for held in roles if held.only and right in held.role.rights), None):
        return f"Your {waiting.role.in_words} holds {waiting.only}."
    if having := [held.role for held in roles if not held.only]:
        return f"Your {max(having, key=attrgetter('size')).in_words} does not include “{right.label}”."
    if let_in:
        return f"You were let in here by an exception, which does not include “{right.label}”."
    ends = [role.end for role in roles_of(actor, workspace, expired=True) if role.end]
    if ends:
        return f"Your access expired on {max(ends):%-d %B %Y}."
    return "You are not in this workspace."

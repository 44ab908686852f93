"""Answers for rights on workspaces and items, by the rules in `sharing.rules`, and on groups and invitations."""

from collections.abc import Collection
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.db.models import Model, Q, QuerySet

from accounts.models import Institution, User
from sharing import holding, rules
from sharing.explaining import right_to_answer, why_not, why_not_sharing
from sharing.links.rules import outsider_may
from sharing.models import AccessRequest, GroupProfile, Invitation, Link, PermissionSet
from sharing.permissions import Right as SharingRight
from sharing.requests.asking import where_to_ask
from sharing.selectors import access
from sharing.sets.rules import may_change, may_define
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right

M = TypeVar("M", bound=Model)

_DOTTED = {right.codename: right.value for right in Right}
_CODENAMES = frozenset(_DOTTED)


class GrantBackend(BaseBackend):
    answers_rights = True

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not rules.has_standing(user_obj):
            return False
        if perm in SharingRight:
            return _sharing_right(user_obj, perm, obj)
        if perm not in Right or not isinstance(obj, (Workspace, Item, Version)):
            return False
        return perm in _rights(user_obj, [obj], {Right(perm).codename})[obj.pk]

    def visible(self, queryset: QuerySet[M], user: Any) -> QuerySet[M] | None:
        if not issubclass(queryset.model, (Workspace, Item)):
            return None
        if not rules.has_standing(user):
            return queryset.none()
        if issubclass(queryset.model, Item):
            return rules.visible_items(queryset, user)
        return rules.visible_workspaces(queryset, user)

    def rights_on_each(self, user: Any, things: list[Any]) -> dict[Any, frozenset[str]] | None:
        if not all(isinstance(thing, (Workspace, Item, Version)) for thing in things):
            return None
        if not rules.has_standing(user):
            return {thing.pk: frozenset() for thing in things}
        return _rights(user, things, _CODENAMES)

    def with_right(self, items: QuerySet[M], user: Any, perm: str) -> QuerySet[M]:
        """Narrow items to those on which the user has the right."""
        if not rules.has_standing(user):
            return items.none()
        return rules.items_with_right(items, user, Right(perm))

    def holders_of(self, perm: str, item: Item, people: Collection[User]) -> set[UUID]:
        """Return which of the people, by id, have the right on the item."""
        found = rules.people_rights(people, item.pk)
        return {person for person, codenames in found.items() if Right(perm).codename in codenames}

    def people_who_may(self, perm: str, item: Item, words: str) -> list[User]:
        """Return everybody who has the right on the item, or those of them who are called so."""
        concerned = access.people_concerned(item)
        if words:
            concerned = concerned.filter(Q(name__icontains=words) | Q(institution__name__icontains=words))
        people = list(concerned)
        holders = self.holders_of(perm, item, people)
        return [person for person in people if person.pk in holders]

    def people_in(self, workspace: Workspace) -> list[User]:
        """Return the owner of a workspace and everybody with a role in it, whatever condition they are under."""
        return holding.people_in(workspace)

    def knows_who_is_in(self, user: User, workspace: Workspace) -> bool:
        return access.may_see_members(access.rights_in(user, workspace))

    def has_role(self, user: Any, workspace: Workspace) -> bool:
        here = Workspace.objects.order_by().filter(pk=workspace.pk)
        return rules.has_standing(user) and rules.workspaces_with_right(here, user, Right.VIEW).exists()

    def managers_in(self, workspaces: Collection[UUID]) -> dict[UUID, set[UUID]]:
        """Return who may manage each of the workspaces now, by id."""
        return holding.managers_in(workspaces)

    def exceptions_stand_on(self, items: Collection[UUID]) -> bool:
        return holding.exceptions_stand_on(items)

    def exceptions_concern(self, user: Any, items: Collection[UUID]) -> bool:
        return holding.exceptions_concern(user, items)

    def explain_refusal(self, actor: Any, perm: str, thing: Any) -> str | None:
        if perm in SharingRight:
            return why_not_sharing(actor, SharingRight(perm), thing)
        if perm not in Right or not isinstance(thing, (Workspace, Item, Version)):
            return None
        return why_not(actor, Right(perm), thing)

    def outsider_may(self, outsider: Any, perm: str, thing: Any) -> bool:
        """Answer for somebody without an account; `has_perm` says no to all of them."""
        return outsider_may(outsider, perm, thing)

    def where_to_ask(self, actor: Any, perm: str, thing: Any) -> str | None:
        """Return the address of the page on which the person can ask for the right."""
        if perm not in Right or not isinstance(thing, (Workspace, Item, Version)):
            return None
        return where_to_ask(actor, Right(perm), thing)


def _sharing_right(user: Any, perm: str, obj: Any) -> bool:
    if isinstance(obj, GroupProfile):
        return perm == SharingRight.MANAGE_GROUP and obj.managers.filter(pk=user.pk).exists()
    if isinstance(obj, Invitation):
        return perm == SharingRight.ANSWER_INVITATION and obj.email.lower() == user.email.lower()
    if isinstance(obj, AccessRequest):
        return _right_on_request(user, perm, obj)
    if isinstance(obj, Link):
        return perm == SharingRight.CLOSE_LINK and bool(user.has_perm(Right.SHARE, obj.item))
    if isinstance(obj, (Institution, PermissionSet)):
        return _right_on_set(user, perm, obj)
    return perm == SharingRight.CREATE_GROUPS and obj is None


def _right_on_set(user: Any, perm: str, obj: Institution | PermissionSet) -> bool:
    if isinstance(obj, Institution):
        return perm == SharingRight.DEFINE_SETS and may_define(user, obj)
    return perm == SharingRight.CHANGE_SET and may_change(user, obj)


def _right_on_request(user: Any, perm: str, request: AccessRequest) -> bool:
    """Let the asker withdraw, and whoever could give what is asked for answer: never one person both."""
    if request.asker_id == user.pk:
        return perm == SharingRight.WITHDRAW_REQUEST
    return perm == SharingRight.ANSWER_REQUEST and bool(user.has_perm(right_to_answer(request), request.thing))


def _rights(user: Any, things: list[Any], asked: frozenset[str] | set[str]) -> dict[Any, frozenset[str]]:
    """Return the asked rights on things of one model, by primary key, as dotted permissions."""
    if not things:
        return {}
    if isinstance(things[0], Workspace):
        found = rules.workspace_rights(user, (thing.pk for thing in things), asked)
        return {thing.pk: _dotted(found[thing.pk]) for thing in things}
    items = {thing.pk: thing.file_id if isinstance(thing, Version) else thing.pk for thing in things}
    found = rules.item_rights(user, set(items.values()), asked)
    return {pk: _dotted(found[item]) for pk, item in items.items()}


def _dotted(codenames: frozenset[str]) -> frozenset[str]:
    return frozenset(_DOTTED[codename] for codename in codenames if codename in _DOTTED)

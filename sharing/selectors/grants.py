"""Everything that somebody was given and has given, from all four tables, as rows of one list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import CharField, F, IntegerField, Model, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from accounts.models import User
from core.access import rights_on_each
from sharing.ends import next_end
from sharing.models import (
    Condition,
    Effect,
    ItemGroupException,
    ItemUserException,
    WorkspaceGroupGrant,
    WorkspaceUserGrant,
)
from sharing.roles import AnyRole, roles_called
from workspaces.models import Item, Workspace
from workspaces.permissions import Right, Role

LISTS = {"received": "Given to you", "given": "Given by you"}
STATES = {"": "All", "current": "In force", "ending": "Ending within 30 days", "over": "Ended", "endless": "No end"}
KINDS = {"": "Roles and exceptions", "role": "Roles", "allow": "Exceptions that allow", "deny": "Exceptions that deny"}
SORTS = {"end": "First to end", "newest": "Newest", "who": "Who"}
SOON = timedelta(days=30)

_ORDER: dict[str, list[Any]] = {
    "end": [F("expires_at").asc(nulls_last=True), "pk"],
    "newest": ["-granted_at", "pk"],
    "who": ["holder_name", "giver_name", "pk"],
}
_ROLES: tuple[Any, ...] = (WorkspaceUserGrant, WorkspaceGroupGrant)
_EXCEPTIONS: tuple[Any, ...] = (ItemUserException, ItemGroupException)
_TABLES: tuple[Any, ...] = (*_ROLES, *_EXCEPTIONS)
_FIELDS = (
    "pk", "expires_at", "granted_at", "renewed_at", "purpose", "codename", "effect_", "holder", "holder_name", "group_",
    "giver_name", "renewer_name", "condition", "workspace", "workspace_name", "item", "item_name", "is_own",
)  # fmt: skip


@dataclass(frozen=True)
class GrantRow:
    """A role or an exception, in words. A place the reader does not see goes unnamed."""

    id: UUID
    kind: str
    what: str
    code: str
    workspace: UUID | None
    item: UUID | None
    place: str
    within: str
    url: str
    holder: UUID | None
    holder_name: str
    group: int | None
    giver_name: str
    renewer_name: str
    given_at: datetime
    expires_at: datetime | None
    purpose: str
    mine: bool
    is_own: bool
    """Also when it came through a group that the reader belongs to."""
    next_end: datetime | None
    may_renew: bool
    condition: str
    """From where and when it holds, in words; nothing where it always does."""
    ask_url: str

    def receiver(self) -> User | Group:
        """Return the person or the group it is for."""
        return User.objects.get(pk=self.holder) if self.holder else Group.objects.get(pk=self.group or 0)

    @property
    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def ends_soon(self) -> bool:
        return self.expires_at is not None and not self.is_over and self.expires_at <= timezone.now() + SOON


def my_grants(
    user: User, which: str, *, state: str = "", kind: str = "", query: str = "", sort: str = "end"
) -> QuerySet[Any]:
    """Return what the person was given, themselves or through groups, or what they gave, as rows for `rows_for`."""
    given = which == "given"
    seen = _seen_places(user, query) if query else ([], [])
    parts: list[QuerySet[Any]] = []
    for model in _TABLES:
        whose = Q(granted_by=user) | Q(renewed_by=user) if given else _own(model, user)
        like = _like(model, query, *seen, given=given) if query else Q()
        parts.append(_values(user, model, whose & _state(state) & _kind(model, kind) & like))
    return _together(parts, sort)


def ending_for(user: User, managed: QuerySet[Any, Any], *, within: timedelta) -> QuerySet[Any]:
    """Return what ends soon: the person's own, and what others have in the workspaces they manage."""
    now = timezone.now()
    soon = Q(expires_at__gt=now, expires_at__lte=now + within)
    parts: list[QuerySet[Any]] = []
    for model in _TABLES:
        workspace = "content_object__workspace__in" if model in _EXCEPTIONS else "content_object__in"
        # The end of a denial is no loss to whom it denies something; it is for those who made it to know.
        mine = _own(model, user) & (Q(effect=Effect.ALLOW) if model in _EXCEPTIONS else Q())
        parts.append(_values(user, model, soon & (mine | Q(**{workspace: managed}))))
    return _together(parts, "end")


def grants_in(user: User, workspace: Workspace, ids: list[UUID]) -> QuerySet[Any]:
    """Return these roles and exceptions of one workspace, as far as they are in force, as rows for `rows_for`."""
    here = Q(pk__in=ids) & _state("current")
    parts = []
    for model in _TABLES:
        where = "content_object__workspace" if model in _EXCEPTIONS else "content_object"
        parts.append(_values(user, model, here & Q(**{where: workspace})))
    return _together(parts, "who")


def only_row(user: User, workspace: Workspace, grant: UUID) -> GrantRow | None:
    return next(iter(rows_for(user, grants_in(user, workspace, [grant]))), None)


def rows_for(user: User, found: Iterable[dict[str, Any]]) -> list[GrantRow]:
    """Put rows into words, with what the person could do about them, in three queries at most."""
    listed = list(found)
    roles = {row["workspace"] for row in listed if row["item"] is None}
    workspaces = rights_on_each(user, [Workspace(pk=pk) for pk in roles])
    items = rights_on_each(user, [Item(pk=pk) for pk in {row["item"] for row in listed if row["item"]}])
    named = {row["condition"] for row in listed if row["condition"]}
    conditions = {one.pk: one.in_words for one in Condition.objects.filter(pk__in=named)} if named else {}
    named_roles = roles_called(row["codename"] for row in listed if row["item"] is None)
    return [
        _row(
            user,
            row,
            items[row["item"]] if row["item"] else workspaces[row["workspace"]],
            conditions,
            None if row["item"] else named_roles.get(row["codename"]),
        )
        for row in listed
    ]


def _row(
    user: User, row: dict[str, Any], rights: frozenset[str], conditions: dict[UUID, str], role: AnyRole | None
) -> GrantRow:
    is_role, mine = row["item"] is None, row["holder"] == user.pk
    sees = Right.VIEW in rights
    name = row["workspace_name"] if is_role else row["item_name"]
    return GrantRow(
        id=row["pk"],
        kind="role" if is_role else row["effect_"],
        what=_in_words(row, role),
        code=row["codename"],
        workspace=row["workspace"] if sees else None,
        item=row["item"] if sees else None,
        # Whoever has a role, or had one, knows the name of the workspace.
        place=name if sees or (is_role and mine) else "",
        within="" if is_role or not sees else row["workspace_name"],
        url=_url(row) if sees else "",
        holder=row["holder"],
        holder_name=row["holder_name"],
        group=row["group_"],
        giver_name=row["giver_name"],
        renewer_name=row["renewer_name"] or "",
        given_at=row["granted_at"],
        expires_at=row["expires_at"],
        purpose=row["purpose"],
        mine=mine,
        is_own=row["is_own"],
        next_end=_next_end(row),
        may_renew=bool(sees and not mine and row["expires_at"] and _could_give(row, rights, role)),
        condition=conditions.get(row["condition"], ""),
        ask_url=_ask_url(row) if mine and sees and row["effect_"] != Effect.DENY else "",
    )


def _next_end(row: dict[str, Any]) -> datetime | None:
    return next_end(row["expires_at"], row["renewed_at"] or row["granted_at"]) if row["expires_at"] else None


def _could_give(row: dict[str, Any], rights: frozenset[str], role: AnyRole | None) -> bool:
    """Return what the deed will say, but for the receiver's standing: an offer, not a right."""
    if row["item"] is None:
        needed = Right.MANAGE if row["codename"] == Role.MANAGER else Right.SHARE
        return needed in rights and role.rights <= rights if role else False
    allowed = f"workspaces.{row['codename']}"
    return Right.SHARE in rights and (row["effect_"] == Effect.DENY or allowed in rights)


def _in_words(row: dict[str, Any], role: AnyRole | None) -> str:
    if row["item"] is None:
        return capfirst(role.in_words) if role else ""
    verb = "allowed" if row["effect_"] == Effect.ALLOW else "denied"
    right = Right("workspaces." + row["codename"])
    return f"{right.label.capitalize()} {verb}"


def _url(row: dict[str, Any]) -> str:
    if row["item"] is None:
        return reverse("sharing:workspace_access", args=[row["workspace"]])
    return reverse("sharing:item_access", args=[row["item"]])


def _ask_url(row: dict[str, Any]) -> str:
    if row["item"] is None:
        return reverse("sharing:ask_workspace", args=[row["workspace"]]) + f"?role={row['codename']}"
    return reverse("sharing:ask_item", args=[row["item"]]) + f"?right={row['codename']}"


def _together(parts: list[QuerySet[Any]], sort: str) -> QuerySet[Any]:
    first, *others = parts
    return first.union(*others, all=True).order_by(*_ORDER.get(sort, _ORDER["end"]))


def _kind(model: Any, kind: str) -> Q:
    if kind in Effect.values:
        return Q(effect=kind) if model in _EXCEPTIONS else Q(pk__in=())
    return Q(pk__in=()) if kind == "role" and model in _EXCEPTIONS else Q()


def _like(model: Any, query: str, workspaces: list[UUID], items: list[UUID], *, given: bool) -> Q:
    """Return what has the words in the name of the other side or of a place that the person sees."""
    name = f"{_holder(model)}__name" if given else "granted_by__name"
    place = Q(content_object__in=items) if model in _EXCEPTIONS else Q(content_object__in=workspaces)
    return Q(**{f"{name}__icontains": query}) | place


def _seen_places(user: User, query: str) -> tuple[list[UUID], list[UUID]]:
    """Return the workspaces and items with the words in their names, as far as the person sees them.

    Only items on which something stands for or by the person: few, wherever there are many.
    """
    about: list[Q] = [Q(user_exceptions__user=user), Q(group_exceptions__group__in=user.groups.all())]
    about += [Q(user_exceptions__granted_by=user), Q(group_exceptions__granted_by=user)]
    about += [Q(user_exceptions__renewed_by=user), Q(group_exceptions__renewed_by=user)]
    excepted = {pk for one in about for pk in Item.objects.order_by().filter(one).values_list("pk", flat=True)}
    workspaces = Workspace.objects.visible_to(user).filter(name__icontains=query)
    items = Item.objects.visible_to(user).filter(pk__in=excepted, name__icontains=query)
    return list(workspaces.values_list("pk", flat=True)), list(items.values_list("pk", flat=True))


def _own(model: type[Model], user: User) -> Q:
    return Q(group__in=user.groups.all()) if _holder(model) == "group" else Q(user=user)


def _holder(model: type[Model]) -> str:
    return "group" if model in {WorkspaceGroupGrant, ItemGroupException} else "user"


def _values(user: User, model: Any, where: Q) -> QuerySet[Any]:
    """Return rows of one table under the names that all four share, without what is about something in the bin."""
    is_group, is_item = _holder(model) == "group", model in _EXCEPTIONS
    where &= Q(content_object__removed_at=None) if is_item else Q()
    workspace = "content_object__workspace" if is_item else "content_object"
    nobody, nothing = Cast(Value(None), UUIDField()), Cast(Value(None), CharField())
    named = model.objects.order_by().filter(where).annotate(
        codename=F("permission__codename"),
        effect_=F("effect") if is_item else Value(""),
        holder=nobody if is_group else F("user_id"),
        holder_name=F("group__name") if is_group else F("user__name"),
        group_=F("group_id") if is_group else Cast(Value(None), IntegerField()),
        giver_name=F("granted_by__name"),
        renewer_name=F("renewed_by__name"),
        workspace=F(f"{workspace}_id"),
        workspace_name=F(f"{workspace}__name"),
        item=F("content_object_id") if is_item else nobody,
        item_name=F("content_object__name") if is_item else nothing,
        is_own=Q(group__in=user.groups.all()) if is_group else Q(user=user),
    )  # fmt: skip
    return named.values(*_FIELDS)  # type: ignore[no-any-return]


def _state(state: str) -> Q:
    now = timezone.now()
    return {
        "current": Q(expires_at=None) | Q(expires_at__gt=now),
        "ending": Q(expires_at__gt=now, expires_at__lte=now + SOON),
        "over": Q(expires_at__lte=now),
        "endless": Q(expires_at=None),
    }.get(state, Q())

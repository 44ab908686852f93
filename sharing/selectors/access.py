"""Who is in a workspace, and who may do what with an item, with the rules that say so."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.text import capfirst

from accounts.models import User
from core.access import rights_on_each
from sharing import rules
from sharing.models import (
    Condition,
    Effect,
    Invitation,
    ItemGroupException,
    ItemUserException,
    WorkspaceGroupGrant,
    WorkspaceUserGrant,
)
from sharing.roles import role_of
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


@dataclass(frozen=True)
class Member:
    """A person or a group with a role, as a row of the access page."""

    grant: UUID
    person: UUID | None
    group: int | None
    name: str
    about: str
    role: str
    expires_at: datetime | None
    is_over: bool
    granted_by: str
    granted_at: datetime
    purpose: str
    condition: Condition | None = None


@dataclass(frozen=True)
class StandingException:
    """An exception, as a row."""

    id: UUID
    item: Item
    right: str
    effect: str
    whom: str
    expires_at: datetime | None
    is_over: bool
    granted_by: str
    purpose: str
    condition: Condition | None = None


@dataclass(frozen=True)
class PersonAccess:
    """What one person may do with an item, and every rule that has a say in it, the strongest first."""

    person: User
    rights: tuple[str, ...]
    reasons: tuple[str, ...]


def rights_in(user: User, workspace: Workspace) -> frozenset[str]:
    return rights_on_each(user, [workspace])[workspace.pk]


def may_see_members(rights: frozenset[str]) -> bool:
    """Whoever has a role may see who else is there; whoever was let in to single items may not."""
    return bool(rights - {Right.VIEW})


def members(workspace: Workspace) -> list[Member]:
    """Return everybody with a role, also those whose role has run out; the owner is not among them."""
    people = WorkspaceUserGrant.objects.filter(content_object=workspace)
    people = people.select_related("user__institution", "permission__permission_set", "granted_by", "condition")
    groups = WorkspaceGroupGrant.objects.filter(content_object=workspace).select_related(
        "group__institution", "permission", "granted_by", "condition"
    )
    groups = groups.annotate(size=Count("group__user"))
    rows = [_member(grant, grant.user.name, _institution(grant.user), grant.user_id) for grant in people]
    rows += [_member(grant, grant.group.name, _size(grant.size), None) for grant in groups]
    return sorted(rows, key=lambda row: row.name.casefold())


def members_shown_to(user: User, workspace: Workspace, rights: frozenset[str]) -> list[Member]:
    everybody = members(workspace)
    return everybody if may_see_members(rights) else [row for row in everybody if row.person == user.pk]


def waiting_invitations(workspace: Workspace) -> QuerySet[Invitation]:
    return Invitation.objects.waiting().filter(workspace=workspace).select_related("invited_by")


def exceptions_in(workspace: Workspace) -> list[StandingException]:
    return _exceptions(Q(content_object__workspace=workspace, content_object__removed_at=None))


def exceptions_on(item: Item) -> list[StandingException]:
    """Return the exceptions that stand on the item itself or on a folder above it, the nearest first."""
    found = _exceptions(Q(content_object__in=item.path))
    return sorted(found, key=lambda row: -row.item.depth)


def allowed_further_down(person: User, item: Item, rights: frozenset[str]) -> int:
    """Return on how many things below an item an exception lets a person do more than these rights."""
    more = [right.codename for right in Right if right not in rights]
    allows = _unexpired() & Q(effect=Effect.ALLOW, permission__codename__in=more)
    below = allows & Q(content_object__path__contains=[item.pk], content_object__removed_at=None)
    own = ItemUserException.objects.filter(below, user=person).exclude(content_object=item)
    through = ItemGroupException.objects.filter(below, group__in=person.groups.all()).exclude(content_object=item)
    return len({*own.values_list("content_object", flat=True), *through.values_list("content_object", flat=True)})


def people_concerned(item: Item) -> QuerySet[User]:
    """Return everybody about whom a role or an exception says something for this item, and the owner."""
    workspace = item.workspace_id
    groups = Q(group__in=WorkspaceGroupGrant.objects.filter(content_object=workspace).values("group"))
    groups |= Q(group__in=ItemGroupException.objects.filter(content_object__in=item.path).values("group"))
    members = User.groups.through.objects.filter(groups).values("user")
    found = Q(pk=item.workspace.owner_id) | Q(pk__in=members)
    found |= Q(pk__in=WorkspaceUserGrant.objects.filter(content_object=workspace).values("user"))
    found |= Q(pk__in=ItemUserException.objects.filter(content_object__in=item.path).values("user"))
    return User.objects.filter(found).select_related("institution")


def access_of(people: Iterable[User], item: Item, *, reader: User) -> list[PersonAccess]:
    """Return what each of the people may do with the item, in a fixed number of queries.

    A folder above that the reader does not see goes unnamed.
    """
    listed = list(people)
    rights = rules.people_rights(listed, item.pk)
    reasons = _reasons(listed, item, set(Item.objects.visible_to(reader).filter(pk__in=item.path)))
    return [PersonAccess(person, _labels(rights[person.pk]), tuple(reasons[person.pk])) for person in listed]


def access_in(person: User, workspace: Workspace) -> PersonAccess:
    """Return what a person may do with a workspace as a whole, and the rules that say so."""
    found: dict[Any, list[str]] = defaultdict(list)
    _add_standing([person], workspace.owner_id, found)
    groups = _groups_of([person])
    for grant in _unexpired_grants(workspace.pk, [person], groups):
        for concerned, through in _whom(grant, groups):
            found[concerned].append(_role_reason(grant, through))
    rights = rights_in(person, workspace)
    labels = tuple(str(right.label) for right in Right if right in rights)
    return PersonAccess(person, labels, tuple(found[person.pk]))


def _labels(codenames: frozenset[str]) -> tuple[str, ...]:
    return tuple(str(right.label) for right in Right if right.codename in codenames)


def _reasons(people: list[User], item: Item, named: set[Item]) -> dict[Any, list[str]]:
    found: dict[Any, list[str]] = defaultdict(list)
    _add_standing(people, item.workspace.owner_id, found)
    groups = _groups_of(people)
    for exception in _unexpired_exceptions(item, people, groups):
        for person, through in _whom(exception, groups):
            found[person].append(_exception_reason(exception, through, named))
    for grant in _unexpired_grants(item.workspace_id, people, groups):
        for person, through in _whom(grant, groups):
            found[person].append(_role_reason(grant, through))
    return found


def _add_standing(people: list[User], owner: UUID, found: dict[Any, list[str]]) -> None:
    for person in people:
        if not rules.has_standing(person):
            found[person.pk].append("Not an approved contributor in good standing at the moment: no rights")
        if person.pk == owner:
            found[person.pk].append("Owner of the workspace")


def _groups_of(people: list[User]) -> dict[int, list[Any]]:
    memberships = User.groups.through.objects.filter(user__in=people).values_list("group_id", "user_id")
    found: dict[int, list[Any]] = defaultdict(list)
    for group, person in memberships:
        found[group].append(person)
    return found


def _whom(said: Any, groups: dict[int, list[Any]]) -> Iterable[tuple[Any, Group | None]]:
    """Return the people whom a grant or exception concerns, and the group it reaches them through."""
    if hasattr(said, "user_id"):
        return [(said.user_id, None)]
    return [(person, said.group) for person in groups.get(said.group_id, [])]


def _unexpired() -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=timezone.now())


def _unexpired_exceptions(item: Item, people: list[User], groups: dict[int, list[Any]]) -> list[Any]:
    here = Q(content_object__in=item.path) & _unexpired()
    own = ItemUserException.objects.filter(here, user__in=people).select_related(
        "content_object", "permission", "condition"
    )
    through = ItemGroupException.objects.filter(here, group__in=list(groups))
    found: list[Any] = [*own, *through.select_related("content_object", "permission", "group", "condition")]
    return sorted(found, key=lambda row: (row.content_object.depth, row.effect == Effect.DENY), reverse=True)


def _unexpired_grants(workspace: UUID, people: list[User], groups: dict[int, list[Any]]) -> list[Any]:
    here = Q(content_object=workspace) & _unexpired()
    own = WorkspaceUserGrant.objects.filter(here, user__in=people).select_related("permission", "condition")
    through = WorkspaceGroupGrant.objects.filter(here, group__in=list(groups))
    return [*own, *through.select_related("permission", "group", "condition")]


def _exception_reason(exception: Any, through: Group | None, named: set[Item]) -> str:
    verb = "allowed" if exception.effect == Effect.ALLOW else "denied"
    right = Right(f"workspaces.{exception.permission.codename}").label
    place = f"“{exception.content_object}”" if exception.content_object in named else "a folder above"
    return f"Exception on {place}: {right} {verb}{_through(through)}{_until(exception)}"


def _role_reason(grant: Any, through: Group | None) -> str:
    return f"{capfirst(role_of(grant).in_words)}{_through(through)}{_until(grant)}"


def _through(group: Group | None) -> str:
    return f" through “{group.name}”" if group else ""


def _until(said: Any) -> str:
    """Say until when it holds, and under which condition."""
    end = f", until {said.expires_at:%-d %B %Y}" if said.expires_at else ""
    return f"{end}, {said.condition.in_words}" if said.condition else end


def _member(grant: Any, name: str, about: str, person: UUID | None) -> Member:
    return Member(
        grant=grant.pk,
        person=person,
        group=getattr(grant, "group_id", None),
        name=name,
        about=about,
        role=role_of(grant).label,
        expires_at=grant.expires_at,
        is_over=grant.is_over,
        granted_by=grant.granted_by.name,
        granted_at=grant.granted_at,
        purpose=grant.purpose,
        condition=grant.condition,
    )


def _institution(person: User) -> str:
    return person.institution.name if person.institution else ""


def _size(count: int) -> str:
    return "Group of 1 person" if count == 1 else f"Group of {count} people"


def _exceptions(where: Q) -> list[StandingException]:
    people = ItemUserException.objects.filter(where).select_related(
        "content_object__workspace", "permission", "granted_by", "user", "condition"
    )
    groups = ItemGroupException.objects.filter(where).select_related(
        "content_object__workspace", "permission", "granted_by", "group", "condition"
    )
    rows = [_exception(row, row.user.name) for row in people] + [_exception(row, row.group.name) for row in groups]
    return sorted(rows, key=lambda row: (row.item.name_key, row.whom.casefold()))


def _exception(row: Any, whom: str) -> StandingException:
    return StandingException(
        id=row.pk,
        item=row.content_object,
        right=Right(f"workspaces.{row.permission.codename}").label,
        effect=row.effect,
        whom=whom,
        expires_at=row.expires_at,
        is_over=row.is_over,
        granted_by=row.granted_by.name,
        purpose=row.purpose,
        condition=row.condition,
    )

"""What holds now, and for whom: asked before somebody could move out from under it, or be left with less or more."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from sharing import rules
from sharing.models import Effect, ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from sharing.roles import AnyRole, role_of
from workspaces.models import Workspace
from workspaces.permissions import Right


def exceptions_stand_on(items: Collection[UUID]) -> bool:
    """Return whether any unexpired exception stands on one of the items themselves."""
    here = Q(content_object__in=list(items)) & _unexpired()
    return ItemUserException.objects.filter(here).exists() or ItemGroupException.objects.filter(here).exists()


def exceptions_concern(person: Any, items: Collection[UUID]) -> bool:
    """Return whether one of them is about the person. Of an owner no exception says anything (rule 2)."""
    here = Q(content_object__in=list(items)) & _unexpired() & ~Q(content_object__workspace__owner=person)
    return (
        ItemUserException.objects.filter(here, user=person).exists()
        or ItemGroupException.objects.filter(here, group__in=person.groups.all()).exists()
    )


def denied_through(group: Group, person: User) -> bool:
    """Return whether the group carries a denial that holds for the person as a member."""
    denials = ItemGroupException.objects.filter(_unexpired(), group=group, effect=Effect.DENY)
    return denials.exclude(content_object__workspace__owner=person).exists()


def roles_besides(grant: WorkspaceUserGrant | WorkspaceGroupGrant) -> list[AnyRole]:
    """Return which roles a person keeps in the workspace when this one goes; a group has no second one."""
    if isinstance(grant, WorkspaceGroupGrant):
        return []
    own = WorkspaceUserGrant.objects.filter(_unexpired(), user=grant.user, content_object=grant.content_object_id)
    return [role_of(other) for other in own.exclude(pk=grant.pk).select_related("permission__permission_set")]


def managers_in(workspaces: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return who may manage each of the workspaces, whatever conditions they are under: two queries for all of them."""
    return rules.holders_in(_people_with_roles(workspaces), workspaces, Right.MANAGE)


def managers_of(workspace: Workspace) -> set[UUID]:
    return managers_in([workspace.pk])[workspace.pk]


def people_in(workspace: Workspace) -> list[User]:
    """Return the owner and everybody with a role in a workspace, by name, whatever conditions they are under."""
    people = list(_people_with_roles([workspace.pk]).select_related("institution").order_by("name", "email"))
    holders = rules.holders_in(people, [workspace.pk], Right.VIEW)[workspace.pk]
    return [person for person in people if person.pk in holders]


def _people_with_roles(workspaces: Collection[UUID]) -> QuerySet[User]:
    given = WorkspaceUserGrant.objects.filter(content_object__in=workspaces).values("user")
    groups = WorkspaceGroupGrant.objects.filter(content_object__in=workspaces).values("group")
    owners = Workspace.objects.filter(pk__in=workspaces).values("owner")
    members = User.groups.through.objects.filter(group__in=groups).values("user")
    return User.objects.filter(Q(pk__in=owners) | Q(pk__in=given) | Q(pk__in=members))


def _unexpired() -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=timezone.now())

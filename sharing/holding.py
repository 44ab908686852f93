"""What holds now, and for whom: asked before somebody could move out from under it, or be left with less or more."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from sharing import rules
from sharing.models import Effect, ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from workspaces.models import Workspace
from workspaces.permissions import Right, Role


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


def roles_besides(grant: WorkspaceUserGrant | WorkspaceGroupGrant) -> list[Role]:
    """Return which roles a person keeps in the workspace when this one goes; a group has no second one."""
    if isinstance(grant, WorkspaceGroupGrant):
        return []
    own = WorkspaceUserGrant.objects.filter(_unexpired(), user=grant.user, content_object=grant.content_object_id)
    return [Role(codename) for codename in own.exclude(pk=grant.pk).values_list("permission__codename", flat=True)]


def managers_of(workspace: Workspace) -> set[UUID]:
    """Return who may manage a workspace, whatever conditions they are under.

    Few people hold a role in one, so each is asked about.
    """
    given = WorkspaceUserGrant.objects.filter(content_object=workspace).values("user")
    groups = WorkspaceGroupGrant.objects.filter(content_object=workspace).values("group")
    people = User.objects.filter(Q(pk=workspace.owner_id) | Q(pk__in=given) | Q(groups__in=groups)).distinct()
    manage = {Right.MANAGE.codename}
    return {
        person.pk
        for person in people
        if rules.has_standing(person)
        and rules.workspace_rights(person, [workspace.pk], manage, anyhow=True)[workspace.pk]
    }


def _unexpired() -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=timezone.now())

"""Where a permission set is used, and by whom: whoever changes it must know."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from sharing.models import Invitation, PermissionSet, WorkspaceGroupGrant, WorkspaceUserGrant


def workspaces_with(permission_set: PermissionSet) -> list[UUID]:
    """Return the workspaces in which somebody has it, or was invited to it and has not answered."""
    found: set[Any] = set()
    for model in (WorkspaceUserGrant, WorkspaceGroupGrant):
        found |= set(model.objects.filter(_live(permission_set)).values_list("content_object", flat=True))
    invited = Invitation.objects.waiting().filter(role=permission_set.permission.codename)
    return sorted(found | set(invited.values_list("workspace", flat=True)))


def people_with(permission_set: PermissionSet, *, through_groups: bool = True) -> Any:
    """Return everybody who has it in some workspace, by name."""
    own = WorkspaceUserGrant.objects.filter(_live(permission_set)).values("user")
    groups = WorkspaceGroupGrant.objects.filter(_live(permission_set)).values("group")
    whose = Q(pk__in=own)
    if through_groups:
        whose |= Q(pk__in=User.groups.through.objects.filter(group__in=groups).values("user"))
    return User.objects.filter(whose).order_by("name", "pk")


def _live(permission_set: PermissionSet) -> Q:
    return Q(permission=permission_set.permission_id) & (Q(expires_at=None) | Q(expires_at__gt=timezone.now()))

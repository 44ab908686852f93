"""Who decides about permission sets: whoever could give what they give, wherever they are given."""

from typing import Any

from accounts.models import Institution
from sharing.models import PermissionSet
from sharing.rules import workspaces_with_right
from sharing.sets.using import workspaces_with
from workspaces.models import Workspace
from workspaces.permissions import Right


def may_define(user: Any, institution: Institution) -> bool:
    """Return whether somebody may define sets for an institution: who belongs to it, and manages a workspace of it."""
    if user.institution_id is None or user.institution_id != institution.pk:
        return False
    own = Workspace.objects.order_by().filter(institution=institution, archived_at=None)
    return workspaces_with_right(own, user, Right.MANAGE).exists()


def may_change(user: Any, permission_set: PermissionSet) -> bool:
    """Return whether somebody may change a set: who may define them, and manages every workspace that it reaches."""
    if permission_set.institution_id is None or not may_define(user, permission_set.institution):
        return False
    reached = workspaces_with(permission_set)
    found = Workspace.objects.order_by().filter(pk__in=reached)
    return workspaces_with_right(found, user, Right.MANAGE).count() == len(reached)


def why_not(user: Any, thing: Any) -> str:
    """Return the sentence that names the rule which refuses."""
    institution = thing.institution if isinstance(thing, PermissionSet) else thing
    if not may_define(user, institution):
        return "Permission sets are defined by members of the institution who manage one of its workspaces."
    return (
        "Somebody has this permission set in a workspace that you do not manage, so changing it would decide about"
        " people there. Make another one instead."
    )

"""What somebody may ask for, and where the page for it is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.access import rights_on_each
from sharing import rules
from sharing.explaining import roles_of
from sharing.models import EXCEPTION_RIGHTS, Effect, ItemUserException, WorkspaceUserGrant
from sharing.roles import AnyRole, roles_for
from sharing.rules import has_standing
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right

SOON = timedelta(days=30)


def askable_rights(person: User, item: Item) -> list[Right]:
    """Return the rights on an item that the person lacks, or loses when an exception of their own ends."""
    held = rights_on_each(person, [item])[item.pk]
    ending = ending_rights(person, item)
    return [right for right in EXCEPTION_RIGHTS if right not in held or right in ending]


def offered_rights(person: User, item: Item, named: Right | None = None) -> dict[Right, datetime | None]:
    """Return the rights that the form offers, with their end where the person has them: what ends soon, or is named.

    Whoever may look for a long time yet is not asked whether they would like to look.
    """
    ending, soon = ending_rights(person, item), timezone.now() + SOON
    return {
        right: ending.get(right)
        for right in askable_rights(person, item)
        if right not in ending or ending[right] <= soon or right == named
    }


def ending_rights(person: User, item: Item) -> dict[Right, datetime]:
    """Return what the person has by an exception of their own that ends, and will not have then by anything else."""
    own = ItemUserException.objects.filter(
        user=person, content_object=item, effect=Effect.ALLOW, expires_at__gt=timezone.now()
    )
    found: dict[Right, datetime] = {}
    for codename, end in own.values_list("permission__codename", "expires_at"):
        if codename not in rules.people_rights([person], item.pk, at=end)[person.pk]:
            found[Right(f"workspaces.{codename}")] = end
    return found


def askable_roles(person: User, workspace: Workspace) -> list[AnyRole]:
    """Return the roles that would give the person more than those they have, or the same for longer.

    What exceptions let them see is not counted: a role is about everything else.
    """
    if workspace.owner_id == person.pk:
        return []
    held = {right for had in roles_of(person, workspace) if not had.only for right in had.role.rights}
    ending = set(_ending_roles(person, workspace))
    return [role for role in roles_for(workspace) if role.code in ending or role.rights - held]


def least_role_with(right: Right, roles: Iterable[AnyRole]) -> AnyRole | None:
    """Return the role that gives the right and least besides it."""
    giving = [role for role in roles if right in role.rights]
    return min(giving, key=lambda role: role.size, default=None)


def where_to_ask(person: Any, right: Right, thing: Workspace | Item | Version) -> str | None:
    """Return the address of the page on which the person can ask for a right; nothing where asking is no use."""
    if not has_standing(person) or not person.has_perm(Right.VIEW, thing) or person.has_perm(right, thing):
        return None
    query = f"?right={right.codename}"
    if isinstance(thing, Workspace):
        return reverse("sharing:ask_workspace", args=[thing.pk]) + query
    item = thing.file if isinstance(thing, Version) else thing
    if right in EXCEPTION_RIGHTS:
        return reverse("sharing:ask_item", args=[item.pk]) + query
    return reverse("sharing:ask_workspace", args=[item.workspace_id]) + query


def _ending_roles(person: User, workspace: Workspace) -> Iterable[str]:
    own = WorkspaceUserGrant.objects.filter(user=person, content_object=workspace, expires_at__gt=timezone.now())
    return own.values_list("permission__codename", flat=True)

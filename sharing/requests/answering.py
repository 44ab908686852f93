"""Who answers a request, and what may stand against granting it."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from core.access import rights_on_each
from sharing.explaining import decisive_exception
from sharing.models import (
    AccessRequest,
    Effect,
    ItemGroupException,
    ItemUserException,
    WorkspaceGroupGrant,
    WorkspaceUserGrant,
)
from sharing.permissions import Right as SharingRight
from sharing.roles import role_called
from sharing.rules import has_standing
from workspaces.models import Workspace
from workspaces.permissions import Right, Role


def first_to_answer(asker: User, workspace: Workspace) -> User:
    """Return whom to ask by mail: whoever let the asker in, if they still manage the workspace; else the owner."""
    given = WorkspaceUserGrant.objects.filter(user=asker, content_object=workspace).select_related("granted_by")
    for grant in given.order_by("-granted_at"):
        giver: User = grant.granted_by
        if giver.has_perm(Right.MANAGE, workspace):
            return giver
    return workspace.owner


def second_to_answer(request: AccessRequest) -> User | None:
    """Return whom to ask next: the owner, or where they were asked the manager who is here longest; nobody else."""
    workspace = request.workspace
    managers = WorkspaceUserGrant.objects.filter(content_object=workspace, permission__codename=Role.MANAGER)
    people: list[User] = [
        workspace.owner,
        *(grant.user for grant in managers.select_related("user").order_by("granted_at")),
    ]
    for person in people:
        if person.pk != request.addressed_to_id and can_answer(person, request):
            return person
    return None


def can_answer(person: Any, request: AccessRequest) -> bool:
    return bool(person.has_perm(SharingRight.ANSWER_REQUEST, request))


def obstacle(request: AccessRequest) -> str | None:
    """Return the sentence that says why granting would be wrong or no use now; nothing where nothing stands against it.

    Whoever was taken out since they asked must not come back by a click on an old request.
    """
    asker, item = request.asker, request.item
    if not has_standing(asker):
        return f"{asker} is not an approved contributor at the moment, so nothing could be used."
    if (role := role_called(request.role) if request.role else None) and role.is_retired:
        return f"The {role.in_words} has been retired since they asked, and is given no more."
    if item is not None and item.removed_at is not None:
        return "It lies in the bin. Restore it first."
    if not asker.has_perm(Right.VIEW, request.thing) and not _ran_out(request):
        return f"{asker} has been shut out since they asked. If they should come back, let them in on the access page."
    return _standing_denial(request)


def more_than_own(person: User, request: AccessRequest, *, own: frozenset[str] | None = None) -> str | None:
    """Return the sentence that says why this person cannot give all that is asked for, though perhaps a part.

    `own` are their rights on the thing, where they are known already.
    """
    asked = {f"workspaces.{code}" for code in request.rights}
    if request.role and (role := role_called(request.role)):
        asked = set(role.rights)
    if missing := asked - (rights_on_each(person, [request.thing])[request.thing.pk] if own is None else own):
        return f"Nobody can give more than they have: you may not {Right(min(missing)).label} there yourself."
    return None


def _ran_out(request: AccessRequest) -> bool:
    """True when what let the asker in has ended by itself, and nothing keeps them out."""
    asker, item, now = request.asker, request.item, timezone.now()
    denied = item is not None and (said := decisive_exception(asker, Right.VIEW, item)) and said.effect == Effect.DENY
    if denied:
        return False
    over = Q(expires_at__lte=now, content_object=request.workspace_id)
    if WorkspaceUserGrant.objects.filter(over, user=asker).exists():
        return True
    if WorkspaceGroupGrant.objects.filter(over, group__in=asker.groups.all()).exists():
        return True
    let_in = Q(expires_at__lte=now, effect=Effect.ALLOW, user=asker)
    return item is not None and ItemUserException.objects.filter(let_in, content_object__in=item.path).exists()


def _standing_denial(request: AccessRequest) -> str | None:
    """Say so where exactly this item denies something that is asked for.

    An allowance would not win against the denial of a group here, and would take the place of the asker's own: when it
    ended, nothing would be denied any more.
    """
    if request.item is None:
        return None
    here = (Q(expires_at=None) | Q(expires_at__gt=timezone.now())) & Q(
        content_object=request.item, effect=Effect.DENY, permission__codename__in=request.rights
    )
    kind = request.item.get_kind_display().lower()
    if ItemUserException.objects.filter(here, user=request.asker).exists():
        return (
            f"An exception on this very {kind} denies it to {request.asker}. An allowance that ends would leave nothing"
            " in its place, so lift or change that exception on the access page instead."
        )
    group = ItemGroupException.objects.filter(here, group__in=request.asker.groups.all()).first()
    if group is not None:
        return (
            f"An exception on this very {kind} denies it to the group “{group.group.name}”, and outranks any"
            " allowance. Lift it on the access page, or leave it as it is and refuse."
        )
    return None

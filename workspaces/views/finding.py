"""The only doors to the tables: everything is fetched through the eyes of whoever asks, so strangers get 404."""

from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right as PlatformRight
from core.access import require
from workspaces.models import Item, Removal, Version, Workspace
from workspaces.permissions import Right
from workspaces.removal.selectors import refuse_if_gone
from workspaces.selectors import folders_above

Crumbs = list[tuple[str, str]]


def signed_in(request: HttpRequest) -> User:
    """Return who is asking; every page of this room is behind the sign-in."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def visible_workspace(request: HttpRequest, workspace_id: UUID) -> Workspace:
    return get_object_or_404(Workspace.objects.visible_to(request.user), pk=workspace_id)


def visible_item(request: HttpRequest, item_id: UUID, kind: str | None = None) -> Item:
    refuse_if_gone(request.user, Item.objects.filter(pk=item_id))
    items = Item.objects.visible_to(request.user).select_related("workspace", "parent", "current_version")
    return get_object_or_404(items.filter(kind=kind) if kind else items, pk=item_id)


def visible_version(request: HttpRequest, version_id: UUID) -> Version:
    refuse_if_gone(request.user, Item.objects.filter(versions=version_id))
    return get_object_or_404(Version.objects.visible_to(request.user), pk=version_id)


def removed_item(request: HttpRequest, item_id: UUID) -> Item:
    refuse_if_gone(request.user, Item.objects.filter(pk=item_id))
    items = Item.objects.select_related("workspace").in_bin(request.user)
    return get_object_or_404(items, pk=item_id)


def visible_removal(request: HttpRequest, removal_id: UUID) -> Removal:
    """Return a removal to those who see its workspace, and to admins, who see of it neither names nor content."""
    user = signed_in(request)
    found = Removal.objects.select_related("item__workspace", "asked_by__institution", "decided_by")
    if user.has_perm(PlatformRight.CONFIRM_REMOVALS.value):
        return get_object_or_404(found, pk=removal_id)
    answer = get_object_or_404(found, pk=removal_id, item__workspace__in=Workspace.objects.visible_to(user))
    require(user, Right.MANAGE, answer.item.workspace)
    return answer


def asked_folder(request: HttpRequest, workspace: Workspace, text: str | None) -> Item | None:
    """Return the folder a parameter names; none means the top of the workspace."""
    if not text:
        return None
    try:
        folder_id = UUID(text)
    except ValueError as error:
        raise Http404 from error
    folders = Item.objects.visible_to(request.user).filter(workspace=workspace).folders()
    return get_object_or_404(folders.select_related("workspace"), pk=folder_id)


def address(thing: Workspace | Item) -> str:
    if isinstance(thing, Workspace):
        return reverse("workspaces:detail", args=[thing.pk])
    return reverse("workspaces:folder" if thing.is_folder else "workspaces:file", args=[thing.pk])


def container_address(item: Item) -> str:
    """Return the page of the folder an item lies in."""
    return address(item.parent or item.workspace)


def crumbs(user: User, thing: Workspace | Item, *more: str) -> Crumbs:
    """Return the way to a thing, and to the named page about it."""
    way: Crumbs = [("Workspaces", reverse("workspaces:list"))]
    if isinstance(thing, Item):
        way.append((thing.workspace.name, address(thing.workspace)))
        way += [(folder.name, address(folder)) for folder in folders_above(user, thing)]
    return [*way, (thing.name, address(thing)), *((label, "") for label in more)]

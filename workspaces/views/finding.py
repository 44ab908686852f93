"""The only doors to the tables: everything is fetched through the eyes of whoever asks, so strangers get 404."""

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
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

M = TypeVar("M", bound=Model)
Crumbs = list[tuple[str, str]]


def signed_in(request: HttpRequest) -> User:
    """Return who is asking; every page of this room is behind the sign-in."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def visible_workspace(request: HttpRequest, workspace_id: UUID) -> Workspace:
    return _found(request, Workspace.objects.all(), Workspace(pk=workspace_id))


def visible_item(request: HttpRequest, item_id: UUID, kind: str | None = None) -> Item:
    items = Item.objects.filter(removed_at=None).select_related("workspace", "parent", "current_version")
    try:
        return _found(request, items.filter(kind=kind) if kind else items, Item(pk=item_id))
    except Http404:
        refuse_if_gone(request.user, Item.objects.filter(pk=item_id))
        raise


def visible_version(request: HttpRequest, version_id: UUID) -> Version:
    versions = Version.objects.filter(file__removed_at=None).select_related("file__workspace", "workspace_key")
    try:
        return _found(request, versions, Version(pk=version_id, file_id=version_id))
    except Http404:
        refuse_if_gone(request.user, Item.objects.filter(versions=version_id))
        raise


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
    folders = Item.objects.filter(workspace=workspace, removed_at=None).folders()
    return _found(request, folders.select_related("workspace"), Item(pk=folder_id))


def _found(request: HttpRequest, among: QuerySet[M], like: M) -> M:
    """Return what has the key of `like`, if it is there and whoever asks may view it.

    About one thing the question is put to a function of the database that keeps its plan; `visible_to` gives the same
    answer about many things, and is planned anew each time. It is asked about what does not exist as well, so that
    nobody can tell the two refusals apart by the time they take.
    """
    # Without an order, which Django takes long to build into a query over several tables.
    found = next(iter(among.filter(pk=like.pk).order_by()), None)
    if not signed_in(request).has_perm(Right.VIEW, found or like) or found is None:
        raise Http404
    return found


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

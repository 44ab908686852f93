"""Who may, and why."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from core.access import require
from sharing import services
from sharing.requests.asking import askable_roles, offered_rights
from sharing.views.fetching import (
    Crumbs,
    get_item,
    get_workspace,
    item_crumbs,
    person_of,
    query_without_page,
    uuid_in,
    workspace_crumbs,
)
from sharing.why.asking_about import find_people, people_to_ask_about, person_asked_about
from sharing.why.seeing import items_seen_by_both, seen_as
from sharing.why.weighing import together, why
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


@require_safe
def why_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    item = get_item(request, item_id)
    may_ask = bool(offered_rights(person_of(request), item))
    ask_url = reverse("sharing:ask_item", args=[item.pk]) if may_ask else ""
    return _page(request, item, item_crumbs(item, ("Why", None)), ask_url)


@require_safe
def why_workspace(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace = get_workspace(request, workspace_id)
    may_ask = bool(askable_roles(person_of(request), workspace))
    ask_url = reverse("sharing:ask_workspace", args=[workspace.pk]) if may_ask else ""
    return _page(request, workspace, workspace_crumbs(workspace, ("Why", None)), ask_url)


@require_safe
def see_as(request: HttpRequest, workspace_id: UUID, person_id: UUID) -> HttpResponse:
    """Show a manager which items somebody else sees, and with which rights. Nothing can be opened from here."""
    workspace, person, folder = place_to_see(request, workspace_id, person_id)
    user = person_of(request)
    services.look_as(actor=user, workspace=workspace, person=person, folder=folder)
    here = reverse("sharing:see_as", args=[workspace.pk, person.pk])
    crumbs = workspace_crumbs(workspace, (f"As {person} sees it", here if folder else None))
    above = Item.objects.visible_to(user).filter(pk__in=folder.path) if folder else []
    steps = {item.pk: item for item in above}
    path = [steps[pk] for pk in folder.path if pk in steps] if folder else []
    crumbs += [(step.name, f"{here}?folder={step.pk}" if step != folder else None) for step in path]
    page = request.GET.get("page")
    context = {
        "workspace": workspace,
        "person": person,
        "folder": folder,
        "crumbs": crumbs,
        "seen": seen_as(person, reader=user, workspace=workspace, folder=folder, page=page),
        "query": query_without_page(request),
    }
    return render(request, "sharing/see_as.html", context)


def place_to_see(request: HttpRequest, workspace_id: UUID, person_id: UUID) -> tuple[Workspace, User, Item | None]:
    """Return the workspace, the person, and the folder that the address names, if it names one.

    Raises:
        Refused: without the right to manage.
        Http404: for whoever could have no access here, and for a folder that one of the two does not see.

    """
    workspace, user = get_workspace(request, workspace_id), person_of(request)
    require(user, Right.MANAGE, workspace)
    person: User = get_object_or_404(people_to_ask_about(workspace), pk=person_id)
    if not (code := request.GET.get("folder")):
        return workspace, person, None
    folders = items_seen_by_both(person, user, workspace).filter(kind=Item.Kind.FOLDER)
    return workspace, person, get_object_or_404(folders, pk=uuid_in(code))


def _page(request: HttpRequest, thing: Workspace | Item, crumbs: Crumbs, ask_url: str) -> HttpResponse:
    user = person_of(request)
    person = person_asked_about(user, thing, request.GET.get("person", ""))
    sought = request.GET.get("q", "")
    may_share = user.has_perm(Right.SHARE, thing)
    context = {
        "thing": thing,
        "crumbs": crumbs,
        "person": person,
        "mine": person.pk == user.pk,
        "answers": together(why(person, thing, reader=user)),
        "ask_url": ask_url,
        "may_share": may_share,
        "see_url": _see_url(user, person, thing),
        "sought": sought,
        "people": find_people(thing, sought) if may_share else [],
    }
    return render(request, "sharing/why.html", context)


def _see_url(user: User, person: User, thing: Workspace | Item) -> str:
    workspace = thing.workspace if isinstance(thing, Item) else thing
    if person.pk == user.pk or not user.has_perm(Right.MANAGE, workspace):
        return ""
    return reverse("sharing:see_as", args=[workspace.pk, person.pk])

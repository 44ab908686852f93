"""Who may, and why."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from sharing.requests.asking import askable_rights, askable_roles
from sharing.views.fetching import Crumbs, get_item, get_workspace, item_crumbs, person_of, workspace_crumbs
from sharing.why.asking_about import find_people, person_asked_about
from sharing.why.weighing import together, why
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


@require_safe
def why_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    item = get_item(request, item_id)
    may_ask = bool(askable_rights(person_of(request), item))
    ask_url = reverse("sharing:ask_item", args=[item.pk]) if may_ask else ""
    return _page(request, item, item_crumbs(item, ("Why", None)), ask_url)


@require_safe
def why_workspace(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace = get_workspace(request, workspace_id)
    may_ask = bool(askable_roles(person_of(request), workspace))
    ask_url = reverse("sharing:ask_workspace", args=[workspace.pk]) if may_ask else ""
    return _page(request, workspace, workspace_crumbs(workspace, ("Why", None)), ask_url)


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
        "sought": sought,
        "people": find_people(thing, sought) if may_share else [],
    }
    return render(request, "sharing/why.html", context)

"""The page on which managers require the spotlight for a workspace, a folder or a file."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core.access import require
from workspaces import services
from workspaces.models import Item, Workspace
from workspaces.permissions import Right
from workspaces.viewer.spotlight import rules_above
from workspaces.views.finding import crumbs, signed_in, visible_item, visible_workspace


@require_http_methods(["GET", "HEAD", "POST"])
def workspace_spotlight(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    return _spotlight(request, visible_workspace(request, workspace_id))


@require_http_methods(["GET", "HEAD", "POST"])
def item_spotlight(request: HttpRequest, item_id: UUID) -> HttpResponse:
    return _spotlight(request, visible_item(request, item_id))


def _spotlight(request: HttpRequest, thing: Workspace | Item) -> HttpResponse:
    user = signed_in(request)
    require(user, Right.MANAGE, thing)
    if request.method == "POST":
        # Only the word that was on the button lifts a rule.
        services.set_spotlight(actor=user, thing=thing, required=request.POST.get("required") != "no")
        messages.success(request, "Saved and recorded. It holds from the next page that somebody opens.")
        return redirect(request.path)
    item = thing if isinstance(thing, Item) else None
    rules = rules_above(thing)
    context = {
        "thing": thing,
        "noun": item.kind if item else "workspace",
        "workspace": item.workspace if item else thing,
        "here": next((rule for rule in rules if rule.item_id == (item.pk if item else None)), None),
        "above": [rule for rule in rules if item and rule.item_id != item.pk],
        "crumbs": crumbs(user, thing, "Spotlight"),
    }
    return render(request, "workspaces/spotlight.html", context)

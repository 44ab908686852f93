"""Saying of what one wants to hear."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from workspaces import services
from workspaces.models import Item, Workspace
from workspaces.views.finding import address, signed_in, visible_item, visible_workspace


@require_POST
def follow_workspace(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    return _follow(request, visible_workspace(request, workspace_id))


@require_POST
def follow_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    return _follow(request, visible_item(request, item_id))


def _follow(request: HttpRequest, thing: Workspace | Item) -> HttpResponse:
    wanted = services.follow(actor=signed_in(request), thing=thing, wanted=request.POST.get("wanted", "yes") != "no")
    told = "You will be told what is new here." if wanted else "You will not be told what is new here."
    messages.success(request, told)
    return redirect(address(thing))

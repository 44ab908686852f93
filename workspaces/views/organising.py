"""Pages about tags, locks and favourites."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import require
from core.errors import Conflict
from workspaces import selectors, services
from workspaces.forms import errors_shown_in
from workspaces.models import Item, Tag, Workspace
from workspaces.organising.forms import LockForm, TagForm
from workspaces.organising.selectors import (
    favourite_items,
    favourite_workspaces,
    locks_on,
    tags_kept_in,
    tags_of,
    tags_shown_to,
)
from workspaces.permissions import Right
from workspaces.undoing.remembering import as_one
from workspaces.views.finding import address, crumbs, signed_in, visible_item, visible_workspace
from workspaces.views.undoing import tell_with_undo

_FIRST_LOCK = timedelta(days=2)


@require_http_methods(["GET", "HEAD", "POST"])
def tag_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """The tags of one thing; putting one on."""
    user, item = signed_in(request), visible_item(request, item_id)
    require(user, Right.EDIT, item)
    form = TagForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with errors_shown_in(form):
            with as_one() as together:
                tag = services.tag_item(actor=user, item=item, name=form.cleaned_data["name"])
            tell_with_undo(request, f"The tag “{tag.name}” stands on it now.", together)
            return redirect("workspaces:tag_item", item_id)
    own = tags_of([item])[item.pk]
    context = {
        "item": item,
        "form": form,
        "tags": own,
        "others": tags_shown_to(user, item.workspace).exclude(pk__in=[tag.pk for tag in own])[:100],
        "here": address(item),
        "crumbs": crumbs(user, item, "Tags"),
    }
    return render(request, "workspaces/tag_item.html", context, status=400 if form.errors else 200)


@require_POST
def untag_item(request: HttpRequest, item_id: UUID, tag_id: UUID) -> HttpResponse:
    item = visible_item(request, item_id)
    tag = get_object_or_404(Tag, pk=tag_id, taggings__item=item)
    with as_one() as together:
        services.untag_item(actor=signed_in(request), item=item, tag=tag)
    tell_with_undo(request, f"The tag “{tag.name}” is off.", together)
    return redirect("workspaces:tag_item", item_id)


@require_safe
def tags(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    user, workspace = signed_in(request), visible_workspace(request, workspace_id)
    require(user, Right.MANAGE, workspace)
    context = {
        "workspace": workspace,
        "may": selectors.may_on(user, workspace),
        "page": Paginator(tags_kept_in(workspace), 100).get_page(request.GET.get("page")),
        "crumbs": crumbs(user, workspace, "Tags"),
    }
    return render(request, "workspaces/tags.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def tag(request: HttpRequest, tag_id: UUID) -> HttpResponse:
    """Rename a tag, or go on to remove it."""
    user, found = signed_in(request), visible_tag(request, tag_id)
    require(user, Right.MANAGE, found.workspace)
    form = TagForm(request.POST if request.method == "POST" else None, initial={"name": found.name})
    if form.is_valid():
        with errors_shown_in(form):
            services.rename_tag(actor=user, tag=found, name=form.cleaned_data["name"])
            messages.success(request, "Saved and recorded.")
            return redirect("workspaces:tags", found.workspace_id)
    context = {"tag": found, "form": form, "crumbs": crumbs(user, found.workspace, f"Tag “{found.name}”")}
    return render(request, "workspaces/tag.html", context, status=400 if form.errors else 200)


@require_POST
def remove_tag(request: HttpRequest, tag_id: UUID) -> HttpResponse:
    found = visible_tag(request, tag_id)
    services.remove_tag(actor=signed_in(request), tag=found)
    messages.success(request, f"The tag “{found.name}” is gone. What had it is as it was.")
    return redirect("workspaces:tags", found.workspace_id)


@require_http_methods(["GET", "HEAD", "POST"])
def lock(request: HttpRequest, item_id: UUID) -> HttpResponse:
    user, file = signed_in(request), visible_item(request, item_id, Item.Kind.FILE)
    require(user, Right.EDIT, file)
    standing = locks_on([file]).get(file.pk)
    mine = standing if standing and standing.holder_id == user.pk else None
    initial = {"until": timezone.now() + _FIRST_LOCK, "reason": mine.reason if mine else ""}
    form = LockForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        with errors_shown_in(form):
            services.lock_file(actor=user, file=file, **form.cleaned_data)
            messages.success(request, "Locked and recorded. Others can read it, but not change it.")
            return redirect(address(file))
    context = {"item": file, "form": form, "cancel_url": address(file), "crumbs": crumbs(user, file, "Lock")}
    return render(request, "workspaces/lock.html", context, status=400 if form.errors else 200)


@require_POST
def lift_lock(request: HttpRequest, item_id: UUID) -> HttpResponse:
    file = visible_item(request, item_id, Item.Kind.FILE)
    try:
        services.lift_lock(actor=signed_in(request), file=file)
    except Conflict as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, "The lock is lifted.")
    return redirect(address(file))


@require_safe
def favourites(request: HttpRequest) -> HttpResponse:
    """What somebody keeps at hand; what they may not view any more is left out without a word."""
    user = signed_in(request)
    page = Paginator(favourite_items(user), selectors.PAGE).get_page(request.GET.get("page"))
    rows = selectors.with_places(user, selectors.with_marks([selectors.Row(item, {}) for item in page]))
    context = {"workspaces": favourite_workspaces(user)[:100], "page": page, "rows": rows}
    return render(request, "workspaces/favourites.html", context)


@require_POST
def favourite_workspace(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    return _keep(request, visible_workspace(request, workspace_id))


@require_POST
def favourite_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    return _keep(request, visible_item(request, item_id))


def visible_tag(request: HttpRequest, tag_id: UUID) -> Tag:
    """Return a tag to those who see its workspace; only managers are let further."""
    tags_there = Tag.objects.select_related("workspace")
    return get_object_or_404(tags_there, pk=tag_id, workspace__in=Workspace.objects.visible_to(request.user))


def _keep(request: HttpRequest, thing: Workspace | Item) -> HttpResponse:
    wanted = request.POST.get("wanted", "yes") != "no"
    try:
        kept = services.keep_at_hand(actor=signed_in(request), thing=thing, wanted=wanted)
    except Conflict as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, "It is among your favourites." if kept else "It is not among your favourites.")
    return redirect(address(thing))

"""Pages about one file or folder."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import require
from core.errors import Conflict, InvalidInput
from ledger_bridge.trails import open_trail
from workspaces import selectors, services
from workspaces.conversation.audience import hears_of
from workspaces.conversation.selectors import count_of
from workspaces.forms import ItemForm, errors_shown_in
from workspaces.integrity.scrubbing import damage
from workspaces.models import Item
from workspaces.organising.selectors import is_favourite, locks_on, tags_of
from workspaces.participants.selectors import marks_on
from workspaces.permissions import Right
from workspaces.terms.rules import unread_terms
from workspaces.undoing.remembering import as_one
from workspaces.viewer.kinds import shows
from workspaces.views.finding import (
    address,
    asked_folder,
    container_address,
    crumbs,
    removed_item,
    signed_in,
    visible_item,
)
from workspaces.views.undoing import tell_with_undo


@require_safe
def file(request: HttpRequest, item_id: UUID) -> HttpResponse:
    user = signed_in(request)
    item = visible_item(request, item_id, Item.Kind.FILE)
    versions = selectors.list_versions(user, item)
    newest = versions[0]
    lock = locks_on([item]).get(item.pk)
    context = {
        "item": item,
        "workspace": item.workspace,
        "versions": versions,
        "newest": newest,
        "is_shown": shows(newest.version),
        "may": selectors.may_on(user, item),
        "comments": count_of(item),
        "participants": marks_on(item, asker=user),
        "follows": hears_of(user, item),
        "lock": lock,
        "lock_is_own": lock is not None and lock.holder_id == user.pk,
        "tags": tags_of([item])[item.pk],
        "is_favourite": is_favourite(user, item),
        "terms": unread_terms(user, item.workspace),
        "terms_url": f"{reverse('workspaces:terms', args=[item.workspace_id])}?file={item.pk}",
        "damaged": bool(damage(newest.version)),
        "crumbs": crumbs(user, item),
    }
    return render(request, "workspaces/file.html", context)


@require_safe
def trail(request: HttpRequest, item_id: UUID) -> HttpResponse:
    user = signed_in(request)
    item = visible_item(request, item_id)
    context = {
        "item": item,
        "crumbs": crumbs(user, item, "Trail"),
        **open_trail(request, subject=item, right=Right.TRAIL),
    }
    return render(request, "workspaces/item_trail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, item_id: UUID) -> HttpResponse:
    user = signed_in(request)
    item = visible_item(request, item_id)
    require(user, Right.EDIT, item)
    form = ItemForm(request.POST or None, initial={"name": item.name, "description": item.description})
    if form.is_valid():
        with errors_shown_in(form):
            with as_one() as together:
                services.rename_item(actor=user, item=item, name=form.cleaned_data["name"])
                services.describe_item(actor=user, item=item, description=form.cleaned_data["description"])
            tell_with_undo(request, "Saved and recorded.", together)
            return redirect(address(item))
    context = {
        "form": form,
        "item": item,
        "crumbs": crumbs(user, item, "Rename or describe"),
        "cancel_url": address(item),
    }
    return render(request, "workspaces/edit.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """A folder picker: links lead through the folders, one button moves the item to where one is."""
    user = signed_in(request)
    item = visible_item(request, item_id)
    require(user, Right.EDIT, item)
    target = asked_folder(request, item.workspace, request.GET.get("to"))
    problem = ""
    if request.method == "POST":
        try:
            with as_one() as together:
                services.move_item(actor=user, item=item, parent=target)
        except (InvalidInput, Conflict) as error:
            problem = error.sentence
        else:
            tell_with_undo(request, f"“{item.name}” is here now.", together)
            return redirect(address(target or item.workspace))
    context = {
        "item": item,
        "target": target,
        "target_way": selectors.folders_above(user, target) if target else [],
        "folders": [one for one in selectors.subfolders(user, item.workspace, target) if one.id != item.id],
        "may_here": selectors.may_on(user, target or item.workspace)["upload"],
        "is_here": item.parent_id == (target.id if target else None),
        "problem": problem,
        "crumbs": crumbs(user, item, "Move"),
        "cancel_url": address(item),
    }
    return render(request, "workspaces/move.html", context, status=400 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, item_id: UUID) -> HttpResponse:
    user = signed_in(request)
    item = visible_item(request, item_id)
    require(user, Right.EDIT, item)
    if request.method == "POST":
        try:
            with as_one() as together:
                services.remove_item(actor=user, item=item)
        except Conflict as error:
            messages.error(request, error.sentence)
            return redirect(address(item))
        tell_with_undo(request, f"“{item.name}” is in the bin. It can be restored from there.", together)
        return redirect(container_address(item))
    context = {"item": item, "crumbs": crumbs(user, item, "Remove"), "cancel_url": address(item)}
    return render(request, "workspaces/remove.html", context)


@require_POST
def restore(request: HttpRequest, item_id: UUID) -> HttpResponse:
    item = removed_item(request, item_id)
    try:
        with as_one() as together:
            services.restore_item(actor=signed_in(request), item=item)
    except Conflict as error:
        messages.error(request, error.sentence)
        return redirect("workspaces:bin", item.workspace_id)
    tell_with_undo(request, f"“{item.name}” is back where it was.", together)
    return redirect(address(item))

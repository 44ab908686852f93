"""Pages about removing for good, and about how long a workspace keeps files."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import Right as PlatformRight
from accounts.stepup import requires_recent_authentication
from core.access import require
from core.errors import Conflict, InvalidInput
from workspaces import selectors, services
from workspaces.asking import managers_of
from workspaces.forms import AnswerForm, RemovalForm, RetentionForm, errors_shown_in
from workspaces.models import Removal, Workspace
from workspaces.permissions import Right
from workspaces.removal.rules import days_kept, extent_of, extents_of, kept_until
from workspaces.removal.selectors import removals_for_admins, shown_name
from workspaces.views.finding import crumbs, removed_item, signed_in, visible_removal, visible_workspace


@require_http_methods(["GET", "HEAD", "POST"])
def remove_for_good(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Ask for it; another page is where the second person answers."""
    user, item = signed_in(request), removed_item(request, item_id)
    require(user, Right.MANAGE, item.workspace)
    form = RemovalForm(request.POST or None)
    if form.is_valid():
        with errors_shown_in(form):
            services.ask_for_removal(actor=user, item=item, reason=form.cleaned_data["reason"])
            messages.success(request, "A second person must confirm. Until then nothing is lost.")
            return redirect("workspaces:bin", item.workspace_id)
    context = {
        "form": form,
        "item": item,
        "extent": extent_of(item),
        "until": kept_until(item),
        "days": days_kept(item.workspace),
        "by_admin": not managers_of(item.workspace) - {user.pk},
        "crumbs": [*crumbs(user, item.workspace), ("Bin", _bin(item.workspace)), ("Remove for good", "")],
        "cancel_url": _bin(item.workspace),
    }
    return render(request, "workspaces/remove_for_good.html", context, status=400 if form.errors else 200)


@require_safe
def removals(request: HttpRequest) -> HttpResponse:
    """What waits for a commission admin, because nobody in the workspace can answer."""
    require(signed_in(request), PlatformRight.CONFIRM_REMOVALS)
    found = removals_for_admins()
    extents = extents_of([one.item for one in found])
    rows = [{"removal": one, "extent": extents[one.item_id]} for one in found]
    return render(request, "workspaces/removals.html", {"rows": rows})


@requires_recent_authentication
@require_http_methods(["GET", "HEAD", "POST"])
def removal(request: HttpRequest, removal_id: UUID) -> HttpResponse:
    """Show what would go, and why; on POST destroy its keys."""
    user, found = signed_in(request), visible_removal(request, removal_id)
    item = found.item
    if request.method == "POST":
        services.confirm_removal(actor=user, removal=found)
        messages.success(request, "Removed for good. Its keys are destroyed, and nothing here can open it any more.")
        return redirect(_way_back(user, found))
    workspace = item.workspace
    others = managers_of(workspace) - {found.asked_by_id}
    context = {
        "removal": found,
        "item": item,
        "name": shown_name(user, item),
        "extent": extent_of(item),
        "is_own": found.asked_by_id == user.pk,
        "for_managers": bool(others) and not _manages(user, workspace),
        "answer": AnswerForm(),
        "back": _way_back(user, found),
    }
    return render(request, "workspaces/removal.html", context)


@require_POST
def decline(request: HttpRequest, removal_id: UUID) -> HttpResponse:
    user, found = signed_in(request), visible_removal(request, removal_id)
    try:
        services.decline_removal(actor=user, removal=found, answer=request.POST.get("answer", ""))
    except (InvalidInput, Conflict) as error:
        messages.error(request, error.sentence)
        return redirect("workspaces:removal", removal_id)
    messages.success(request, "Nothing is removed. It stays in the bin.")
    return redirect(_way_back(user, found))


@require_POST
def retention(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    user, workspace = signed_in(request), visible_workspace(request, workspace_id)
    require(user, Right.MANAGE, workspace)
    form = RetentionForm(request.POST)
    if form.is_valid():
        with errors_shown_in(form):
            services.set_retention(actor=user, workspace=workspace, **form.cleaned_data)
            messages.success(request, "Saved and recorded.")
            return redirect("workspaces:settings", workspace_id)
    context = {"form": form, "workspace": workspace, "crumbs": crumbs(user, workspace, "Retention")}
    return render(request, "workspaces/retention.html", context, status=400)


def retention_form(workspace: Workspace) -> RetentionForm:
    return RetentionForm(initial={"keep_days": days_kept(workspace), "propose_after": workspace.propose_after})


def _manages(user: User, workspace: Workspace) -> bool:
    return selectors.may_on(user, workspace)["manage"]


def _way_back(user: User, found: Removal) -> str:
    workspace = found.item.workspace
    return _bin(workspace) if _manages(user, workspace) else reverse("workspaces:removals")


def _bin(workspace: Workspace) -> str:
    return reverse("workspaces:bin", args=[workspace.pk])

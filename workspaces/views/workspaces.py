"""Pages about workspaces and the folders in them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Right as PlatformRight
from core.access import require
from ledger_bridge.trails import open_trail
from workspaces import quotas, selectors, services
from workspaces.conversation.audience import hears_of
from workspaces.forms import FolderForm, ItemSearchForm, SearchForm, WorkspaceForm, errors_shown_in
from workspaces.models import Item, Workspace
from workspaces.organising.selectors import is_favourite, tags_of, tags_shown_to
from workspaces.permissions import Right
from workspaces.removal.selectors import marks_in_bin, removed_for_good
from workspaces.terms.rules import standing_terms, unread_terms
from workspaces.viewer.spotlight import rules_above
from workspaces.views.finding import address, asked_folder, crumbs, signed_in, visible_item, visible_workspace
from workspaces.views.removals import retention_form


@require_safe
def workspace_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    search = SearchForm(request.GET, sorts=selectors.WORKSPACE_SORTS)
    listing = selectors.list_workspaces(user, **_asked(search), page=request.GET.get("page", 1))
    context = {
        "search": search,
        "listing": listing,
        "may_create": user.has_perm(PlatformRight.CREATE_WORKSPACES.value),
        "query": _query(request),
    }
    return render(request, "workspaces/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require(user, PlatformRight.CREATE_WORKSPACES)
    form = WorkspaceForm(request.POST or None)
    if form.is_valid():
        with errors_shown_in(form):
            workspace = services.create_workspace(actor=user, **form.cleaned_data)
            messages.success(request, f"The workspace “{workspace.name}” is yours. Only you can see it so far.")
            return redirect(address(workspace))
    return render(request, "workspaces/create.html", {"form": form}, status=_status(form))


@require_safe
def detail(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    return _listing_page(request, visible_workspace(request, workspace_id), None)


@require_safe
def folder(request: HttpRequest, item_id: UUID) -> HttpResponse:
    found = visible_item(request, item_id, Item.Kind.FOLDER)
    return _listing_page(request, found.workspace, found)


@require_http_methods(["GET", "HEAD", "POST"])
def new_folder(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    user = signed_in(request)
    workspace = visible_workspace(request, workspace_id)
    parent = asked_folder(request, workspace, request.GET.get("folder"))
    require(user, Right.UPLOAD, parent or workspace)
    form = FolderForm(request.POST or None)
    if form.is_valid():
        with errors_shown_in(form):
            made = services.create_folder(actor=user, workspace=workspace, parent=parent, **form.cleaned_data)
            messages.success(request, f"The folder “{made.name}” is there.")
            return redirect(address(made))
    context = {
        "form": form,
        "crumbs": crumbs(user, parent or workspace, "New folder"),
        "cancel_url": address(parent or workspace),
    }
    return render(request, "workspaces/new_folder.html", context, status=_status(form))


@require_safe
def recycle_bin(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    user = signed_in(request)
    workspace = visible_workspace(request, workspace_id)
    listing = selectors.list_bin(user, workspace, page=request.GET.get("page", 1))
    context = {
        "workspace": workspace,
        "listing": listing,
        "may": listing.may,
        "rows": _with_marks(workspace, listing.rows),
        "removed": removed_for_good(workspace),
        "can_restore": listing.some_may["edit"] and workspace.archived_at is None,
        "all_chosen": request.GET.get("chosen") == "all",
        "crumbs": crumbs(user, workspace, "Bin"),
    }
    return render(request, "workspaces/bin.html", context)


@require_safe
def trail(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    user = signed_in(request)
    workspace = visible_workspace(request, workspace_id)
    context = {
        "workspace": workspace,
        "may": selectors.may_on(user, workspace),
        "crumbs": crumbs(user, workspace, "Trail"),
        **open_trail(request, subject=workspace, right=Right.TRAIL),
    }
    return render(request, "workspaces/trail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    user = signed_in(request)
    workspace = visible_workspace(request, workspace_id)
    require(user, Right.MANAGE, workspace)
    initial = {"name": workspace.name, "description": workspace.description}
    form = WorkspaceForm(request.POST or None, initial=initial)
    if form.is_valid():
        with errors_shown_in(form):
            words = form.cleaned_data
            services.rename_workspace(actor=user, workspace=workspace, name=words["name"])
            services.describe_workspace(actor=user, workspace=workspace, description=words["description"])
            messages.success(request, "Saved and recorded.")
            return redirect("workspaces:settings", workspace_id)
    context = {
        "form": form,
        "retention": retention_form(workspace),
        "workspace": workspace,
        "terms": standing_terms(workspace),
        "spotlight": bool(rules_above(workspace)),
        "room": quotas.use_of(workspace),
        "may": selectors.may_on(user, workspace),
        "crumbs": crumbs(user, workspace, "Settings"),
    }
    return render(request, "workspaces/settings.html", context, status=_status(form))


@require_POST
def mail_names(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace, allowed = visible_workspace(request, workspace_id), request.POST.get("allowed") == "yes"
    services.allow_names_in_mails(actor=signed_in(request), workspace=workspace, allowed=allowed)
    messages.success(request, "Saved and recorded.")
    return redirect("workspaces:settings", workspace_id)


@require_POST
def archive(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace = visible_workspace(request, workspace_id)
    services.archive_workspace(actor=signed_in(request), workspace=workspace)
    messages.success(request, "The workspace is archived: it can be read, but not changed.")
    return redirect("workspaces:settings", workspace_id)


@require_POST
def reopen(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace = visible_workspace(request, workspace_id)
    services.reopen_workspace(actor=signed_in(request), workspace=workspace)
    messages.success(request, "The workspace is open for changes again.")
    return redirect("workspaces:settings", workspace_id)


def _listing_page(request: HttpRequest, workspace: Workspace, within: Item | None) -> HttpResponse:
    user = signed_in(request)
    search = ItemSearchForm(request.GET, tags=tags_shown_to(user, workspace))
    tag = search.cleaned_data.get("tag") if search.is_valid() else None
    listing = selectors.list_items(user, workspace, within, **_asked(search), tag=tag, page=request.GET.get("page", 1))
    here = within or workspace
    upload_url = reverse("workspaces:upload", args=[workspace.id])
    new_folder_url = reverse("workspaces:new_folder", args=[workspace.id])
    inside = f"?folder={within.id}" if within else ""
    context = {
        "workspace": workspace,
        "folder": within,
        "here": here,
        "listing": listing,
        "search": search,
        "query": _query(request),
        "may": listing.may,
        "crumbs": crumbs(user, here),
        "terms": unread_terms(user, workspace),
        "follows": hears_of(user, here),
        "is_favourite": is_favourite(user, here),
        "tags": tags_of([within])[within.pk] if within else [],
        "upload_url": upload_url + inside,
        "new_folder_url": new_folder_url + inside,
        "all_chosen": request.GET.get("chosen") == "all",
        "can_choose": _can_choose(workspace, listing.some_may),
    }
    return render(request, "workspaces/detail.html", context)


def _can_choose(workspace: Workspace, some_may: selectors.May) -> bool:
    """Whether there is anything that the person could do with what they tick."""
    may_edit = some_may["edit"] and workspace.archived_at is None
    return some_may["download"] or some_may["share"] or may_edit


def _with_marks(workspace: Workspace, rows: list[selectors.Row]) -> list[dict[str, Any]]:
    marks = marks_in_bin(workspace, [row.thing for row in rows])
    return [{"row": row, "mark": marks[row.thing.pk]} for row in rows]


def _asked(search: SearchForm) -> dict[str, Any]:
    """Return what the search form asks for; nonsense in the address shows the ordinary page."""
    words = search.cleaned_data if search.is_valid() else {}
    return {"query": words.get("q", "").strip(), "sort": words.get("sort") or "name"}


def _query(request: HttpRequest) -> str:
    """Return the query string without the page number, and what is chosen on it, for the links to other pages."""
    parameters = request.GET.copy()
    parameters.pop("page", None)
    parameters.pop("chosen", None)
    return parameters.urlencode()


def _status(form: Any) -> int:
    return 400 if form.errors else 200

"""Pages on which the terms of a workspace are read and acknowledged, and set."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.access import require
from core.errors import Conflict
from workspaces import services
from workspaces.forms import errors_shown_in
from workspaces.models import Item, Terms, Workspace
from workspaces.permissions import Right
from workspaces.terms.forms import AcknowledgeTermsForm, TermsForm
from workspaces.terms.rules import not_yet_acknowledged, standing_terms
from workspaces.views.finding import address, crumbs, signed_in, visible_workspace

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """The terms as they are now, and acknowledging them."""
    user, workspace = signed_in(request), visible_workspace(request, workspace_id)
    standing = standing_terms(workspace)
    form = AcknowledgeTermsForm(request.POST or None)
    if request.method == "POST":
        # The words that were on the page: others may stand by now.
        read = named_terms(workspace, request.POST.get("terms", ""))
        if form.is_valid() or not read.asks_purpose:
            with errors_shown_in(form):
                purpose = form.cleaned_data.get("purpose", "")
                services.acknowledge_terms(actor=user, terms=read, purpose=purpose)
                messages.success(request, "Acknowledged and recorded.")
                return redirect(_back(request, workspace))
    context = {
        "workspace": workspace,
        "terms": standing,
        "given": standing and standing.given.filter(person=user).first(),
        "form": form,
        "back_url": _back(request, workspace),
        "may_change": user.has_perm(Right.MANAGE, workspace),
        "crumbs": crumbs(user, workspace, "Terms of use"),
    }
    return render(request, "workspaces/terms.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def set_terms(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Setting other terms; who has acknowledged those that stand, and what for."""
    user, workspace = signed_in(request), visible_workspace(request, workspace_id)
    require(user, Right.MANAGE, workspace)
    standing = standing_terms(workspace)
    initial = {"text": standing.text, "asks_purpose": standing.asks_purpose} if standing else {}
    form = TermsForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        with errors_shown_in(form):
            services.set_terms(actor=user, workspace=workspace, **form.cleaned_data)
            messages.success(request, "Set and recorded. Files open for those who have acknowledged these terms.")
            return redirect("workspaces:set_terms", workspace.pk)
    context: dict[str, Any] = {
        "workspace": workspace,
        "terms": standing,
        "form": form,
        "crumbs": crumbs(user, workspace, "Terms of use"),
    }
    if standing is not None:
        given = standing.given.select_related("person__institution").order_by("-at", "-pk")
        context["page"] = Paginator(given, PAGE).get_page(request.GET.get("page"))
        context["missing"] = not_yet_acknowledged(standing)
    return render(request, "workspaces/set_terms.html", context, status=400 if form.errors else 200)


@require_POST
def withdraw_terms(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace = visible_workspace(request, workspace_id)
    services.withdraw_terms(actor=signed_in(request), workspace=workspace)
    messages.success(request, "Files open without terms now. What was acknowledged stays recorded.")
    return redirect("workspaces:set_terms", workspace.pk)


def named_terms(workspace: Workspace, text: str) -> Terms:
    try:
        return Terms.objects.select_related("workspace").get(workspace=workspace, pk=UUID(text))
    except (ValueError, Terms.DoesNotExist) as error:
        raise Conflict(services.TERMS_CHANGED) from error


def _back(request: HttpRequest, workspace: Workspace) -> str:
    """Return where whoever reads the terms came from: a file that did not open, or the workspace."""
    try:
        wanted = UUID(request.GET.get("file", ""))
    except ValueError:
        return address(workspace)
    file = Item.objects.visible_to(request.user).files().filter(workspace=workspace, pk=wanted).first()
    return address(file or workspace)

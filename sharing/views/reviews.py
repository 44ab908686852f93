"""Reviews of access: planning and starting them, and answering line by line."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import require
from core.errors import Conflict
from sharing import services
from sharing.forms import attempt
from sharing.models import ReviewLine
from sharing.reviews import selectors
from sharing.reviews.forms import PlanForm
from sharing.selectors.grants import only_row
from sharing.views.fetching import confirm, get_workspace, person_of, query_without_page, workspace_crumbs
from sharing.views.previewing import foresee
from sharing.why.previewing import people_behind
from workspaces.models import Workspace
from workspaces.permissions import Right

PAGE_SIZE = 50


@require_safe
def review(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace = managed_workspace(request, workspace_id)
    return _page(request, workspace, PlanForm(every_days=_every(workspace)))


@require_POST
def start(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace = managed_workspace(request, workspace_id)
    try:
        services.start_review(actor=person_of(request), workspace=workspace)
    except Conflict as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, "The review has begun. Say of each line whether it is still needed.")
    return redirect("sharing:review", workspace.pk)


@require_POST
def plan(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace = managed_workspace(request, workspace_id)
    form = PlanForm(request.POST, every_days=_every(workspace))
    if form.is_valid() and attempt(
        form,
        lambda: services.plan_reviews(
            actor=person_of(request), workspace=workspace, every_days=form.cleaned_data["every_days"] or None
        ),
    ):
        messages.success(request, "It has been planned, and recorded.")
        return redirect("sharing:review", workspace.pk)
    return _page(request, workspace, form)


@require_POST
def keep(request: HttpRequest, line_id: UUID) -> HttpResponse:
    line = get_line(request, line_id)
    try:
        services.keep_grant(actor=person_of(request), line=line)
    except Conflict as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, "It stays as it is. That it was looked at has been recorded.")
    return redirect("sharing:review", line.review.workspace_id)


@require_http_methods(["GET", "HEAD", "POST"])
def take(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """Ask, with what would change, before something is taken away."""
    line = get_line(request, line_id)
    user, workspace = person_of(request), line.review.workspace
    back = reverse("sharing:review", args=[workspace.pk])
    row = only_row(user, workspace, line.grant)
    if row is None or line.answer:
        messages.info(request, "This does not wait for an answer any more.")
        return redirect(back)
    if request.method == "POST":
        services.take_grant(actor=user, line=line)
        messages.success(request, f"{row.holder_name} has lost it: {row.what}. It has been recorded.")
        return redirect(back)
    deed = partial(services.take_grant, actor=user, line=line)
    ahead = foresee(request, deed, people=people_behind(row.receiver()), workspaces=[workspace])
    title = "Take access away"
    question = f"{row.what}, given to {row.holder_name}, ends at once. What they have downloaded stays with them."
    crumbs = workspace_crumbs(workspace, ("Review", back), (title, None))
    return confirm(request, title=title, question=question, label=title, back=back, crumbs=crumbs, **ahead)


def managed_workspace(request: HttpRequest, workspace_id: UUID) -> Workspace:
    workspace = get_workspace(request, workspace_id)
    require(person_of(request), Right.MANAGE, workspace)
    return workspace


def get_line(request: HttpRequest, line_id: UUID) -> ReviewLine:
    """Return a line of a review in a workspace that the person manages."""
    lines = ReviewLine.objects.visible_to(request.user).select_related("review__workspace")
    line: ReviewLine = get_object_or_404(lines, pk=line_id)
    require(person_of(request), Right.MANAGE, line.review.workspace)
    return line


def _page(request: HttpRequest, workspace: Workspace, form: PlanForm) -> HttpResponse:
    user, running = person_of(request), selectors.open_review(workspace)
    waiting: Any = selectors.waiting_in(user, running) if running else []
    found: Page[Any] = Paginator(waiting, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "workspace": workspace,
        "crumbs": workspace_crumbs(workspace, ("Review", None)),
        "review": running,
        "page": found,
        "query": query_without_page(request),
        "rows": selectors.line_rows(user, running, found.object_list) if running else [],
        "past": selectors.past_reviews(workspace),
        "plan": selectors.plan_of(workspace),
        "form": form,
    }
    return render(request, "sharing/review.html", context, status=400 if form.errors else 200)


def _every(workspace: Workspace) -> int:
    plan = selectors.plan_of(workspace)
    return plan.every_days if plan else 0

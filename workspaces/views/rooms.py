"""Pages about how much may be stored."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Institution
from accounts.permissions import Right as PlatformRight
from core.access import require
from workspaces import quotas, selectors, services
from workspaces.forms import LimitForm
from workspaces.models import StorageUse
from workspaces.permissions import Right
from workspaces.views.finding import crumbs, signed_in, visible_workspace

_GIB = 1024**3


@require_http_methods(["GET", "HEAD", "POST"])
def workspace_limit(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    user, workspace = signed_in(request), visible_workspace(request, workspace_id)
    require(user, Right.MANAGE, workspace)
    rows = quotas.use_of(workspace)
    form = LimitForm(request.POST if request.method == "POST" else None, initial=_shown(rows[-1]))
    if form.is_valid():
        services.set_workspace_limit(actor=user, workspace=workspace, limit=form.cleaned_data["limit"])
        messages.success(request, "The room of this workspace is changed and recorded.")
        return redirect("workspaces:settings", workspace_id)
    context = {
        "form": form,
        "room": rows,
        "name": workspace.name,
        "crumbs": crumbs(user, workspace, "Room"),
        "cancel_url": request.path.replace("/room/", "/settings/"),
    }
    return render(request, "workspaces/limit.html", context, status=400 if form.errors else 200)


@require_safe
def institutions(request: HttpRequest) -> HttpResponse:
    require(signed_in(request), PlatformRight.MANAGE_INSTITUTIONS)
    page = Paginator(Institution.objects.order_by("name", "id"), selectors.PAGE).get_page(request.GET.get("page", 1))
    used = {use.institution_id: use for use in StorageUse.objects.filter(institution__in=page.object_list)}
    rows = [(one, used.get(one.pk) or StorageUse(institution=one)) for one in page.object_list]
    return render(request, "workspaces/rooms.html", {"rows": rows, "page_obj": page})


@require_http_methods(["GET", "HEAD", "POST"])
def institution_limit(request: HttpRequest, institution_id: UUID) -> HttpResponse:
    user = signed_in(request)
    require(user, PlatformRight.MANAGE_INSTITUTIONS)
    institution = get_object_or_404(Institution, pk=institution_id)
    use = StorageUse.objects.filter(institution=institution).first() or StorageUse(institution=institution)
    form = LimitForm(request.POST if request.method == "POST" else None, initial=_shown(use))
    if form.is_valid():
        services.set_institution_limit(actor=user, institution=institution, limit=form.cleaned_data["limit"])
        messages.success(request, f"The room of “{institution.name}” is changed and recorded.")
        return redirect("workspaces:rooms")
    context = {"form": form, "room": [use], "name": institution.name, "cancel_url": "../"}
    return render(request, "workspaces/limit.html", context, status=400 if form.errors else 200)


def _shown(use: StorageUse) -> dict[str, float | None]:
    return {"limit": None if use.limit is None else round(use.limit / _GIB, 3)}

"""The conditions of a workspace: from where and when access can be given to hold."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import Conflict
from sharing import services
from sharing.forms import ConditionForm, attempt, zone_of
from sharing.models import Condition
from sharing.views.fetching import get_shared_workspace, person_of, workspace_crumbs


@require_http_methods(["GET", "HEAD", "POST"])
def conditions(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """The conditions there are, and making another one."""
    workspace, user = get_shared_workspace(request, workspace_id), person_of(request)
    form = ConditionForm(request.POST if request.method == "POST" else None, initial={"zone": zone_of(user).key})
    if form.is_valid() and attempt(form, lambda: services.make_condition(actor=user, workspace=workspace, **form.said)):
        messages.success(request, "The condition is there and recorded. Access can be given under it from now on.")
        return redirect("sharing:conditions", workspace.pk)
    context = {
        "workspace": workspace,
        "conditions": workspace.conditions.select_related("made_by"),
        "form": form,
        "crumbs": workspace_crumbs(workspace, ("Conditions", None)),
    }
    return render(request, "sharing/conditions.html", context, status=400 if form.errors else 200)


@require_POST
def remove_condition(request: HttpRequest, workspace_id: UUID, condition_id: UUID) -> HttpResponse:
    workspace = get_shared_workspace(request, workspace_id)
    found = get_object_or_404(Condition.objects.select_related("workspace"), workspace=workspace, pk=condition_id)
    try:
        services.remove_condition(actor=person_of(request), condition=found)
        messages.success(request, f"The condition “{found.name}” is removed. It has been recorded.")
    except Conflict as error:
        messages.error(request, error.sentence)
    return redirect("sharing:conditions", workspace.pk)

"""Permission sets: the list, making one, changing one with a look at who gains and loses, retiring one."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core.access import require
from core.errors import Conflict
from sharing import services
from sharing.forms import attempt
from sharing.models import PermissionSet
from sharing.permissions import Right as SharingRight
from sharing.sets.forms import SetForm
from sharing.sets.selectors import set_rows
from sharing.sets.using import people_with, workspaces_with
from sharing.views.fetching import Crumbs, confirm, person_of
from sharing.why.previewing import Preview, preview
from workspaces.models import Workspace

_SURE = "sure"


@require_safe
def permission_sets(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    may_define = user.institution is not None and user.has_perm(SharingRight.DEFINE_SETS, user.institution)
    context = {"rows": set_rows(user), "may_define": may_define, "institution": user.institution}
    return render(request, "sharing/sets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_set(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    institution = user.institution
    if institution is None:
        raise Http404
    require(user, SharingRight.DEFINE_SETS, institution)
    form = SetForm(request.POST or None)
    if form.is_valid() and attempt(
        form, lambda: services.make_permission_set(actor=user, institution=institution, **form.said)
    ):
        messages.success(request, f"“{form.said['name']}” can be given from now on. It has been recorded.")
        return redirect("sharing:sets")
    context = {"title": "New permission set", "label": "Make it", "form": form, "crumbs": _crumbs("New permission set")}
    context |= {"back": reverse("sharing:sets"), "lede": f"It can be given in the workspaces of {institution}."}
    return render(request, "sharing/form.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def change_set(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """Save a change that takes or gives nothing at once; any other only after it was shown who gains and loses."""
    found = _get(request, set_id)
    user = person_of(request)
    require(user, SharingRight.CHANGE_SET, found)
    initial = {"name": found.name, "description": found.description, "rights": found.rights}
    form = SetForm(request.POST or None, initial=initial)
    context: dict[str, Any] = {"found": found, "form": form, "crumbs": _crumbs(found.name)}
    if form.is_valid():
        deed = partial(services.change_permission_set, actor=user, permission_set=found, **form.said)
        sure = ",".join(right.codename for right in form.said["rights"])
        seen: list[Preview] = []
        if request.POST.get(_SURE) != sure and attempt(form, lambda: seen.append(_foresee(request, found, deed))):
            context |= {"preview": seen[0], "sure": sure}
        nothing_changes = bool(seen) and not seen[0].changes and not seen[0].left_out
        if not form.errors and (not seen or nothing_changes) and attempt(form, deed):
            messages.success(request, f"“{form.said['name']}” has been changed. It has been recorded.")
            return redirect("sharing:sets")
    return render(request, "sharing/set.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def retire_set(request: HttpRequest, set_id: UUID) -> HttpResponse:
    found = _get(request, set_id)
    user = person_of(request)
    require(user, SharingRight.CHANGE_SET, found)
    if request.method == "POST":
        try:
            services.retire_permission_set(actor=user, permission_set=found)
        except Conflict as error:
            messages.error(request, error.sentence)
        else:
            messages.success(request, f"“{found}” is given no more. It has been recorded.")
        return redirect("sharing:sets")
    question = f"Nobody is given “{found}” any more. Whoever has it keeps it, until it ends or is taken away."
    back, crumbs = reverse("sharing:sets"), _crumbs("Retire a permission set")
    title = "Retire a permission set"
    return confirm(request, title=title, question=question, label="Retire", back=back, crumbs=crumbs)


def _foresee(request: HttpRequest, found: PermissionSet, deed: partial[PermissionSet]) -> Preview:
    reached = Workspace.objects.filter(pk__in=workspaces_with(found)).order_by("name")
    return preview(deed, actor=person_of(request), people=people_with(found), workspaces=reached)


def _get(request: HttpRequest, set_id: UUID) -> PermissionSet:
    mine = PermissionSet.objects.visible_to(request.user).in_use().select_related("institution", "permission")
    return get_object_or_404(mine, pk=set_id)


def _crumbs(last: str) -> Crumbs:
    return [("Permission sets", reverse("sharing:sets")), (last, None)]

"""The auditor's export."""

from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.access import Actor, require
from ledger_bridge.access import requires_step_up
from ledger_bridge.filters import EVERYTHING
from ledger_bridge.finding import finder_for
from ledger_bridge.forms import ExportForm
from ledger_bridge.permissions import Right
from ledger_bridge.selectors import COUNTED_UP_TO
from ledger_bridge.services import export_trail, preview_export


@require_http_methods(["GET", "POST"])
@requires_step_up
def export(request: HttpRequest) -> HttpResponseBase:
    """Say what the export will hold; on POST stream it. The filters stand in the address, as on the trail's page."""
    actor = cast("Actor", request.user)
    require(actor, Right.EXPORT_TRAILS)
    form = ExportForm(_asked(request), finder=finder_for(actor, EVERYTHING))
    if not form.is_valid():
        return _page(request, form, status=400)
    return _download(actor, form) if request.method == "POST" else _page(request, form)


def _asked(request: HttpRequest) -> QueryDict:
    """Return the filters from the address, and on POST what the form on the page says of leaving out."""
    if request.method != "POST":
        return request.GET
    asked = request.GET.copy()
    asked.setlist("hide", request.POST.getlist("hide"))
    return asked


def _download(actor: Actor, form: ExportForm) -> HttpResponseBase:
    made = export_trail(actor=actor, filters=form.filters())
    response = StreamingHttpResponse(made.chunks, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return response


def _page(request: HttpRequest, form: ExportForm, status: int = 200) -> HttpResponse:
    query = request.GET.urlencode()
    trail_url = f"{reverse('ledger:trail')}?{query}"
    context = {
        "form": form,
        "asked": [
            (form.fields[name].label, form[name].value())
            for name in form.fields
            if name != "hide" and form[name].value()
        ],
        "action": f"{request.path}?{query}",
        "trail_url": trail_url,
        "crumbs": [("Audit trail", trail_url), ("Export", None)],
    }
    if form.is_valid():
        count = preview_export(actor=cast("Actor", request.user), filters=form.filters())
        context |= {"complete": form.filters().is_complete(), "count": min(count, COUNTED_UP_TO)}
        context["is_many"] = count > COUNTED_UP_TO
    return render(request, "ledger/export.html", context, status=status)

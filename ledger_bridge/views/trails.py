"""The trail as pages, and as an export."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ledger_bridge.fsck.rolling import damage
from ledger_bridge.permissions import Right
from ledger_bridge.publishing import halted
from ledger_bridge.trails import open_own_trail, open_trail


@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    context = open_trail(request)
    context["export_url"] = f"{reverse('ledger:export')}?{request.GET.urlencode()}"
    context["may_export"] = request.user.has_perm(Right.EXPORT_TRAILS.value)
    context["halted"], context["damage"] = halted(), damage()
    return render(request, "ledger/trail.html", context)


@require_safe
def my_trail(request: HttpRequest) -> HttpResponse:
    return render(request, "ledger/my_trail.html", open_own_trail(request))

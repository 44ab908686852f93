"""A page that shows how far keys are replaced. Nothing is done here: `manage.py rotate_keys` does it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import Right as PlatformRight
from core.access import require
from core.errors import Unavailable
from workspaces.rotation import showing
from workspaces.views.finding import signed_in


@require_safe
def rotations(request: HttpRequest) -> HttpResponse:
    require(signed_in(request), PlatformRight.SEE_KEYS)
    template = "workspaces/_rotations.html" if request.headers.get("HX-Request") else "workspaces/rotations.html"
    return render(request, template, _context())


def _context() -> dict[str, Any]:
    try:
        roots, outage = showing.roots_shown(), ""
    except Unavailable as error:
        roots, outage = [], error.sentence
    return {
        "roots": roots,
        "outage": outage,
        "data_keys": showing.data_keys(),
        "running": showing.running(),
        "ended": showing.ended(),
    }

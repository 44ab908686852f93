"""The answer when a part that Ithaca needs is down: 503 with a time to come back, not an error of ours."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from core.errors import Unavailable

RETRY_AFTER = "30"
_SENTENCE = "A part that Ithaca needs does not answer. Nothing was done; try again in a moment."


def answer_error(request: HttpRequest) -> HttpResponse:
    """Answer whatever nobody caught. Django calls this while the error is being handled (`handler500`)."""
    error = sys.exc_info()[1]
    if not isinstance(error, (OperationalError, InterfaceError, Unavailable)):
        return _failed(request)
    sentence = error.sentence if isinstance(error, Unavailable) else _SENTENCE
    headers = {"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"}
    if wants_json(request):
        return JsonResponse({"error": sentence, "code": Unavailable.code}, status=503, headers=headers)
    # The page needs neither session nor database, which may be what is down.
    return HttpResponse(render_to_string("503.html"), status=503, headers=headers)


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or request.headers.get("Accept", "").startswith("application/json")


def _failed(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"error": "Something went wrong on our side.", "code": "failed"}, status=500)
    return server_error(request)

"""Turns the errors of deeds into pages, and writes refusals down.

A refused deed rolls back, so its refusal is recorded here, afterwards, in a transaction of its own.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from core.access import Actor, Anonymous, where_to_ask
from core.errors import IthacaError, Refused, Unavailable
from core.outage import RETRY_AFTER, wants_json
from ledger_bridge.events import AccessRefused
from ledger_bridge.models import Entry
from ledger_bridge.recording import record_durably


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, IthacaError):
            return None
        entry = record_refusal(request, error) if isinstance(error, Refused) else None
        response = error_response(request, error, entry)
        if isinstance(error, Unavailable):
            response["Retry-After"] = RETRY_AFTER
        return response


def record_refusal(request: HttpRequest, error: Refused) -> str:
    """Write the refusal down and return its entry."""
    actor: Actor = request.user if request.user.is_authenticated else Anonymous()
    subject = error.subject if hasattr(error.subject, "ledger_subject") else None
    event = AccessRefused(right=error.right, rule=error.sentence)
    return record_durably(event, actor=actor, subject=subject, outcome=Entry.Outcome.DENY)


def error_response(request: HttpRequest, error: IthacaError, entry: str | None = None) -> HttpResponse:
    """Answer with JSON where a program asked, with a page otherwise. Both say the sentence, and where to ask."""
    refused = error if isinstance(error, Refused) else None
    ask_url = refused and _where_to_ask(request, refused)
    if wants_json(request):
        answer = {"error": error.sentence, "code": error.code, **({"ask": ask_url} if ask_url else {}), **error.extra}
        return JsonResponse(answer, status=error.status)
    context = {"sentence": error.sentence, "rule": error.sentence, "status": error.status, "ask_url": ask_url}
    if refused and refused.ask and ask_url:
        context |= {"ask": refused.ask, "ask_label": refused.ask_label}
    if entry and request.user.is_authenticated:
        context["entry_url"] = reverse("ledger:receipt", args=[entry])
    return render(request, "403.html" if isinstance(error, Refused) else "error.html", context, status=error.status)


def _where_to_ask(request: HttpRequest, error: Refused) -> str | None:
    if not request.user.is_authenticated or error.subject is None:
        return None
    if error.ask_url:
        return error.ask_url
    return where_to_ask(request.user, str(error.right), error.subject)

"""Standing: what a signed-in person must have on every single request.

A session that outlived its limits is over. A suspended person may only sign out. Somebody who has not proved a second
factor in this session reaches the pages to enrol one, and nothing else.
"""

from collections.abc import Callable
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from accounts.events import SessionEnded
from accounts.models import User
from accounts.recordings import SUSPENDED
from accounts.sessions import limit_reached, note_activity, used_second_factor
from core.errors import Refused
from core.outage import wants_json
from ledger_bridge.middleware import error_response, record_refusal
from ledger_bridge.recording import record_durably

SIGN_OUT = "account_logout"
ENROLMENT = frozenset({SIGN_OUT, "accounts:enrol", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"})
_NO_FACTOR = "Set up a second factor first: every account here needs one."


class StandingMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User):
            reason = limit_reached(request.session, request.user)
            if reason:
                _end(request, request.user, reason)
            else:
                note_activity(request.session)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        page = request.resolver_match.view_name if request.resolver_match else ""
        if not isinstance(request.user, User) or page == SIGN_OUT:
            return None
        if request.user.suspended_at is not None or not request.user.is_active:
            return _refuse(request)
        if page in ENROLMENT or used_second_factor(request):
            return None
        return _ask_to_enrol(request)


def _end(request: HttpRequest, user: User, reason: str) -> None:
    record_durably(SessionEnded(count=1, reason=f"{reason} limit"), actor=user)
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    request.session.flush()
    request.user = AnonymousUser()
    messages.info(request, "Your session has ended. Please sign in again.")


def _refuse(request: HttpRequest) -> HttpResponse:
    refusal = Refused(SUSPENDED, right="sign in")
    record_refusal(request, refusal)
    return error_response(request, refusal)


def _ask_to_enrol(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        answer: dict[str, Any] = {"error": _NO_FACTOR, "code": "second_factor_required"}
        return JsonResponse(answer, status=403)
    return redirect("accounts:enrol")

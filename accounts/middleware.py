"""Standing: what a signed-in person must have on every single request.

A session that outlived its limits is over. A suspended person may only sign out. Somebody who has not proved a second
factor in this session reaches the pages to enrol one, and nothing else.
"""

from collections.abc import Callable
from datetime import timedelta
from http.client import FOUND, NO_CONTENT
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.events import ApiTokenRefused, SessionEnded
from accounts.models import ApiToken, User
from accounts.recordings import SUSPENDED
from accounts.sessions import acting_by_session, limit_reached, note_activity, used_second_factor
from accounts.tokens import digest_of
from core.credentials import acting_by
from core.errors import Refused
from core.http import called_by, client_address
from core.outage import wants_json
from ledger_bridge.middleware import error_response, record_refusal
from ledger_bridge.models import Entry
from ledger_bridge.recording import record_durably

SIGN_OUT = "account_logout"
ENROLMENT = frozenset({SIGN_OUT, "accounts:enrol", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"})
_API = "/api/"
# What a page asks by itself while nobody touches it must not keep a session awake.
_BY_ITSELF = "Ithaca-By-Itself"
_NOTED_EVERY = timedelta(minutes=1)
_MOST_NOTED = 30
_NO_FACTOR = "Set up a second factor first: every account here needs one."


class TokenMiddleware:
    """Lets a program act for the owner of the token that it sends, under /api/ and nowhere else.

    A token is never a cookie, so nobody else's page can make a browser send it: no CSRF token is asked for.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not request.path.startswith(_API):
            return self.get_response(request)
        token = ApiToken.objects.select_related("owner").filter(digest=digest_of(text.strip())).first()
        if token is None or token.state != "active":
            return _refuse_token(token)
        _note_use(token)
        vars(request).update(user=token.owner, api_token=token, _dont_enforce_csrf_checks=True)
        with acting_by(lambda: ApiToken.objects.usable().filter(pk=token.pk).exists(), token=str(token.pk)):
            return self.get_response(request)


class StandingMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User) and _has_token(request):
            with called_by(str(request.user.pk), client_address(request)):
                return self.get_response(request)
        if isinstance(request.user, User):
            reason = limit_reached(request.session, request.user)
            if reason:
                _end(request, request.user, reason)
            else:
                if _BY_ITSELF not in request.headers:
                    note_activity(request.session)
                with acting_by_session(request.session), called_by(str(request.user.pk), client_address(request)):
                    return self.get_response(request)
        return _reload_if_signed_out(request, self.get_response(request))

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        page = request.resolver_match.view_name if request.resolver_match else ""
        if not isinstance(request.user, User) or page == SIGN_OUT:
            return None
        if request.user.suspended_at is not None or not request.user.is_active:
            return _refuse(request)
        # Making a token took a second factor.
        if page in ENROLMENT or _has_token(request) or used_second_factor(request):
            return None
        return _ask_to_enrol(request)


def _reload_if_signed_out(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let a page whose session has ended go to the sign-in page, rather than put that page into a piece of itself."""
    if "HX-Request" in request.headers and response.status_code == FOUND and not request.user.is_authenticated:
        return HttpResponse(status=NO_CONTENT, headers={"HX-Refresh": "true"})
    return response


def _has_token(request: HttpRequest) -> bool:
    return hasattr(request, "api_token")


def _refuse_token(token: ApiToken | None) -> HttpResponse:
    if token is not None and not _noted_lately(token):
        event = ApiTokenRefused(token=str(token.pk), state=token.state)
        record_durably(event, actor=None, subject=token.owner, outcome=Entry.Outcome.DENY)
    sentence = f"This token is {token.state}." if token else "This token is not known here."
    answer = {"error": f"{sentence} Make a new one under “Tokens for programs”.", "code": "token_refused"}
    return JsonResponse(answer, status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def _noted_lately(token: ApiToken) -> bool:
    """Say whether a refusal stands there already: whoever has a dead token must not fill the ledger with it."""
    since = timezone.now() - _NOTED_EVERY
    lately = Entry.objects.filter(person=token.owner_id, kind=ApiTokenRefused.kind, recorded_at__gt=since)
    # A person has a few tokens at a time, so this is a record of each, and a limit.
    noted = [(entry.detail or {}).get("token") for entry in lately[:_MOST_NOTED]]
    return len(noted) >= _MOST_NOTED or str(token.pk) in noted


def _note_use(token: ApiToken) -> None:
    """Remember that the token is in use. A minute's inexactness saves a write on nearly every request."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= _NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


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

"""Asks again for a factor before deeds that are hard to undo: exports, sharing outside, keys, factors.

    @requires_recent_authentication
    def export(request): …

A page sends the person to prove a factor and comes back (a POST is repeated for them); a program gets 403 with the
code "recent_authentication_required". A sign-in of the last minutes counts.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import reverse

from core.outage import wants_json


def requires_recent_authentication(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if authenticated_recently(request):
            return view(request, *args, **kwargs)
        if wants_json(request):
            return recent_authentication_required()
        raise ReauthenticationRequired

    return asked


def authenticated_recently(request: HttpRequest) -> bool:
    """Return whether a second factor (the password, while there is none yet) was proved in the last five minutes."""
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    recent = {r["method"] for r in get_authentication_records(request, request.user) if r["at"] > since}
    return "mfa" in recent or ("password" in recent and not has_second_factor(request.user))


def has_second_factor(user: object) -> bool:
    found: bool = Authenticator.objects.filter(user=user, type__in=["totp", "webauthn"]).exists()
    return found


def recent_authentication_required() -> JsonResponse:
    """Return the answer for programs."""
    sentence = "Confirm with your second factor first; your last sign-in is more than five minutes ago."
    answer = {"error": sentence, "code": "recent_authentication_required", "url": reverse("mfa_reauthenticate")}
    return JsonResponse(answer, status=403)

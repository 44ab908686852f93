"""Middleware without knowledge of any room."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.http import RequestContext, client_address, is_trusted_proxy, request_context, shorten_address

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


_SAID_BY_PROXIES = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_REQUEST_ID")


class RequestContextMiddleware:
    """Gives every request an id, returned in X-Request-Id and kept in every ledger entry it leaves.

    What only a proxy may say (for whom, by which protocol, under which id) is dropped when somebody else says it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_trusted_proxy(request.META.get("REMOTE_ADDR")):
            for header in _SAID_BY_PROXIES:
                request.META.pop(header, None)
        offered = request.headers.get("X-Request-Id", "")
        request_id = offered if _REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
        token = request_context.set(RequestContext(request_id, shorten_address(client_address(request))))
        try:
            response = self.get_response(request)
        finally:
            request_context.reset(token)
        response["X-Request-Id"] = request_id
        return response


class PrivateResponsesMiddleware:
    """Keeps what a signed-in person sees out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response["Cache-Control"] = "no-store, private"
        return response

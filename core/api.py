"""Defaults of the API: closed unless a view says otherwise. Errors have one shape, {"error", "code", …}."""

from typing import TYPE_CHECKING, Any

from django.http import Http404
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import IthacaError, Refused

if TYPE_CHECKING:
    # The framework's views read the settings that name this module, so they cannot be imported while it loads.
    from rest_framework.views import APIView


class DenyByDefault(BasePermission):
    message = "This endpoint is closed."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


class IsSignedIn(BasePermission):
    """Lets in whoever is signed in; a program with a token only where the view names a scope, and the token has it.

    `token_scopes` of a view says for each method which scope it takes. What it does not name needs a person.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        token = getattr(request._request, "api_token", None)  # noqa: SLF001  the framework has no public name for it
        if token is not None and request.method != "OPTIONS":
            _require_scope(token, view, "GET" if request.method == "HEAD" else str(request.method))
        return True


def _require_scope(token: Any, view: "APIView", method: str) -> None:
    scope = getattr(view, "token_scopes", {}).get(method)
    if scope is None:
        raise Refused("Programs with a token may not do this; sign in in a browser.", right="api token")
    if scope not in token.scopes:
        raise Refused(f"This token is not for that: it lacks the scope “{scope}”.", right=f"api token: {scope}")


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, IthacaError):
        # Left to RefusalMiddleware, which answers in JSON as well, and writes refusals down.
        return None
    from rest_framework.views import exception_handler

    if isinstance(error, Http404):
        # What it says may name the kind of thing that was looked for, and so tell what is hidden from what never was.
        error = Http404()
    return exception_handler(error, context)

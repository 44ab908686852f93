"""Defaults of the API: closed unless a view says otherwise. Errors have one shape, {"error", "code", …}."""

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import IthacaError

if TYPE_CHECKING:
    # The framework's views read the settings that name this module, so they cannot be imported while it loads.
    from rest_framework.views import APIView


class DenyByDefault(BasePermission):
    message = "This endpoint is closed."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


class IsSignedIn(BasePermission):
    def has_permission(self, request: Request, view: "APIView") -> bool:
        return bool(request.user and request.user.is_authenticated)


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, IthacaError):
        # Left to RefusalMiddleware, which answers in JSON as well, and writes refusals down.
        return None
    from rest_framework.views import exception_handler

    return exception_handler(error, context)

"""The bytes of a version."""

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from workspaces.serving import serve
from workspaces.views.finding import signed_in, visible_version


@require_safe
def open_inline(request: HttpRequest, version_id: UUID) -> HttpResponseBase:
    """Show what a browser can show safely; anything else is a download."""
    return serve(request, signed_in(request), visible_version(request, version_id), inline=True)


@require_safe
def download(request: HttpRequest, version_id: UUID) -> HttpResponseBase:
    return serve(request, signed_in(request), visible_version(request, version_id), inline=False)

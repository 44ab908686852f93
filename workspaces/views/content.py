"""The bytes of a version."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from core.errors import InvalidInput
from workspaces.services import open_archive
from workspaces.serving import serve, serve_archive
from workspaces.views.bulk import NOTHING_CHOSEN
from workspaces.views.finding import address, asked_folder, signed_in, visible_version, visible_workspace


@require_safe
def download(request: HttpRequest, version_id: UUID) -> HttpResponseBase:
    return serve(request, signed_in(request), visible_version(request, version_id))


@require_safe
def archive(request: HttpRequest, workspace_id: UUID) -> HttpResponseBase:
    """A folder, a workspace, or what was chosen in one, as a ZIP archive."""
    user, workspace = signed_in(request), visible_workspace(request, workspace_id)
    folder = asked_folder(request, workspace, request.GET.get("folder"))
    chosen = _chosen(request)
    if "chosen" in request.GET and not chosen:
        # Whoever pressed the button for what is ticked did not mean everything.
        messages.error(request, NOTHING_CHOSEN)
        return redirect(address(folder or workspace))
    return serve_archive(open_archive(actor=user, workspace=workspace, folder=folder, chosen=chosen))


def _chosen(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(text) for text in request.GET.getlist("item")]
    except ValueError as error:
        raise InvalidInput("Something that was chosen is not there any more. Choose again.") from error

"""The installation's Crypt4GH key, for everybody; and opening what was sealed for it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.errors import Conflict, InvalidInput
from workspaces import services
from workspaces.crypt4gh.keys import format_public_key
from workspaces.views.finding import address, signed_in, visible_version


@login_not_required
@require_safe
def installation_key(request: HttpRequest) -> HttpResponse:
    return render(request, "workspaces/installation_key.html", {"key": services.make_installation_key()})


@login_not_required
@require_safe
def installation_key_file(request: HttpRequest) -> HttpResponse:
    """The `.pub` file that every Crypt4GH tool reads."""
    content = format_public_key(bytes(services.make_installation_key().public_key))
    headers = {"Content-Disposition": 'attachment; filename="ithaca.pub"'}
    return HttpResponse(content, content_type="text/plain; charset=us-ascii", headers=headers)


@require_POST
def open_foreign(request: HttpRequest, version_id: UUID) -> HttpResponse:
    user, version = signed_in(request), visible_version(request, version_id)
    try:
        made = services.open_foreign_file(actor=user, version=version)
    except (InvalidInput, Conflict) as error:
        messages.error(request, error.sentence)
        return redirect(address(version.file))
    messages.success(request, "Opened, sealed anew and recorded. Compare its length and hash with the sender's.")
    return redirect(address(made.file))

"""A copy that was sent to somebody outside: its page, the viewer and the download, for the recipient alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe

from core.credentials import acting_by
from core.errors import Refused
from sharing import services
from sharing.links.admission import Admitted, admit_known, for_outsiders, visit_stands
from sharing.links.models import Send
from sharing.links.rules import open_link
from workspaces.media_types import type_in_words
from workspaces.models import Outsider, Version
from workspaces.permissions import Right
from workspaces.serving import serve
from workspaces.viewer.errors import NoSuchPage
from workspaces.viewer.kinds import shows
from workspaces.viewer.showing import read_look
from workspaces.views.viewing import Addresses, drawing, refuse_outside_the_viewer, shown, told


@for_outsiders
@require_safe
def sent(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """What it is, from whom, and what may be done with it."""
    admitted, send, version = _sent_to(request, visit_id)[1:]
    context = {
        "visit": admitted.visit,
        "send": send,
        "version": version,
        "sender": admitted.link.made_by,
        "type": type_in_words(version.media_type),
        "is_shown": shows(version),
        "sha256": bytes(version.plaintext_sha256).hex(),
    }
    return render(request, "sharing/outside/sent.html", context)


@for_outsiders
@require_GET
def view(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The viewer, as for members; the watermark names the recipient."""
    outsider, admitted, send, version = _sent_to(request, visit_id)
    look = read_look(request.GET)
    context: dict[str, Any] = {
        "visit": admitted.visit,
        "version": version,
        "item": version.file,
        "look": look,
        "may": {},
        "send": send,
    }
    names = ("sharing:outside_view", "sharing:outside_page", "sharing:outside_shown")
    at = Addresses(*(reverse(name, args=[visit_id]) for name in names))
    status = 200
    with _opening(admitted, outsider, send, Right.VIEW):
        try:
            context |= shown(outsider, version, look, at)
        except NoSuchPage as error:
            context["problem"], status = error.sentence, error.status
    return render(request, "sharing/outside/view.html", context, status=status)


@for_outsiders
@require_GET
def page(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    outsider, admitted, send, version = _sent_to(request, visit_id)
    refuse_outside_the_viewer(request, version)
    with _opening(admitted, outsider, send, Right.VIEW):
        return drawing(outsider, version, read_look(request.GET))


@for_outsiders
@require_POST
def shown_now(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The browser says which page it shows; that opens nothing."""
    outsider, _, _, version = _sent_to(request, visit_id)
    return told(outsider, version, request.POST.get("page", ""))


@for_outsiders
@require_safe
def download(request: HttpRequest, visit_id: UUID) -> HttpResponseBase:
    """The file itself, where it was sent to be downloaded; all requests of one visit are one opening."""
    outsider, admitted, send, version = _sent_to(request, visit_id)
    if send.mode != Send.Mode.DOWNLOAD:
        raise Http404
    if request.method == "HEAD":
        return serve(request, outsider, version)
    with _opening(admitted, outsider, send, Right.DOWNLOAD):
        return serve(request, outsider, version)


def _sent_to(request: HttpRequest, visit_id: UUID) -> tuple[Outsider, Admitted, Send, Version]:
    admitted, outsider = admit_known(request, visit_id)
    related = ("version__file__workspace", "version__workspace_key")
    send = get_object_or_404(Send.objects.select_related(*related), pk=admitted.link.pk)
    return outsider, admitted, send, send.version


@contextmanager
def _opening(admitted: Admitted, outsider: Outsider, send: Send, right: Right) -> Iterator[None]:
    """Count an opening, and let what is opened end with the visit.

    Raises:
        Http404: it was closed between the door and here.

    """
    visit = admitted.visit.pk
    try:
        counted = services.counted_opening(actor=outsider, send=send, right=right, visit=visit)
        with acting_by(lambda: visit_stands(visit)), counted:
            yield
    except Refused as error:
        if open_link(pk=send.pk) is None:
            raise Http404 from error
        raise

"""Pages of a file for a printer, and the text of a page, each for those who have the right to it."""

from base64 import b64encode
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from core.access import require
from workspaces.forms import errors_shown_in
from workspaces.permissions import Right
from workspaces.selectors import may_on
from workspaces.viewer.drawing import Drawn
from workspaces.viewer.errors import CannotShow, NoSuchPage
from workspaces.viewer.showing import MOST_PRINTED, page_text, printed_pages, read_look
from workspaces.views.finding import crumbs, signed_in, visible_version


class PrintForm(forms.Form):
    first = forms.IntegerField(label="From page", min_value=1, max_value=2**31 - 1)
    last = forms.IntegerField(
        label="To page", min_value=1, max_value=2**31 - 1, help_text=f"At most {MOST_PRINTED} pages at once."
    )


@require_http_methods(["GET", "HEAD", "POST"])
def print_pages(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Choose pages; they come with the watermark in them, and that they came is recorded."""
    user, version = signed_in(request), visible_version(request, version_id)
    require(user, Right.PRINT, version)
    page = read_look(request.GET).page
    form = PrintForm(request.POST if request.method == "POST" else None, initial={"first": page, "last": page})
    context: dict[str, Any] = {
        "version": version,
        "item": version.file,
        "form": form,
        "crumbs": crumbs(user, version.file, f"Print version {version.number}"),
    }
    if form.is_valid():
        try:
            with errors_shown_in(form):
                drawn = printed_pages(actor=user, version=version, **form.cleaned_data)
                return render(request, "workspaces/printed.html", context | {"pictures": list(map(_inline, drawn))})
        except (CannotShow, NoSuchPage) as error:
            form.add_error(None, error.sentence)
    return render(request, "workspaces/print.html", context, status=400 if form.errors else 200)


@require_GET
def text(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """The text of a page as text, to be copied or read by a screen reader; that it came is recorded."""
    user, version = signed_in(request), visible_version(request, version_id)
    page = read_look(request.GET).page
    context: dict[str, Any] = {
        "version": version,
        "item": version.file,
        "number": page,
        "may": may_on(user, version.file),
        "crumbs": crumbs(user, version.file, f"Text of page {page}"),
    }
    try:
        context |= page_text(actor=user, version=version, page=page)
    except (CannotShow, NoSuchPage) as error:
        return render(request, "workspaces/page_text.html", context | {"problem": error.sentence}, status=error.status)
    return render(request, "workspaces/page_text.html", context)


def _inline(drawn: Drawn) -> str:
    """Return a picture as an address that holds it: a printer waits for no second request, and nobody can repeat it."""
    return f"data:{drawn.content_type};base64,{b64encode(drawn.picture).decode()}"

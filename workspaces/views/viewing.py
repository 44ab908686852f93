"""The viewer: a page with the drawing of one page of a file in it, and the drawing."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from core.access import require
from workspaces import selectors, services
from workspaces.conversation.forms import PageCommentForm
from workspaces.conversation.selectors import said_of_page
from workspaces.forms import errors_shown_in
from workspaces.models import Version
from workspaces.outsiders import Reader
from workspaces.permissions import Right
from workspaces.viewer.drawing import Drawn
from workspaces.viewer.errors import CannotShow, NoSuchPage
from workspaces.viewer.kinds import is_drawn, kind_of
from workspaces.viewer.showing import WINDOWS, WRITTEN, ZOOMS, Look, describe, read_look, show_page
from workspaces.viewer.spotlight import spotlight_required
from workspaces.viewer.stacks import place_in_stack
from workspaces.viewer.trees import nested
from workspaces.views.finding import crumbs, signed_in, visible_version

# A drawing of our own, and still nothing that may load, run, frame or submit anything.
PICTURE_HEADERS = {
    "Cache-Control": "no-store, private",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Disposition": "inline",
}

_PAGES_OF_THEIR_OWN = frozenset({"document", "iframe", "frame", "embed", "object"})


@dataclass(frozen=True)
class Addresses:
    """Where the page around a page is, the drawing in it, and where the browser says which one it shows."""

    page: str
    picture: str
    told: str


@require_GET
def view(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """The page around a page. Text stands in it, a drawing is fetched by the browser."""
    return _page_around(request, visible_version(request, version_id), read_look(request.GET))


@require_http_methods(["GET", "HEAD", "POST"])
def page_comments(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """What is said about a page, as the viewer fetches it when a page is turned; saying something about it."""
    user, version = signed_in(request), visible_version(request, version_id)
    if request.method != "POST":
        return render(request, "workspaces/_page_comments.html", _said(user, version, read_look(request.GET)))
    require(user, Right.COMMENT, version.file)
    look = read_look(request.POST)
    form = PageCommentForm(request.POST, file=version.file)
    if form.is_valid():
        with errors_shown_in(form):
            said = services.write_comment(
                actor=user,
                file=version.file,
                text=form.cleaned_data["text"],
                version=version,
                page=look.page,
                region=form.region,
            )
            messages.success(request, "Your comment is here, and recorded.")
            return redirect(f"{reverse('workspaces:view', args=[version.pk])}?{_query(look)}#comment-{said.pk}")
    return _page_around(request, version, look, form)


@require_GET
def page(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One page as a picture; text has none."""
    version = visible_version(request, version_id)
    refuse_outside_the_viewer(request, version)
    return drawing(signed_in(request), version, read_look(request.GET))


@require_POST
def shown_now(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """The browser says which page it shows; without one, that nobody looks at the moment."""
    return told(signed_in(request), visible_version(request, version_id), request.POST.get("page", ""))


def _page_around(
    request: HttpRequest, version: Version, look: Look, form: PageCommentForm | None = None
) -> HttpResponse:
    user = signed_in(request)
    context = {
        "version": version,
        "item": version.file,
        "look": look,
        "may": selectors.may_on(user, version.file),
        "is_drawn": _holds_text(version),
        "crumbs": crumbs(user, version.file, f"View version {version.number}"),
    }
    try:
        context |= shown(user, version, look, _addresses(version)) | _stack(user, version, look)
    except (CannotShow, NoSuchPage) as error:
        return render(request, "workspaces/view.html", context | {"problem": error.sentence}, status=error.status)
    context |= _said(user, version, look) | {"form": form or PageCommentForm(file=version.file)}
    return render(request, "workspaces/view.html", context, status=400 if form else 200)


def _said(user: User, version: Version, look: Look) -> dict[str, Any]:
    """Return what is said about a page, for the viewer; parts are marked only on what is drawn for everybody alike."""
    return {
        "version": version,
        "look": look,
        "said": said_of_page(user, version, look.page),
        "has_parts": is_drawn(version),
    }


def told(reader: Reader, version: Version, page: str) -> HttpResponse:
    """Note what a browser says that it shows."""
    number = read_look({"page": page}).page if page else None
    services.note_shown(actor=reader, version=version, page=number, told=True)
    return HttpResponse(status=204)


def drawing(reader: Reader, version: Version, look: Look) -> HttpResponse:
    """Answer with one page as a picture."""
    drawn = show_page(actor=reader, version=version, look=look)
    if not drawn.picture:
        raise CannotShow("Text is shown as text, not as a picture.")
    return as_picture(drawn)


def refuse_outside_the_viewer(request: HttpRequest, version: Version) -> None:
    """Refuse to fill a window with the picture alone where the spotlight is required. Programs can claim anything here.

    Raises:
        CannotShow: the browser says that it wants it as a page of its own, or in a frame.

    """
    wanted_as = request.headers.get("Sec-Fetch-Dest", "")
    if wanted_as in _PAGES_OF_THEIR_OWN and spotlight_required(version.file):
        raise CannotShow("The spotlight is required for this file. Open it in the viewer.")


def as_picture(drawn: Drawn) -> HttpResponse:
    """Answer with a drawing, and say how much of it is the page: a strip with the watermark stands below."""
    answer = HttpResponse(drawn.picture, content_type=drawn.content_type, headers=PICTURE_HEADERS)
    if drawn.facts.get("page_height"):
        answer["Ithaca-Page-Height"] = str(drawn.facts["page_height"])
    return answer


def shown(reader: Reader, version: Version, look: Look, at: Addresses) -> dict[str, Any]:
    """Return what the template of the viewer takes of a page, for whoever may look at it by these addresses."""
    found = _shown(reader, version, look, at)
    services.note_shown(actor=reader, version=version, page=look.page, told=False)
    spotlight = "required" if spotlight_required(version.file) else "offered"
    return found | {"told_url": at.told, "spotlight": spotlight}


def _shown(reader: Reader, version: Version, look: Look, at: Addresses) -> dict[str, Any]:
    kind = kind_of(version)
    if kind in WRITTEN:
        return _written(kind, show_page(actor=reader, version=version, look=look), version, look, at)
    shape = describe(actor=reader, version=version)
    if look.page > shape.pages:
        raise NoSuchPage(f"There is no page {look.page}: it has {shape.pages}.")
    windows = [(name, WINDOWS[name]) for name in shape.windows]
    picture = f"{at.picture}?{_query(look)}"
    return {"picture": picture, "windows": windows, "zooms": ZOOMS, **_ways(at.page, version, look, shape.pages)}


def _written(kind: str, drawn: Drawn, version: Version, look: Look, at: Addresses) -> dict[str, Any]:
    """Return what is written as text, or as the picture that came in place of it; nobody counts pages of a table."""
    facts, is_table = drawn.facts, kind == "table"
    ways = _ways(at.page, version, look, look.page + facts["more"] if is_table else facts["pages"])
    if drawn.picture:
        picture = {"picture": f"{at.picture}?{_query(look)}", "is_written": True, "zooms": ZOOMS}
        return picture | ways | {"sheets": facts, "is_endless": is_table}
    if is_table:
        return {"table": facts, "sheets": facts, "is_endless": True, "stamp": facts["stamp"]} | ways
    return facts | {"tree": nested(facts.get("nodes", []))} | ways


def _holds_text(version: Version) -> bool:
    """Return whether its pages are drawn although there may be text in them."""
    try:
        return kind_of(version) in {"pdf", "office"}
    except CannotShow:
        return False


def _addresses(version: Version) -> Addresses:
    names = ("workspaces:view", "workspaces:view_page", "workspaces:view_shown")
    return Addresses(*(reverse(name, args=[version.pk]) for name in names))


def _stack(user: User, version: Version, look: Look) -> dict[str, Any]:
    """Return the ways to the other scans of the folder, seen through the same window."""
    place = place_in_stack(user, version) if version.media_type == "application/dicom" else None
    query = _query(Look(1, look.zoom, look.window))

    def to(other: UUID | None) -> str:
        return f"{reverse('workspaces:view', args=[other])}?{query}" if other else ""

    return {"stack": place, "before_url": to(place.before), "after_url": to(place.after)} if place else {}


def _ways(here: str, version: Version, look: Look, pages: int) -> dict[str, Any]:
    """Return where one may go from here: links, so that nothing needs JavaScript."""
    near = ZOOMS.index(look.zoom)

    def to(page: int, zoom: int) -> str:
        return f"{here}?{_query(Look(page, zoom, look.window))}"

    return {
        "pages": pages,
        "noun": "frame" if version.media_type == "application/dicom" else "page",
        "previous_url": to(look.page - 1, look.zoom) if look.page > 1 else "",
        "next_url": to(look.page + 1, look.zoom) if look.page < pages else "",
        "smaller_url": to(look.page, ZOOMS[near - 1]) if near else "",
        "larger_url": to(look.page, ZOOMS[near + 1]) if near + 1 < len(ZOOMS) else "",
    }


def _query(look: Look) -> str:
    chosen = {"page": look.page, "zoom": look.zoom, "window": look.window}
    return urlencode({name: value for name, value in chosen.items() if value != ""})

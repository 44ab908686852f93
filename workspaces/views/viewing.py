"""The viewer: a page with the drawing of one page of a file in it, and the drawing."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from workspaces import selectors, services
from workspaces.models import Version
from workspaces.outsiders import Reader
from workspaces.viewer.drawing import Drawn
from workspaces.viewer.errors import CannotShow, NoSuchPage
from workspaces.viewer.kinds import kind_of
from workspaces.viewer.showing import WINDOWS, WRITTEN, ZOOMS, Look, describe, read_look, show_page
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


@dataclass(frozen=True)
class Addresses:
    """Where the page around a page is, the drawing in it, and where the browser says which one it shows."""

    page: str
    picture: str
    told: str


@require_GET
def view(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """The page around a page. Text stands in it, a drawing is fetched by the browser."""
    user, version = signed_in(request), visible_version(request, version_id)
    look = read_look(request.GET)
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
    return render(request, "workspaces/view.html", context)


@require_GET
def page(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One page as a picture; text has none."""
    version = visible_version(request, version_id)
    return drawing(signed_in(request), version, read_look(request.GET))


@require_POST
def shown_now(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """The browser says which page it shows; without one, that nobody looks at the moment."""
    return told(signed_in(request), visible_version(request, version_id), request.POST.get("page", ""))


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
    return HttpResponse(drawn.picture, content_type=drawn.content_type, headers=PICTURE_HEADERS)


def shown(reader: Reader, version: Version, look: Look, at: Addresses) -> dict[str, Any]:
    """Return what the template of the viewer takes of a page, for whoever may look at it by these addresses."""
    found = _shown(reader, version, look, at)
    services.note_shown(actor=reader, version=version, page=look.page, told=False)
    return found | {"told_url": at.told}


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

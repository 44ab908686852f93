"""Pages on who opened what: line by line, by person and by file; for one file also who has not read it yet."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.stepup import requires_recent_authentication
from core.access import require
from core.errors import InvalidInput
from ledger_bridge.access import entries_visible_to
from ledger_bridge.filters import EVERYTHING, TrailFilters
from ledger_bridge.names import Names
from ledger_bridge.selectors import COUNTED_UP_TO, Place
from workspaces import selectors, services
from workspaces.activity.forms import ActivityForm, Asked
from workspaces.activity.lines import page_of
from workspaces.activity.summaries import by_file, by_person, choices, groups_of, names_in, readers_of
from workspaces.models import Item, Workspace
from workspaces.permissions import Right
from workspaces.views.finding import crumbs, signed_in, visible_item, visible_workspace

_ROWS = 50
_WAYS = {"people": by_person, "files": by_file}


@require_safe
def workspace_activity(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace = visible_workspace(request, workspace_id)
    user = signed_in(request)
    context = {"workspace": workspace, "may": selectors.may_on(user, workspace)}
    return _page(request, workspace, context, {"": "Line by line", "people": "By person", "files": "By file"})


@require_safe
def file_activity(request: HttpRequest, item_id: UUID) -> HttpResponse:
    file = visible_item(request, item_id, Item.Kind.FILE)
    return _page(request, file, {"item": file}, {"": "Line by line", "people": "By person"})


@require_POST
@requires_recent_authentication
def export_workspace(request: HttpRequest, workspace_id: UUID) -> HttpResponseBase:
    return _export(request, visible_workspace(request, workspace_id))


@require_POST
@requires_recent_authentication
def export_file(request: HttpRequest, item_id: UUID) -> HttpResponseBase:
    return _export(request, visible_item(request, item_id, Item.Kind.FILE))


def within(about: Workspace | Item) -> TrailFilters:
    return EVERYTHING.within(about.ledger_subject)


def _page(request: HttpRequest, about: Workspace | Item, context: dict[str, Any], ways: dict[str, str]) -> HttpResponse:
    user = signed_in(request)
    by = request.GET.get("by", "")
    by = by if by in ways else ""
    form = ActivityForm(request.GET, within=within(about), summed_up=bool(by))
    context |= {
        "about": about,
        "form": form,
        "by": by,
        "ways": [(key, label, f"?{query_of(request, by=key)}") for key, label in ways.items()],
        "crumbs": crumbs(user, about, "Who read this file" if isinstance(about, Item) else "Who opened what"),
        "export_url": f"{_export_address(about)}?{query_of(request)}",
        "counted_up_to": COUNTED_UP_TO,
    }
    place = Place.parse(request.GET)
    try:
        context |= _found(request, user, about, form, by, place)
    except InvalidInput as error:
        context["problem"] = error.sentence
    return render(request, "workspaces/activity.html", context, status=400 if form.errors else 200)


def _found(
    request: HttpRequest, user: User, about: Workspace | Item, form: ActivityForm, by: str, place: Place | None
) -> dict[str, Any]:
    if not form.is_valid():
        require(user, Right.TRAIL, about)
        return {"problem": "Correct what you asked for above."}
    asked, everything = form.asked(), within(about)
    services.view_activity(actor=user, about=about, filters=asked.filters)
    seen = entries_visible_to(user, within=everything)
    found: dict[str, Any] = {}
    known: Names = {}
    with suppress(InvalidInput):  # where too much was done to sum it up, its lines can be read all the same
        groups = groups_of(everything, asker=user, seen=seen)
        known = names_in(groups, asker=user)
        form.offer(*choices(groups, asker=user, known=known))
        if isinstance(about, Item):
            found["readers"] = readers_of(about, groups, asker=user)
    if by:
        rows = _WAYS[by](groups_of(asked.filters, asker=user, seen=seen), asker=user, sort=asked.sort, known=known)
        return found | {"rows": Paginator(rows, _ROWS).get_page(request.GET.get("page")), "query": query_of(request)}
    page = page_of(asked.filters, asker=user, place=place, oldest_first=asked.oldest_first, seen=seen, known=known)
    return found | {
        "page": page,
        "is_many": page.count > COUNTED_UP_TO,
        "newer_url": f"?{query_of(request, newer=page.newer)}" if page.newer else None,
        "older_url": f"?{query_of(request, older=page.older)}" if page.older else None,
    }


def _export(request: HttpRequest, about: Workspace | Item) -> HttpResponseBase:
    user = signed_in(request)
    require(user, Right.TRAIL, about)
    asked = asked_of(request.GET, within(about))
    made = services.export_activity(actor=user, about=about, filters=asked.filters)
    headers = {"Content-Disposition": 'attachment; filename="activity.csv"', "Cache-Control": "no-store, private"}
    return StreamingHttpResponse(made, content_type="text/csv; charset=utf-8", headers=headers)


def asked_of(query: Any, about: TrailFilters) -> Asked:
    """Read what somebody asked for.

    Raises:
        InvalidInput: with what is wrong about it.

    """
    form = ActivityForm(query, within=about)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise InvalidInput(str(errors[0]), field=field)
    return form.asked()


def _export_address(about: Workspace | Item) -> str:
    name = "export_file_activity" if isinstance(about, Item) else "export_activity"
    return reverse(f"workspaces:{name}", args=[about.pk])


def query_of(request: HttpRequest, **changes: str | None) -> str:
    """Return what was asked for, without the place on the way, and with some of it changed."""
    query = request.GET.copy()
    for name in ("older", "newer", "page", *changes):
        query.pop(name, None)
    for name, value in changes.items():
        if value:
            query[name] = value
    return query.urlencode()

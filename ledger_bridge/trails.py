"""The page of a trail, for this room and for those above: filters from the address, the deed, and what is shown.

    return render(request, "workspaces/trail.html", open_trail(request, subject=workspace, right=Right.TRAIL))

and in the page `{% include "ledger/_trail.html" %}`.
"""

from typing import Any, cast

from django.http import HttpRequest

from core.access import Actor, Right, require
from ledger_bridge.filters import EVERYTHING, TrailFilters
from ledger_bridge.finding import finder_for
from ledger_bridge.forms import TrailForm
from ledger_bridge.permissions import Right as LedgerRight
from ledger_bridge.selectors import COUNTED_UP_TO, Place, TrailPage
from ledger_bridge.services import view_trail
from ledger_bridge.subjects import HasSubject


def open_trail(
    request: HttpRequest, *, subject: HasSubject | None = None, right: Right = LedgerRight.VIEW_TRAILS
) -> dict[str, Any]:
    """Look at the trail of a workspace or an item, with the right to see it, or at the whole trail.

    Raises:
        Refused: without that right.
        InvalidInput: when the place in the address is damaged.

    """
    actor = _actor(request)
    # Before anything else: the names that the filters know are part of the trail.
    require(actor, right, subject)
    only = EVERYTHING.within(subject.ledger_subject) if subject else EVERYTHING
    form = TrailForm(request.GET, only=only, finder=finder_for(actor, only))
    if not form.is_valid():
        return _context(request, form, None)
    filters, place = form.filters(), Place.parse(request.GET)
    return _context(request, form, view_trail(actor=actor, filters=filters, place=place, subject=subject, right=right))


def open_own_trail(request: HttpRequest) -> dict[str, Any]:
    """Look at what is recorded about oneself."""
    actor = _actor(request)
    only = TrailFilters(people=(actor.ledger_id or "",))
    form = TrailForm(request.GET, only=only, finder=finder_for(actor, only))
    if not form.is_valid():
        return _context(request, form, None)
    return _context(request, form, view_trail(actor=actor, filters=form.filters(), place=Place.parse(request.GET)))


def _context(request: HttpRequest, form: TrailForm, trail: TrailPage | None) -> dict[str, Any]:
    return {
        "form": form,
        "suggestions": form.suggestions(),
        "trail": trail,
        "counted_up_to": COUNTED_UP_TO,
        "newer_url": _page_url(request, "newer", trail.newer) if trail else None,
        "older_url": _page_url(request, "older", trail.older) if trail else None,
    }


def _page_url(request: HttpRequest, towards: str, token: str | None) -> str | None:
    if token is None:
        return None
    query = request.GET.copy()
    for name in ("newer", "older"):
        query.pop(name, None)
    query[towards] = token
    return f"?{query.urlencode()}"


def _actor(request: HttpRequest) -> Actor:
    return cast("Actor", request.user)

"""One search over everything that a person may see."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from workspaces.search.finding import MOST, find_items, find_people, find_workspaces
from workspaces.search.forms import SHOWN, FindForm, places_to_choose
from workspaces.selectors import PAGE, Row, with_marks, with_places
from workspaces.views.finding import signed_in


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = FindForm(request.GET, places=places_to_choose(user))
    context: dict[str, Any] = {"form": form}
    if form.is_valid() and not form.question.is_empty:
        context |= _answer(request, user, form)
    return render(request, "workspaces/search.html", context, status=400 if form.errors else 200)


def _answer(request: HttpRequest, user: User, form: FindForm) -> dict[str, Any]:
    asked, sort = form.question, form.cleaned_data["sort"] or "name"
    items = find_items(user, asked, sort=sort)
    found = {"items": items.items, "workspaces": find_workspaces(user, asked, sort=sort)}
    found["people"] = find_people(user, asked)
    counts = {name: items.count if name == "items" else found[name].count() for name in SHOWN}
    # Without a choice, the first that has anything.
    shown = form.cleaned_data["shown"] or next((name for name in SHOWN if counts[name]), "items")
    page = Paginator(found[shown], PAGE).get_page(request.GET.get("page", 1))
    return {
        "asked": asked,
        "shown": shown,
        "tabs": [_tab(request, name, counts[name], shown) for name in SHOWN if counts[name] or name == shown],
        "page": page,
        "rows": with_places(user, with_marks([Row(item, {}) for item in page])) if shown == "items" else list(page),
        "is_cut_off": shown == "items" and items.is_cut_off,
        "query": _query(request, shown),
    }


def _tab(request: HttpRequest, name: str, count: int, shown: str) -> dict[str, Any]:
    return {
        "label": SHOWN[name],
        "count": f"{count} or more" if name == "items" and count >= MOST else count,
        "url": f"?{_query(request, name)}",
        "is_here": name == shown,
    }


def _query(request: HttpRequest, shown: str) -> str:
    """Return the query string for another page or another kind of what was found."""
    parameters = request.GET.copy()
    parameters.pop("page", None)
    parameters["shown"] = shown
    return parameters.urlencode()

"""All that somebody was given and has given, and letting it last longer."""

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from core.errors import Conflict, InvalidInput
from sharing import services
from sharing.forms import GrantFilterForm
from sharing.selectors import grants as selectors
from sharing.views.fetching import (
    AnyGrant,
    confirmed_outside,
    get_exception,
    get_grant,
    person_of,
    query_without_page,
    receiver_of,
)

PAGE_SIZE = 50


@require_safe
def my_grants(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    which = request.GET.get("list", "")
    which = which if which in selectors.LISTS else "received"
    form = GrantFilterForm(request.GET)
    found = selectors.my_grants(user, which, **form.chosen)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": selectors.rows_for(user, page.object_list),
        "which": which,
        "lists": selectors.LISTS,
        "form": form,
        "filtered": form.narrows,
        "query": query_without_page(request),
    }
    return render(request, "sharing/my_grants.html", context)


@require_POST
def renew(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    """Let a role or an exception last longer, by one click; to another institution after a proof of a factor."""
    grant = get_any_grant(request, grant_id)
    return confirmed_outside(request, receiver_of(grant), _renew)(request, grant)


def _renew(request: HttpRequest, grant: AnyGrant) -> HttpResponse:
    [whom] = receiver_of(grant).values()
    try:
        until = _moment(request.POST.get("expires_at", ""))
        renewed = services.renew_grant(actor=person_of(request), grant=grant, expires_at=until)
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.sentence)
    else:
        ends = renewed.expires_at
        assert ends is not None  # noqa: S101  for the type checker
        day = f"{ends.astimezone(UTC):%-d %B %Y}"
        messages.success(request, f"The access of {whom} lasts until {day} (UTC) now. It has been recorded.")
    return redirect("home" if request.POST.get("back") == "home" else "sharing:my_grants")


def get_any_grant(request: HttpRequest, grant_id: UUID) -> AnyGrant:
    """Return the role or the exception with this id; ids are unique over all of them."""
    try:
        return get_grant(request, grant_id)
    except Http404:
        return get_exception(request, grant_id)


def _moment(text: str) -> datetime | None:
    """Return the end that the button promised; a time without a zone is nobody's.

    Raises:
        InvalidInput: for anything else.

    """
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInput("This is no end that access could have. Choose it on the page of the access instead.")
    return found

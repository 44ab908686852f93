"""Writes down who asked for what they may not see. The answer, "nothing here", says nothing; neither may the record.

So it is made in the same way whether the object exists or not: it names the id that was asked for and looks nothing up.
Whoever may see the trail of that object finds it there; whoever asked learns nothing from it, nor from the time it took
(but for one row more, when the ledger hears of an id for the first time).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from ledger_bridge.events import AccessRefused
from ledger_bridge.models import Entry
from ledger_bridge.recording import record_durably
from ledger_bridge.subjects import Subject

_ROOMS = frozenset({"workspaces", "workspaces_api", "sharing", "sharing_api"})
_RULE = "There is nothing here that they may see."
_PAUSE = timedelta(minutes=1)
# One entry for each person and object in a minute, and no more than this for one person: a record, not a flood.
_MOST = 30


class UnseenMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        found_nothing = response.status_code == 404 and match is not None and match.app_name in _ROOMS  # noqa: PLR2004
        if found_nothing and isinstance(request.user, User):
            _note(request.user, _asked_for(request))
        return response


def _asked_for(request: HttpRequest) -> Subject:
    """Return the ids in the address, the innermost alone: what it lies in would tell that it exists."""
    assert request.resolver_match is not None  # noqa: S101  the caller has looked
    ids: dict[str, Any] = request.resolver_match.kwargs
    for folder in (request.GET.get("folder"), request.GET.get("to")):
        if folder and (pk := _uuid(folder)):
            return Subject(item=pk)
    for name in ("version", "item", "workspace"):
        if f"{name}_id" in ids:
            return Subject(**{name: str(ids[f"{name}_id"])})
    return Subject()


def _note(person: User, subject: Subject) -> None:
    lately = Entry.objects.filter(actor=person.pk, kind=AccessRefused.kind, recorded_at__gt=timezone.now() - _PAUSE)
    noted = [(entry.workspace, entry.item, entry.version) for entry in lately[:_MOST]]
    key = tuple(UUID(one) if one else None for one in (subject.workspace, subject.item, subject.version))
    if len(noted) >= _MOST or key in noted:
        return
    event = AccessRefused(right="workspaces.view", rule=_RULE)
    record_durably(event, actor=person, subject=subject, outcome=Entry.Outcome.DENY)


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None

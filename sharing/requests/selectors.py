"""Requests for access as pages show them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from core.access import rights_on_each
from sharing.models import AccessRequest
from sharing.requests.answering import more_than_own, obstacle
from sharing.roles import role_called
from sharing.selectors.access import PersonAccess, access_in, access_of
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

LATELY = timedelta(days=14)
HIDDEN = "something that you do not see any more"
LISTS = {"waiting": "To answer", "mine": "Asked by you", "answered": "Answered"}


@dataclass(frozen=True)
class RequestRow:
    """A request, in words; `place` is empty for an asker who does not see the thing any more."""

    request: AccessRequest
    wanted: str
    given: str
    place: str
    within: str
    mine: bool
    obstacle: str = ""
    """Why it cannot be granted as asked by whoever looks; only where `with_obstacles` looked."""

    @property
    def about(self) -> str:
        """What it is about, in one phrase for headings and sentences."""
        return f"“{self.place}”" if self.place else HIDDEN


@dataclass(frozen=True)
class Step:
    """Something that happened to a request, or will."""

    at: datetime
    words: str
    ahead: bool = False


def requests_in(user: User, which: str) -> QuerySet[AccessRequest]:
    """Return one of the three lists of a person, by its name in LISTS."""
    if which == "mine":
        return AccessRequest.objects.filter(asker=user).with_names()
    answerable = AccessRequest.objects.answerable_by(user).with_names()
    if which == "answered":
        return answerable.exclude(state=AccessRequest.State.OPEN).order_by("-closed_at")
    return answerable.waiting().order_by("asked_at")


def waiting_about(user: User, thing: Workspace | Item) -> list[RequestRow]:
    """Return what waits for the person's answer in a workspace, or about one item."""
    here = Q(item=thing) if isinstance(thing, Item) else Q(workspace=thing)
    return rows_for(user, requests_in(user, "waiting").filter(here))


def asked_lately(user: User) -> QuerySet[AccessRequest]:
    """Return the person's own requests that wait or were closed in the last days, except what they withdrew."""
    news = Q(state=AccessRequest.State.OPEN) | Q(closed_at__gt=timezone.now() - LATELY)
    mine = AccessRequest.objects.filter(news, asker=user).exclude(state=AccessRequest.State.WITHDRAWN)
    return mine.with_names()


def rows_for(
    user: User, requests: Iterable[AccessRequest], *, seen: tuple[Collection[UUID], Collection[UUID]] | None = None
) -> list[RequestRow]:
    """Put requests into words, in a fixed number of queries.

    An asker may have been shut out since: then the row names nothing, which could have got another name. `seen` are
    the items and workspaces that the user sees, where that has been found out already.
    """
    listed = list(requests)
    items, workspaces = seen or _still_seen(user, [request for request in listed if request.asker_id == user.pk])
    return [_row(user, request, items, workspaces) for request in listed]


def steps_of(request: AccessRequest, *, for_asker: bool) -> list[Step]:
    """Return what happened to a request and, while it waits, what comes next.

    The asker is not told whom it went to: who else is in a workspace is not theirs to know before they have a role.
    """
    to = "" if for_asker else f", to {request.addressed_to}" if request.escalated_at is None else ""
    steps = [Step(request.asked_at, f"Asked{to}")]
    if request.escalated_at:
        to = "" if for_asker else f", {request.addressed_to}"
        steps.append(Step(request.escalated_at, f"Passed on to a second person{to}"))
    if request.reminded_at:
        steps.append(Step(request.reminded_at, "Reminded of it by mail"))
    if request.closed_at:
        by = f" by {request.answered_by}" if request.answered_by else ""
        steps.append(Step(request.closed_at, f"{request.get_state_display()}{by}"))
    elif not request.has_run_out:
        steps += _ahead(request)
    return sorted(steps, key=lambda step: (step.ahead, step.at))


def access_now(request: AccessRequest, *, reader: User) -> PersonAccess:
    """Return what the asker may do with the thing at this moment, and the rules that say so."""
    if request.item is None:
        return access_in(request.asker, request.workspace)
    [found] = access_of([request.asker], request.item, reader=reader)
    return found


def with_obstacles(user: User, rows: Iterable[RequestRow]) -> list[RequestRow]:
    """Add to rows for the person to answer why they cannot grant them as asked. It takes three queries for each."""
    listed = list(rows)
    things = {row.request.thing for row in listed}
    own = rights_on_each(user, [thing for thing in things if isinstance(thing, Item)])
    own |= rights_on_each(user, [thing for thing in things if isinstance(thing, Workspace)])
    return [
        replace(row, obstacle=what_stands_against(row.request) or too_much or "")
        for row in listed
        for too_much in [more_than_own(user, row.request, own=own[row.request.thing.pk])]
    ]


def what_stands_against(request: AccessRequest) -> str | None:
    return obstacle(request) if request.is_waiting else None


def _ahead(request: AccessRequest) -> list[Step]:
    passed_on = request.asked_at + timedelta(days=settings.ACCESS_REQUEST_PASS_ON_DAYS)
    steps = [Step(request.expires_at, "Ends, if nobody answers", ahead=True)]
    if request.escalated_at is None and passed_on > timezone.now():
        steps.append(Step(passed_on, "Goes to a second person too, if nobody answers", ahead=True))
    return steps


def _still_seen(user: User, own: list[AccessRequest]) -> tuple[set[UUID], set[UUID]]:
    items = {request.item_id for request in own if request.item_id}
    workspaces = {request.workspace_id for request in own}
    seen_items = Item.objects.visible_to(user).filter(pk__in=items).values_list("pk", flat=True) if items else ()
    seen = Workspace.objects.visible_to(user).filter(pk__in=workspaces).values_list("pk", flat=True) if own else ()
    return set(seen_items), set(seen)


def _row(user: User, request: AccessRequest, items: Collection[UUID], workspaces: Collection[UUID]) -> RequestRow:
    mine = request.asker_id == user.pk
    sees_workspace = not mine or request.workspace_id in workspaces
    sees = sees_workspace if request.item_id is None else not mine or request.item_id in items
    return RequestRow(
        request=request,
        wanted=in_words(request.wanted),
        given=in_words(request.given),
        place=str(request.thing) if sees else "",
        within=request.workspace.name if request.item_id and sees and sees_workspace else "",
        mine=mine,
    )


def in_words(codes: list[str]) -> str:
    """Return “the role Contributor”, or “download, edit”."""
    if len(codes) == 1 and (role := role_called(codes[0])):
        return f"the {role.in_words}"
    return ", ".join(right.label for right in Right if right.codename in codes)

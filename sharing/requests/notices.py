"""Telling people about requests: a mail that says who asks or answers and names no place, and a line in their inbox."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from accounts.inbox import kinds, telling
from accounts.inbox.kinds import Group, Kind, Line, Reading
from accounts.inbox.models import Notice
from accounts.inbox.telling import About
from accounts.mail import address_of, day, send_mail
from core.access import Service
from sharing.models import AccessRequest
from sharing.permissions import Right
from sharing.requests.selectors import RequestRow, rows_for
from workspaces.noticed import items_seen, workspaces_seen

ASKED = Kind("access_request.asked", Group.ACCESS, "asks for access")
ANSWERED = Kind("access_request.answered", Group.ACCESS, "answered your request for access")

CLOCK = Service("access requests", frozenset({Right.WATCH_REQUESTS}))


def tell_who_answers(request: AccessRequest, why: str) -> None:
    """Tell whoever the request is addressed to. `why` is one of asked, waiting, passed_on."""
    telling.tell([request.addressed_to_id], ASKED.code, actor=request.asker, about=_about(request), mailed=True)
    send_mail(
        "access_asked",
        to=request.addressed_to.email,
        name=request.addressed_to.name,
        asker=request.asker,
        why=why,
        asked_on=day(request.asked_at),
        answer_by=day(request.expires_at),
        url=address_of("sharing:request", request.pk),
    )


def tell_asker(request: AccessRequest, outcome: str) -> None:
    """Tell the asker what became of it: granted, refused or expired. The reason stands on the page."""
    telling.tell([request.asker_id], ANSWERED.code, actor=request.answered_by, about=_about(request), mailed=True)
    send_mail(
        "access_answered",
        to=request.asker.email,
        name=request.asker.name,
        answerer=request.answered_by,
        outcome=outcome,
        asked_on=day(request.asked_at),
        url=address_of("sharing:request", request.pk),
    )


def register() -> None:
    kinds.register(read, [ASKED, ANSWERED])


def read(reading: Reading, notices: Sequence[Notice]) -> dict[UUID, Line]:
    """Requests that the person may still answer, and their own."""
    person = reading.person
    wanted = AccessRequest.objects.visible_to(person).filter(pk__in=[one.thing for one in notices]).with_names()
    seen = (reading.once(items_seen).keys(), reading.once(workspaces_seen).keys())
    rows = {row.request.pk: row for row in rows_for(person, wanted, seen=seen)}
    return {one.pk: _line(one, rows[one.thing]) for one in notices if one.thing in rows}


def _line(notice: Notice, row: RequestRow) -> Line:
    url = reverse("sharing:request", args=[row.request.pk])
    if notice.kind == ASKED.code:
        return Line(f"asks for access to {row.about}: {row.wanted}", row.within, url)
    outcome = {"granted": "granted", "refused": "refused"}.get(row.request.state, "closed without an answer")
    return Line(f"{outcome} what you asked for, on {row.about}", row.within, url)


def _about(request: AccessRequest) -> About:
    return About(thing=request.pk, workspace=request.workspace_id, item=request.item_id)

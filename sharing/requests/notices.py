"""Mail about requests. It says who asks or answers, and names no workspace, folder or file."""

from accounts.mail import address_of, day, send_mail
from core.access import Service
from sharing.models import AccessRequest
from sharing.permissions import Right

CLOCK = Service("access requests", frozenset({Right.WATCH_REQUESTS}))


def tell_who_answers(request: AccessRequest, why: str) -> None:
    """Mail whoever the request is addressed to. `why` is one of asked, waiting, passed_on."""
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
    """Mail the asker what became of it: granted, refused or expired. The reason stands on the page."""
    send_mail(
        "access_answered",
        to=request.asker.email,
        name=request.asker.name,
        answerer=request.answered_by,
        outcome=outcome,
        asked_on=day(request.asked_at),
        url=address_of("sharing:request", request.pk),
    )

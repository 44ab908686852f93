"""Coming through a link: the token, the code that is mailed, and who somebody says they are.

None of this shows or changes anything that is kept; what is brought or opened afterwards is recorded.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from core.errors import Conflict, InvalidInput, Refused
from core.text import plain_line
from sharing.links import notices
from sharing.links.limits import checked_address
from sharing.links.models import Link, Visit
from sharing.links.rules import open_link
from sharing.links.tokens import digest_of, digest_of_code, new_code, new_secret, same, token_in
from workspaces.models import Outsider

LASTS = timedelta(hours=12)
_CODE_LASTS = timedelta(minutes=notices.CODE_MINUTES)
_MOST_TRIES = 5
_MOST_CODES_AN_HOUR = 6
_MOST_VISITS_AN_HOUR = 100
_HOUR = timedelta(hours=1)
_OTHER_CODE = "This code does not open it: it is wrong, used or too old. Have another one sent."


@transaction.atomic
def begin_visit(*, token: str) -> tuple[Visit, str] | None:
    """Let a browser in by the token of a link. Return the visit and its secret, or None for a link that does not open.

    Raises:
        Conflict: very many have come through it within an hour.

    """
    link = open_link(digest=digest_of(token_in(token)))
    if link is None:
        return None
    if link.visits.filter(began_at__gt=timezone.now() - _HOUR).count() >= _MOST_VISITS_AN_HOUR:
        raise Conflict("This link was opened very often within an hour. Try again later.")
    secret, digest = new_secret()
    ends = min(timezone.now() + LASTS, link.expires_at)
    return Visit.objects.create(link=link, digest=digest, expires_at=ends), secret


@transaction.atomic
def send_code(*, visit: Visit) -> None:
    """Mail a new code to the address that the link is for; an older one ends.

    Raises:
        Conflict: many were sent within an hour.

    """
    link = Link.objects.select_for_update(no_key=True, of=("self",)).get(pk=visit.link_id)
    visit = _locked(visit)
    lately = link.visits.filter(code_sent_at__gt=timezone.now() - _HOUR).aggregate(sent=Sum("codes_sent"))["sent"] or 0
    if not link.email or visit.proved_at or lately >= _MOST_CODES_AN_HOUR:
        raise Conflict("No more codes are sent for this link now. Wait an hour, or ask whoever gave you the link.")
    code = new_code()
    visit.code_digest, visit.code_sent_at, visit.code_tries = digest_of_code(code, visit.pk), timezone.now(), 0
    visit.codes_sent += 1
    visit.save()
    notices.send_code(link, code)


def prove_code(*, visit: Visit, code: str) -> Visit:
    """Prove by a mailed code that one reads the address that the link is for.

    Raises:
        InvalidInput: it is wrong, too old, or was tried too often.

    """
    visit, proved = _try_code(visit, code)
    if not proved:
        raise InvalidInput(_OTHER_CODE, field="code")
    return visit


@transaction.atomic
def introduce(*, visit: Visit, name: str, email: str = "") -> Outsider:
    """Say who one is. Where a code was mailed, the address is the one that was proved.

    Raises:
        Refused: before the code that the link asks for.
        InvalidInput: without a name, or with an address that is none.
        Conflict: it was said already.

    """
    visit = _locked(visit)
    if visit.outsider_id is not None:
        raise Conflict("You have said already who you are.")
    proved = visit.proved_at is not None
    if visit.link.email and not proved:
        raise Refused("Type the code first that was mailed to the address of this link.")
    visit.outsider = Outsider.objects.create(
        link=visit.link_id,
        name=plain_line(name[:200], field="name", empty="Say who you are."),
        email=visit.link.email if proved else checked_address(email),
        proved=proved,
    )
    visit.save(update_fields=["outsider"])
    return visit.outsider


@transaction.atomic
def end_visit(*, visit: Visit) -> None:
    """Let a browser forget the link, so that nobody who uses it next comes through."""
    visit.expires_at = timezone.now()
    visit.save(update_fields=["expires_at"])


@transaction.atomic
def _try_code(visit: Visit, code: str) -> tuple[Visit, bool]:
    """Count the try, whatever comes of it: a wrong one must not be undone by the error that follows."""
    visit = _locked(visit)
    fresh = visit.code_sent_at is not None and visit.code_sent_at > timezone.now() - _CODE_LASTS
    if not fresh or visit.code_tries >= _MOST_TRIES or not visit.code_digest:
        return visit, False
    visit.code_tries += 1
    proved = same(visit.code_digest, digest_of_code(code, visit.pk))
    if proved:
        visit.proved_at, visit.code_digest = timezone.now(), b""
        visit.outsider = _recipient(visit.link)
    visit.save(update_fields=["code_tries", "proved_at", "code_digest", "outsider"])
    return visit, proved


def _recipient(link: Link) -> Outsider | None:
    """Return whom a copy was sent to, who has just proved the address; a request has nobody yet."""
    if link.kind != Link.Kind.SEND:
        return None
    recipient = Outsider.objects.get(link=link.pk)
    recipient.proved = True
    recipient.save(update_fields=["proved"])
    return recipient


def _locked(visit: Visit) -> Visit:
    return Visit.objects.select_for_update(no_key=True, of=("self",)).select_related("link").get(pk=visit.pk)

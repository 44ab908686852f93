"""Mails about notices: to each person one at a time, at once or once a day, as they chose.

What is to be mailed stands in the table, so nothing is lost with a message or a process. Whoever is about to mail holds
the notices for some minutes, and marks them as mailed when the mail server has taken the mail. If it dies between, the
mail is sent again after those minutes. No network inside a transaction.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.inbox import kinds
from accounts.inbox.models import MailChoice, Notice
from accounts.inbox.selectors import Row, mail_choices, rows_for
from accounts.mail import address_of, message_of
from accounts.models import User

logger = logging.getLogger(__name__)

HELD_FOR = timedelta(minutes=10)
KEPT_AFTER_READING = timedelta(days=180)
_MOST_IN_ONE = 500
_LINES = 30


def mail_notices() -> int:
    """Mail everybody who is to be mailed now; return how many mails were sent."""
    return sum(_mail(person) for person in _who_may_be_due(timezone.now()))


def forget_old_notices() -> int:
    """Take away what was read long ago."""
    old = Notice.objects.filter(read_at__lt=timezone.now() - KEPT_AFTER_READING)
    return old.delete()[0]


def _who_may_be_due(now: datetime) -> list[UUID]:
    """Return for whom it is morning, and who wants some mails at once: nobody else is looked at every minute."""
    waiting = Notice.objects.to_mail().order_by()
    due = Q(person__in=MailChoice.objects.filter(how=MailChoice.How.IMMEDIATE).values("person"))
    for zone in waiting.values_list("person__time_zone", flat=True).distinct():
        due |= Q(person__time_zone=zone, at__lt=_last_round(zone, now))
    return list(waiting.filter(due).values_list("person", flat=True).distinct())


def _mail(pk: UUID) -> bool:
    person = User.objects.get(pk=pk)
    held = _take(person, timezone.now())
    if not held:
        return False
    rows = rows_for(person, held)
    shown = [row for row in rows if row.line is not None]
    _mark([row.notice for row in rows if row.line is None], Notice.Mail.NONE)
    if not shown:
        return False
    try:
        _message(person, shown).send()
    except (SMTPException, OSError) as error:
        logger.warning("A mail about notices was not sent (%s); it is tried again.", type(error).__name__)
        return False
    _mark([row.notice for row in shown], Notice.Mail.SENT)
    return True


@transaction.atomic
def _take(person: User, now: datetime) -> list[Notice]:
    """Return what is to be mailed to a person now, held against other processes."""
    waiting = Notice.objects.to_mail().filter(person=person).order_by("-id").select_related("actor")
    locked = list(waiting.select_for_update(no_key=True, skip_locked=True, of=("self",))[:_MOST_IN_ONE])
    choices = mail_choices(person)
    how = {one.pk: choices.get(one.workspace, choices[None]) for one in locked}
    # Whoever is not approved at the moment sees nothing of it, and need not be told so.
    unwanted = [one for one in locked if how[one.pk] == MailChoice.How.OFF or not person.in_good_standing]
    _mark(unwanted, Notice.Mail.NONE)
    since = _last_round(person.time_zone, now)
    due = [one for one in locked if one not in unwanted and (how[one.pk] == MailChoice.How.IMMEDIATE or one.at < since)]
    Notice.objects.filter(pk__in=[one.pk for one in due]).update(held_until=now + HELD_FOR)
    return due


def _last_round(zone: str, now: datetime) -> datetime:
    """Return when the last daily mail was due, by the clocks of a time zone."""
    here = now.astimezone(ZoneInfo(zone))
    morning = here.replace(hour=settings.MAIL_DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return morning if morning <= here else morning - timedelta(days=1)


def _mark(notices: Sequence[Notice], state: Notice.Mail) -> None:
    mailed_at = timezone.now() if state == Notice.Mail.SENT else None
    named = Notice.objects.filter(pk__in=[one.pk for one in notices])
    named.update(mail=state, mailed_at=mailed_at, held_until=None)


def _message(person: User, rows: Sequence[Row]) -> EmailMessage:
    settings_page = address_of("accounts:mail_choices")
    message = message_of(
        "notices",
        to=person.email,
        name=person.name,
        count=len(rows),
        lines=[_line(row) for row in rows[:_LINES]],
        more=max(len(rows) - _LINES, 0),
        url=address_of("accounts:inbox"),
        settings_url=settings_page,
    )
    message.extra_headers["List-Unsubscribe"] = f"<{settings_page}>"
    return message


def _line(row: Row) -> str:
    """Return what a mail may say: names of files and places only where the workspace allows it, and never content."""
    kind = kinds.kind_of(row.notice)
    assert kind is not None  # noqa: S101  what has a line has a kind
    assert row.line is not None  # noqa: S101  the caller left out the others
    if not row.line.may_be_mailed:
        return f"{row.who} {kind.bare}"
    return f"{row.who} {row.line.words}" + (f", in “{row.line.place}”" if row.line.place else "")

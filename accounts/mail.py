"""Mail to people: one plain text template each, whose first line is the subject.

A mail leaves after the transaction that asks for it has committed. A mail server that is down must not undo a deed or
break a page, so a failure is logged (without the address) and the deed stands; what a mail says is also on a page.
"""

import logging
from datetime import UTC, datetime
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format

logger = logging.getLogger(__name__)


def message_of(mail: str, /, *, to: str, **context: Any) -> EmailMessage:
    """Return templates/emails/<mail>.txt as a message to one address."""
    text = render_to_string(f"emails/{mail}.txt", {"site": settings.SITE_ORIGIN, "email": to, **context})
    subject, _, body = text.strip().partition("\n")
    return EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[to])


def send_mail(mail: str, /, *, to: str, **context: Any) -> None:
    """Send templates/emails/<mail>.txt to one address, after commit."""
    message = message_of(mail, to=to, **context)

    def deliver() -> None:
        try:
            message.send()
        except (SMTPException, OSError) as error:
            logger.warning("The mail %s was not sent: %s.", mail, type(error).__name__)

    transaction.on_commit(deliver)


def day(moment: datetime) -> str:
    """Return a day as a mail says it, with the time zone in which it is meant."""
    return date_format(moment.astimezone(UTC), "j F Y") + " (UTC)"


def address_of(page: str, *args: Any) -> str:
    """Return the full address of a page. It comes from the settings: a Host header can be forged."""
    return settings.SITE_ORIGIN.rstrip("/") + reverse(page, args=args)

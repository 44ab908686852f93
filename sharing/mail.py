"""Mail to people who were invited. It names the inviter and nothing that is inside."""

import logging
import smtplib
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from sharing.models import Invitation

logger = logging.getLogger(__name__)


def send_invitations() -> int:
    """Send the mail of every waiting invitation that has not been sent; return how many were sent.

    The invitation itself was recorded when it was made; sending it again after a crash does no harm.
    """
    unsent = Invitation.objects.waiting().filter(mailed_at=None).values_list("pk", flat=True)
    return sum(_send(invitation) for invitation in list(unsent))


def _send(pk: UUID) -> bool:
    with transaction.atomic():
        claimed = Invitation.objects.filter(pk=pk, mailed_at=None).update(mailed_at=timezone.now())
    if not claimed:
        return False
    invitation = Invitation.objects.select_related("invited_by__institution").get(pk=pk)
    try:
        send_mail("You have been invited to work together", _text(invitation), None, [invitation.email])
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("An invitation could not be mailed (%s); the sweep tries again.", type(error).__name__)
        Invitation.objects.filter(pk=pk).update(mailed_at=None)
        return False
    return True


def _text(invitation: Invitation) -> str:
    """One text for everybody: it says nothing about whether there is an account with the address."""
    links = {name: settings.SITE_ORIGIN + reverse(name) for name in ("sharing:invitations", "accounts:apply")}
    return render_to_string(
        "emails/invitation.txt",
        {
            "inviter": invitation.invited_by,
            "answer_by": invitation.expires_at,
            "invitations_url": links["sharing:invitations"],
            "apply_url": links["accounts:apply"],
        },
    )

"""Mail about links. It names no workspace, folder, file or person who came through one."""

from django.conf import settings
from django.urls import reverse

from accounts.mail import address_of, day, send_mail
from core.access import Service
from sharing.links.models import Link, Send
from sharing.permissions import Right

CLOCK = Service("links", frozenset({Right.END_LINKS}))
CODE_MINUTES = 15


def address(token: str) -> str:
    """Return the address that opens a link. What stands behind the # is never sent to a server, so it is in no log."""
    return f"{settings.SITE_ORIGIN.rstrip('/')}{reverse('sharing:outside')}#{token}"


def send_code(link: Link, code: str) -> None:
    send_mail("link_code", to=link.email, code=code, minutes=CODE_MINUTES)


def send_link(send: Send, token: str) -> None:
    """Mail the recipient of a copy the link. It opens nothing without a code, which is mailed when it is followed."""
    send_mail("copy_sent", to=send.email, sender=send.made_by, ends_on=day(send.expires_at), url=address(token))


def tell_of_delivery(link: Link) -> None:
    """Tell whoever made a request that files have come: once for each time somebody delivers."""
    send_mail(
        "files_delivered",
        to=link.made_by.email,
        name=link.made_by.name,
        made_on=day(link.made_at),
        url=address_of("sharing:link", link.pk),
    )

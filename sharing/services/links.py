"""Links from outside as such: closing one, and writing down that its end came."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.access import Actor, require
from core.errors import Conflict
from ledger_bridge.events import Event
from ledger_bridge.recording import record
from sharing import events as sharing_events
from sharing.links import events, notices
from sharing.links.models import DeliveredFile, FileRequest, Link, Send, Visit
from sharing.permissions import Right

_FORGOTTEN_AFTER = timedelta(days=1)


@transaction.atomic
def close_link(*, actor: User, link: Link) -> Link:
    """Close a link for good. Whoever may share what it is about can; taking access away asks for nothing more.

    Raises:
        Refused: without the right to share.
        Conflict: when it is closed or has ended already.

    """
    require(actor, Right.CLOSE_LINK, link)
    found = _locked(link.pk)
    if not found.is_open:
        raise Conflict("This link was closed or had ended already.")
    _shut(found, Link.State.CLOSED, actor)
    whole = _whole(found)
    record(_closed(whole), actor=actor, subject=whole)
    return found


def end_links(*, actor: Actor = notices.CLOCK) -> int:
    """Write down, once, that the end of a link came; return of how many. It needs no job to take effect.

    What is kept to show who delivered a file goes when that file was removed for good; visits go when they are over.
    """
    require(actor, Right.END_LINKS)
    DeliveredFile.objects.filter(version__shredded_at__isnull=False).exclude(name="").update(name="")
    Visit.objects.filter(expires_at__lt=timezone.now() - _FORGOTTEN_AFTER).delete()
    over = Link.objects.filter(state=Link.State.OPEN, expires_at__lte=timezone.now()).order_by("expires_at")
    return sum(_end(pk) for pk in list(over.values_list("pk", flat=True)))


@transaction.atomic
def _end(pk: UUID) -> bool:
    link = _locked(pk)
    if link.state != Link.State.OPEN or link.is_open:
        return False
    _shut(link, Link.State.EXPIRED)
    whole = _whole(link)
    record(_expired(whole), actor=notices.CLOCK, subject=whole, occurred_at=link.expires_at)
    return True


def _locked(pk: UUID) -> Link:
    found = Link.objects.select_for_update(no_key=True, of=("self",)).select_related("item__workspace", "made_by")
    return found.get(pk=pk)


def _shut(link: Link, state: Link.State, by: User | None = None) -> None:
    link.state, link.closed_at, link.closed_by = state, timezone.now(), by
    link.save(update_fields=["state", "closed_at", "closed_by"])


def _closed(link: FileRequest | Send) -> Event:
    if isinstance(link, Send):
        return events.CopyClosed(link=str(link.pk), openings=link.openings)
    return events.FileRequestClosed(request=str(link.pk), files=link.files)


def _expired(link: FileRequest | Send) -> Event:
    until = sharing_events.until(link.expires_at)
    if isinstance(link, Send):
        return events.CopyExpired(link=str(link.pk), openings=link.openings, until=until)
    return events.FileRequestExpired(request=str(link.pk), files=link.files, until=until)


def _whole(link: Link) -> FileRequest | Send:
    """Return a link with what is kept of its kind."""
    if link.kind == Link.Kind.SEND:
        return Send.objects.get(pk=link.pk)
    return FileRequest.objects.get(pk=link.pk)

"""Copies for somebody outside: sent to one address, opened by a code, so often and no more, and never unrecorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from core.access import require
from core.errors import Conflict, IthacaError, Refused
from ledger_bridge.recording import record
from sharing import events as sharing_events
from sharing.links import events, inbox, notices
from sharing.links.limits import check_room_for_link, check_send, checked_address, checked_end, checked_line
from sharing.links.models import Link, Send
from sharing.links.tokens import new_secret
from sharing.services import checks
from workspaces.acknowledging.rules import require_open_to_outsiders
from workspaces.models import Outsider, Version
from workspaces.opening import require_openable
from workspaces.permissions import Right
from workspaces.viewer.kinds import kind_of

# Like a viewing of a member (workspaces.services.viewing): who asks for no page for so long has stopped looking.
_PAUSE = timedelta(minutes=15)
_LONGEST = timedelta(hours=8)
# A download may go on in parts, or be begun again, for so long in one visit: all of that is one opening.
_FETCHING = timedelta(hours=12)
_OTHER = "This was sent to somebody else."
_USED = "This was opened as often as it may be. Ask whoever sent it for another link."


@transaction.atomic
def send_copy(
    *,
    actor: User,
    version: Version,
    email: str,
    expires_at: datetime,
    mode: str,
    most_openings: int,
    purpose: str,
    name: str = "",
) -> tuple[Send, str]:
    """Let one person outside look at a version or download it. Return the link and its token, which is not kept.

    Raises:
        Refused: without the right to download the file, or to share it; and while the virus scanner holds it.
        CannotShow: it is to be looked at, and nothing draws files of its kind.
        InvalidInput: without an address or a purpose, or for limits that are none.
        Conflict: when very many links of the workspace are open.

    """
    require(actor, Right.DOWNLOAD, version)
    require(actor, Right.SHARE, version)
    require_openable(actor, version, Right.DOWNLOAD)
    require_open_to_outsiders(version)
    workspace = checks.lock_workspace(version.file.workspace)
    check_room_for_link(workspace.pk)
    check_send(mode, most_openings)
    if mode == Send.Mode.VIEW:
        kind_of(version)
    email = checked_address(email)
    purpose = checks.said(purpose, field="purpose", longest=500, empty="Say what they need it for.")
    token, digest = new_secret()
    send = Send(
        kind=Link.Kind.SEND,
        workspace=workspace,
        item=version.file,
        version=version,
        digest=digest,
        email=email,
        made_by=actor,
        expires_at=checked_end(expires_at),
        mode=mode,
        most_openings=most_openings,
        purpose=purpose,
    )
    send.recipient = Outsider.objects.create(link=send.id, name=checked_line(name, "name") or email, email=email)
    send.save(force_insert=True)
    record(_sent(send), actor=actor, subject=send, purpose=purpose)
    notices.send_link(send, token)
    return send, token


@contextmanager
def counted_opening(*, actor: Outsider, send: Send, right: Right, visit: UUID) -> Iterator[None]:
    """Count one opening around what opens the version; one that fails is given back.

    Looking is one while pages are asked for; downloading is one in one visit, however many requests it takes.

    It is counted before anything opens, so that two at once cannot both be the last.

    Raises:
        Refused: the link does not open this, or not any more.
        Conflict: it was opened as often as it may be.

    """
    if actor.pk != send.recipient_id:
        raise Refused(_OTHER, right=right.value)
    require(actor, right, send.version)
    counted = _count(send, visit=None if right == Right.VIEW else visit)
    try:
        yield
    except IthacaError:
        if counted:
            Send.objects.filter(pk=send.pk, openings__gt=0).update(
                openings=F("openings") - 1, seen_at=None, fetched_in=None
            )
        raise
    if counted:
        inbox.tell_of_opening(send)


@transaction.atomic
def _count(send: Send, *, visit: UUID | None) -> bool:
    """Return whether this is a new opening; `visit` is the one that it is downloaded in, where it is not looked at."""
    found, now = Send.objects.select_for_update(no_key=True, of=("self",)).get(pk=send.pk), timezone.now()
    new = not (_is_looking(found, now) if visit is None else _is_fetching(found, visit, now))
    if new and found.left < 1:
        raise Conflict(_USED)
    if new:
        found.openings += 1
    if visit is None:
        found.seen_at = now
        found.opened_at = now if new else found.opened_at
    elif new:
        found.fetched_in, found.fetched_at = visit, now
    found.save(update_fields=["openings", "seen_at", "opened_at", "fetched_in", "fetched_at"])
    return new


def _is_fetching(send: Send, visit: UUID, now: datetime) -> bool:
    return send.fetched_in == visit and send.fetched_at is not None and now - send.fetched_at < _FETCHING


def _is_looking(send: Send, now: datetime) -> bool:
    if send.seen_at is None or send.opened_at is None:
        return False
    return now - send.seen_at < _PAUSE and now - send.opened_at < _LONGEST


def _sent(send: Send) -> events.CopySent:
    return events.CopySent(
        link=str(send.pk),
        name=send.item.name,
        number=send.version.number,
        mode=send.mode,
        most_openings=send.most_openings,
        until=sharing_events.until(send.expires_at),
    )

"""Requests for access: ask, grant as asked or less, refuse, withdraw. What is granted is an ordinary grant."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput
from ledger_bridge.recording import record
from sharing import events as sharing_events
from sharing.models import AccessRequest, Effect, ItemUserException, WorkspaceUserGrant
from sharing.permissions import Right as SharingRight
from sharing.requests import events, notices
from sharing.requests.answering import first_to_answer, obstacle
from sharing.requests.asking import askable_rights, askable_roles
from sharing.requests.models import MOST_DAYS
from sharing.roles import roles_called
from sharing.services import checks
from sharing.services.exceptions import put_exception
from sharing.services.grants import alter_role, give_role
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

MOST_A_DAY = 20  # by one person: each request is a mail to somebody
_ASKED_ALREADY = "You have asked about this already, and nobody has answered yet."
_HAS_IT = "They have this already, as long or longer."
_NO_MORE = "An answer gives what was asked for or less of it. More can be given on the access page."


@transaction.atomic
def ask_for_access(
    *,
    actor: User,
    thing: Workspace | Item,
    days: int,
    purpose: str,
    role: str = "",
    rights: Collection[Right] = (),
    message: str = "",
) -> AccessRequest:
    """Ask for a role in a workspace, or for rights on an item. Whoever may share it can answer.

    Raises:
        Refused: without the right to view: nobody asks about what they do not see.
        InvalidInput: when nothing is asked for that could be given, or no purpose is said.
        Conflict: when one's last request about it still waits, or one has asked too often today.

    """
    require(actor, Right.VIEW, thing)
    _check_wanted(actor, thing, role, rights)
    purpose = checks.said(purpose, field="purpose", longest=500, empty="Say what you need it for.")
    message = checks.said(message, field="message", longest=1000)
    _check_days(days, MOST_DAYS)
    workspace = checks.lock_workspace(thing.workspace if isinstance(thing, Item) else thing)
    item = thing if isinstance(thing, Item) else None
    _check_room(actor)
    request = _create(
        asker=actor,
        workspace=workspace,
        item=item,
        role=role,
        rights=sorted(right.codename for right in rights),
        days=days,
        purpose=purpose,
        message=message,
        addressed_to=first_to_answer(actor, workspace),
        expires_at=timezone.now() + timedelta(days=settings.ACCESS_REQUEST_EXPIRES_DAYS),
    )
    event = events.AccessAsked(request=str(request.pk), what=_said(request.wanted), how_long=events.in_days(days))
    record(event, actor=actor, subject=request, purpose=purpose)
    notices.tell_who_answers(request, "asked")
    return request


@transaction.atomic
def grant_request(
    *,
    actor: User,
    request: AccessRequest,
    role: str = "",
    rights: Collection[Right] = (),
    days: int | None = None,
    reason: str = "",
) -> AccessRequest:
    """Give what was asked for, or less: a lower role, fewer rights, fewer days. What is left out means "as asked".

    Raises:
        Refused: without the right to give it, and to the asker.
        InvalidInput: for more than was asked, or something else.
        Conflict: when it has been answered or withdrawn, or something stands against it by now.

    """
    require(actor, SharingRight.ANSWER_REQUEST, request)
    request = _waiting(request)
    if sentence := obstacle(request):
        raise Conflict(sentence)
    role, rights, days = _checked_answer(request, role, rights, days)
    until = timezone.now() + timedelta(days=days)
    reason = checks.said(reason, field="reason", longest=500)
    given = _give_rights(actor, request, request.item, rights, until) if request.item else set()
    if request.item is None:
        _give_role(actor, request, role, until)
    in_part = days < request.days or role != request.role or not {*rights} >= _rights(request)
    request.given_role, request.given_until = role, until
    request.given_rights = sorted(right.codename for right in given)
    _close(request, AccessRequest.State.GRANTED, actor, reason)
    event = events.AccessGranted(
        request=str(request.pk),
        measure="less" if in_part else "asked",
        what=_said(request.given),
        until=sharing_events.until(until),
        reason=reason,
    )
    record(event, actor=actor, subject=request, purpose=request.purpose)
    notices.tell_asker(request, "granted")
    return request


@transaction.atomic
def refuse_request(*, actor: User, request: AccessRequest, reason: str) -> AccessRequest:
    """Say no, and why: the asker reads it, and it stays in the trail."""
    require(actor, SharingRight.ANSWER_REQUEST, request)
    request = _waiting(request)
    reason = checks.said(reason, field="reason", longest=500, empty="Say why; the asker reads it.")
    _close(request, AccessRequest.State.REFUSED, actor, reason)
    event = events.AccessNotGranted(request=str(request.pk), what=_said(request.wanted), reason=reason)
    record(event, actor=actor, subject=request, purpose=request.purpose)
    notices.tell_asker(request, "refused")
    return request


@transaction.atomic
def withdraw_request(*, actor: User, request: AccessRequest) -> AccessRequest:
    require(actor, SharingRight.WITHDRAW_REQUEST, request)
    request = _waiting(request)
    _close(request, AccessRequest.State.WITHDRAWN)
    event = events.AccessRequestWithdrawn(request=str(request.pk), what=_said(request.wanted))
    record(event, actor=actor, subject=request)
    return request


def _check_wanted(asker: User, thing: Workspace | Item, role: str, rights: Collection[Right]) -> None:
    """Refuse what cannot be given there, and what the asker has already."""
    if isinstance(thing, Workspace):
        if rights or checks.known_role(role) not in askable_roles(asker, thing):
            raise InvalidInput("Choose a role that gives you more than you have.", field="role")
    elif role or not rights or not set(rights) <= set(askable_rights(asker, thing)):
        raise InvalidInput("Choose at least one right that you do not have.", field="rights")


def _check_days(days: int, most: int) -> None:
    if not 1 <= days <= most:
        raise InvalidInput(f"Choose between 1 and {most} days.", field="days")


def _check_room(asker: User) -> None:
    lately = AccessRequest.objects.filter(asker=asker, asked_at__gt=timezone.now() - timedelta(days=1))
    if lately.count() >= MOST_A_DAY:
        raise Conflict(f"You have asked {MOST_A_DAY} times within a day. Write to the people who manage it instead.")


def _create(**fields: Any) -> AccessRequest:
    """Insert a request. One that ran out makes room; one that still waits is a conflict."""
    old = AccessRequest.objects.filter(asker=fields["asker"], workspace=fields["workspace"], item=fields["item"])
    for stale in old.filter(state=AccessRequest.State.OPEN, expires_at__lte=timezone.now()).select_for_update():
        let_run_out(stale)
    try:
        with transaction.atomic():
            return AccessRequest.objects.create(**fields)
    except IntegrityError:
        raise Conflict(_ASKED_ALREADY) from None


def let_run_out(request: AccessRequest) -> None:
    """Close a request that nobody answered; its row is locked."""
    _close(request, AccessRequest.State.EXPIRED)
    event = events.AccessRequestExpired(request=str(request.pk), what=_said(request.wanted))
    record(event, actor=notices.CLOCK, subject=request, occurred_at=request.expires_at)
    notices.tell_asker(request, "expired")


def _checked_answer(
    request: AccessRequest, role: str, rights: Collection[Right], days: int | None
) -> tuple[str, Collection[Right], int]:
    """Return what is to be given, with what was asked for in the place of what is not said."""
    days = request.days if days is None else days
    _check_days(days, request.days)
    if request.item is None:
        chosen = checks.known_role(role or request.role)
        if rights or not chosen.rights <= checks.known_role(request.role).rights:
            raise InvalidInput(_NO_MORE, field="role")
        return chosen.code, (), days
    if role or not set(rights) <= _rights(request):
        raise InvalidInput(_NO_MORE, field="rights")
    return "", rights or _rights(request), days


def _rights(request: AccessRequest) -> set[Right]:
    return {Right(f"workspaces.{codename}") for codename in request.rights}


def _give_role(actor: User, request: AccessRequest, role: str, until: datetime) -> None:
    """Give a role, or let the same one last longer. Another role of theirs stays as it is."""
    own = WorkspaceUserGrant.objects.filter(user=request.asker, content_object=request.workspace)
    same = own.filter(permission__codename=role).select_related("permission", "content_object", "user").first()
    if same is None or same.is_over:
        give_role(
            actor=actor,
            workspace=request.workspace,
            role=role,
            person=request.asker,
            expires_at=until,
            purpose=request.purpose,
        )
    elif _lasts_longer(same.expires_at, until):
        raise Conflict(_HAS_IT)
    else:
        alter_role(actor=actor, grant=same, role=role, expires_at=until, purpose=request.purpose)


def _give_rights(
    actor: User, request: AccessRequest, item: Item, rights: Collection[Right], until: datetime
) -> set[Right]:
    """Allow rights on the item; where access has ended since they asked, view as well. Return which."""
    wanted = set(rights) if request.asker.has_perm(Right.VIEW, item) else {*rights, Right.VIEW}
    own = ItemUserException.objects.filter(user=request.asker, content_object=item, effect=Effect.ALLOW)
    ends = dict(own.values_list("permission__codename", "expires_at"))
    given = {right for right in wanted if not (right.codename in ends and _lasts_longer(ends[right.codename], until))}
    if not given:
        raise Conflict(_HAS_IT)
    for right in sorted(given):
        put_exception(
            actor=actor,
            item=item,
            right=right,
            effect=Effect.ALLOW,
            person=request.asker,
            expires_at=until,
            purpose=request.purpose,
        )
    return given


def _lasts_longer(end: datetime | None, until: datetime) -> bool:
    return end is None or end >= until


def _waiting(request: AccessRequest) -> AccessRequest:
    """Return the request as it is now, locked; deeds about access in its workspace happen one after the other."""
    checks.lock_workspace(request.workspace)
    found = AccessRequest.objects.select_for_update(no_key=True, of=("self",))
    fresh = found.select_related("asker", "workspace", "item__workspace").get(pk=request.pk)
    if fresh.has_run_out:
        raise Conflict("This request was not answered in time. They can ask again.")
    if fresh.state != AccessRequest.State.OPEN:
        raise Conflict(f"This request has been answered or withdrawn already: {fresh.get_state_display().lower()}.")
    return fresh


def _close(request: AccessRequest, state: AccessRequest.State, actor: User | None = None, reason: str = "") -> None:
    request.state, request.closed_at, request.answered_by, request.reason = state, timezone.now(), actor, reason
    request.save()


def _said(codes: list[str]) -> str:
    roles = roles_called(codes)
    return ", ".join(roles[code].in_entry if code in roles else code for code in codes)

"""Deeds about standing: how long an approval lasts, and what takes it away."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.events import (
    ApprovalExpired,
    ApprovalReminded,
    ApprovalRenewed,
    ContributorSuspended,
    SuspensionLifted,
)
from accounts.mail import address_of, day, send_mail
from accounts.models import ApprovalNotice, User
from accounts.permissions import Right
from accounts.sessions import end_sessions
from core.access import Actor, Service, require
from core.errors import Conflict, InvalidInput
from ledger_bridge.recording import record

CLOCK = Service("approvals", frozenset({Right.END_APPROVALS}))
REMIND_BEFORE = (30, 7)
_LONGEST_REASON = 500


@transaction.atomic
def renew_approval(*, actor: User, person: User) -> User:
    """Let the approval last one more year, from today or from its end, whichever is later."""
    require(actor, Right.MANAGE_CONTRIBUTORS, person)
    person = _locked(person)
    if person.approved_until is None:
        raise Conflict("Only somebody who was approved can be renewed; an applicant is approved by their application.")
    person.approved_until = max(person.approved_until, timezone.now()) + settings.APPROVAL_LASTS
    person.save(update_fields=["approved_until"])
    until = f"{person.approved_until:%Y-%m-%d}"
    record(ApprovalRenewed(until=until), actor=actor, subject=person)
    send_mail("approval_renewed", to=person.email, name=person.name, until=day(person.approved_until))
    return person


@transaction.atomic
def suspend_contributor(*, actor: User, person: User, reason: str) -> User:
    """Take the approval away at once, and end every session.

    Raises:
        Conflict: for a commission admin or an auditor, who is suspended by two (`propose_suspension`).

    """
    require(actor, Right.MANAGE_CONTRIBUTORS, person)
    reason = checked_reason(reason)
    person = _locked(person)
    if person.watches_over_others:
        raise Conflict("Suspending a commission admin or an auditor takes two admins. Propose it.")
    ended = suspend_at_once(person, reason)
    record(ContributorSuspended(reason=reason, sessions_ended=ended), actor=actor, subject=person)
    return person


@transaction.atomic
def lift_suspension(*, actor: User, person: User, reason: str) -> User:
    require(actor, Right.MANAGE_CONTRIBUTORS, person)
    reason = checked_reason(reason)
    person = _locked(person)
    if person.suspended_at is None:
        raise Conflict(f"{person.name} is not suspended.")
    person.suspended_at, person.suspension_reason = None, ""
    person.save(update_fields=["suspended_at", "suspension_reason"])
    record(SuspensionLifted(reason=reason), actor=actor, subject=person)
    send_mail("suspension_lifted", to=person.email, name=person.name, url=address_of("account_login"))
    return person


def suspend_at_once(person: User, reason: str) -> int:
    """Suspend a person whose row is locked; return how many sessions ended. The deed that calls this records it."""
    if person.suspended_at is not None:
        raise Conflict(f"{person.name} is suspended already.")
    person.suspended_at, person.suspension_reason = timezone.now(), reason
    person.save(update_fields=["suspended_at", "suspension_reason"])
    send_mail("approval_suspended", to=person.email, name=person.name, reason=reason)
    return end_sessions(person)


def expire_approvals(*, actor: Actor = CLOCK) -> int:
    """Note every approval that has ended since the last time; return how many. The end itself needs no deed.

    Rights stop by themselves, because each is asked for with `in_good_standing`. This only leaves an entry, once.
    """
    require(actor, Right.END_APPROVALS)
    return sum(_note_expiry(actor, person) for person in User.objects.expired())


def remind_of_expiry(*, actor: Actor = CLOCK) -> int:
    """Mail those whose approval ends within 30 days, and again within 7; return how many were mailed."""
    require(actor, Right.END_APPROVALS)
    soon = User.objects.in_good_standing().filter(approved_until__lte=_in_days(max(REMIND_BEFORE)))
    return sum(_remind(actor, person) for person in soon)


@transaction.atomic
def _note_expiry(actor: Actor, person: User) -> bool:
    if person.approved_until is None or not _first_notice(person, person.approved_until, 0):
        return False
    record(ApprovalExpired(until=f"{person.approved_until:%Y-%m-%d}"), actor=actor, subject=person)
    send_mail("approval_expired", to=person.email, name=person.name)
    return True


@transaction.atomic
def _remind(actor: Actor, person: User) -> bool:
    if person.approved_until is None:
        return False
    due = min(days for days in REMIND_BEFORE if person.approved_until <= _in_days(days))
    if not _first_notice(person, person.approved_until, due):
        return False
    record(ApprovalReminded(days=due), actor=actor, subject=person)
    send_mail("approval_ends", to=person.email, name=person.name, until=day(person.approved_until))
    return True


def _first_notice(person: User, until: datetime, days: int) -> bool:
    """Return whether this deadline was not noted before. The unique constraint decides between two workers."""
    _, created = ApprovalNotice.objects.get_or_create(user=person, approved_until=until, days_before=days)
    return created


def _in_days(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)


def _locked(person: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=person.pk)


def checked_reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput("Write the reason; the person reads it.", field="reason")
    if len(reason.strip()) > _LONGEST_REASON:
        raise InvalidInput("Keep the reason under 500 characters.", field="reason")
    return reason.strip()

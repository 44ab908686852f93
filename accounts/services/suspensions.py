"""Deeds about suspending commission admins and auditors: always two admins, and never down to fewer than two."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.events import SuspensionConfirmed, SuspensionDeclined, SuspensionProposed
from accounts.models import AdminSuspension, User
from accounts.permissions import Right
from accounts.services.standing import checked_reason, suspend_at_once
from core.access import require
from core.errors import Conflict
from ledger_bridge.recording import record

_FEWEST_ADMINS = 2


@transaction.atomic
def propose_suspension(*, actor: User, person: User, reason: str) -> AdminSuspension:
    require(actor, Right.MANAGE_CONTRIBUTORS, person)
    reason = checked_reason(reason)
    if not person.watches_over_others:
        raise Conflict(f"{person.name} is neither a commission admin nor an auditor; one admin can suspend them.")
    _check(person)
    try:
        with transaction.atomic():
            suspension = AdminSuspension.objects.create(person=person, reason=reason, proposed_by=actor)
    except IntegrityError as error:
        raise Conflict(f"The suspension of {person.name} is proposed already and waits for a second admin.") from error
    record(SuspensionProposed(suspension=str(suspension.id), reason=reason), actor=actor, subject=suspension)
    return suspension


@transaction.atomic
def confirm_suspension(*, actor: User, suspension: AdminSuspension) -> AdminSuspension:
    """Confirm as the second admin. The person loses every right and every session at once."""
    require(actor, Right.CONFIRM_ADMINS, suspension)
    admins = _locked_admins()
    suspension = _locked(suspension)
    person = admins.get(suspension.person_id) or User.objects.select_for_update(no_key=True).get(
        pk=suspension.person_id
    )
    _check(person)
    _decide(suspension, actor, AdminSuspension.State.CONFIRMED)
    ended = suspend_at_once(person, suspension.reason)
    event = SuspensionConfirmed(suspension=str(suspension.id), reason=suspension.reason, sessions_ended=ended)
    record(event, actor=actor, subject=suspension)
    return suspension


@transaction.atomic
def decline_suspension(*, actor: User, suspension: AdminSuspension) -> AdminSuspension:
    """Say no. Any other admin may, and the one who proposed takes it back this way."""
    require(actor, Right.MANAGE_CONTRIBUTORS, suspension.person)
    suspension = _locked(suspension)
    _decide(suspension, actor, AdminSuspension.State.DECLINED)
    record(SuspensionDeclined(suspension=str(suspension.id)), actor=actor, subject=suspension)
    return suspension


def _check(person: User) -> None:
    if person.suspended_at is not None:
        raise Conflict(f"{person.name} is suspended already.")
    active = User.objects.in_good_standing().filter(role=User.Role.COMMISSION_ADMIN)
    if active.filter(pk=person.pk).exists() and active.count() <= _FEWEST_ADMINS:
        raise Conflict("The last two active commission admins cannot be suspended: nobody could appoint others.")


def _locked_admins() -> dict[object, User]:
    """Lock every admin, in a fixed order, so that two suspensions at once cannot leave fewer than two."""
    admins = User.objects.filter(role=User.Role.COMMISSION_ADMIN).order_by("pk").select_for_update(no_key=True)
    return {admin.pk: admin for admin in admins}


def _locked(suspension: AdminSuspension) -> AdminSuspension:
    suspension = (
        AdminSuspension.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person")
        .get(pk=suspension.pk)
    )
    if suspension.state != AdminSuspension.State.PROPOSED:
        raise Conflict("This suspension has been decided already.")
    return suspension


def _decide(suspension: AdminSuspension, decider: User, state: AdminSuspension.State) -> None:
    suspension.state, suspension.decided_by, suspension.decided_at = state, decider, timezone.now()
    suspension.save(update_fields=["state", "decided_by", "decided_at"])

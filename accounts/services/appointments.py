"""Deeds about commission admins and auditors: always two admins for one appointment."""

from collections.abc import Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.events import AdminConfirmed, AdminDeclined, AdminProposed, CommissionFounded
from accounts.mail import address_of, send_mail
from accounts.models import AdminAppointment, Institution, User
from accounts.permissions import Right
from accounts.sessions import end_sessions
from core.access import Actor, Service, require
from core.errors import Conflict, InvalidInput
from core.text import plain_line
from ledger_bridge.recording import record

INSTALLER = Service("installation", frozenset({Right.FOUND_COMMISSION}))
_FEWEST_FOUNDERS = 2


@dataclass(frozen=True)
class Founder:
    """One of the first commission admins. Without a password they set one by “forgot my password”."""

    email: str
    name: str
    password: str | None = None
    institution: Institution | None = None


@transaction.atomic
def found_commission(*, actor: Actor, founders: Sequence[Founder]) -> list[User]:
    """Make the first commission admins, at least two, in an installation that has none. Works once.

    Raises:
        Conflict: when there is a commission admin; from then on two of them appoint a third.
        InvalidInput: for fewer than two founders.

    """
    require(actor, Right.FOUND_COMMISSION)
    if len({founder.email.strip().lower() for founder in founders}) < _FEWEST_FOUNDERS:
        raise InvalidInput("Name at least two people: appointing further admins takes two.")
    if User.objects.filter(role=User.Role.COMMISSION_ADMIN).exists():
        raise Conflict("There is a commission already. Its admins appoint further ones.")
    people = [_found(founder) for founder in founders]
    for person in people:
        record(CommissionFounded(), actor=actor, subject=person)
    return people


@transaction.atomic
def propose_admin(
    *, actor: User, candidate: User, reason: str, role: str = User.Role.COMMISSION_ADMIN
) -> AdminAppointment:
    require(actor, Right.APPOINT_ADMINS, candidate)
    _check(candidate, role, reason)
    try:
        with transaction.atomic():
            appointment = AdminAppointment.objects.create(
                candidate=candidate, role=role, reason=reason.strip(), proposed_by=actor
            )
    except IntegrityError as error:
        raise Conflict(f"{candidate.name} is proposed already and waits for a second admin.") from error
    record(AdminProposed(appointment=str(appointment.id), role=role), actor=actor, subject=appointment)
    return appointment


@transaction.atomic
def confirm_admin(*, actor: User, appointment: AdminAppointment) -> AdminAppointment:
    """Confirm as the second admin. The candidate takes up the role, and signs in again."""
    require(actor, Right.CONFIRM_ADMINS, appointment)
    appointment = _locked(appointment)
    _check(appointment.candidate, appointment.role, appointment.reason)
    appointment.confirmed_by = actor
    _decide(appointment, AdminAppointment.State.CONFIRMED)
    candidate = appointment.candidate
    candidate.role = appointment.role
    candidate.is_staff = appointment.role == User.Role.COMMISSION_ADMIN
    candidate.approved_until = timezone.now() + settings.APPROVAL_LASTS
    candidate.save(update_fields=["role", "is_staff", "approved_until"])
    end_sessions(candidate)
    record(AdminConfirmed(appointment=str(appointment.id), role=appointment.role), actor=actor, subject=appointment)
    send_mail("appointed", to=candidate.email, name=candidate.name, role=appointment.get_role_display())
    return appointment


@transaction.atomic
def decline_admin(*, actor: User, appointment: AdminAppointment) -> AdminAppointment:
    """Say no. Any other admin may, and the one who proposed takes it back this way."""
    require(actor, Right.APPOINT_ADMINS, appointment.candidate)
    appointment = _locked(appointment)
    appointment.declined_by = actor
    _decide(appointment, AdminAppointment.State.DECLINED)
    record(AdminDeclined(appointment=str(appointment.id), role=appointment.role), actor=actor, subject=appointment)
    return appointment


def _found(founder: Founder) -> User:
    email = founder.email.strip().lower()
    try:
        with transaction.atomic():
            person = User.objects.create_user(
                email,
                founder.password,
                name=plain_line(founder.name, field="name", empty="Name every founder."),
                role=User.Role.COMMISSION_ADMIN,
                institution=founder.institution,
                approved_until=timezone.now() + settings.APPROVAL_LASTS,
                is_staff=True,
            )
    except IntegrityError as error:
        raise Conflict(f"There is an account for {email} already.") from error
    # Whoever installs vouches for the address; the password is set by a mail to it.
    EmailAddress.objects.create(user=person, email=email, primary=True, verified=True)
    send_mail("appointed", to=email, name=person.name, role=person.get_role_display(), url=address_of("account_login"))
    return person


def _check(candidate: User, role: str, reason: str) -> None:
    if role not in {User.Role.COMMISSION_ADMIN, User.Role.AUDITOR}:
        raise InvalidInput("Choose commission admin or auditor.", field="role")
    if not reason.strip():
        raise InvalidInput("Write the reason; the second admin reads it.", field="reason")
    if not candidate.in_good_standing:
        raise Conflict(f"{candidate.name} must be approved, and not suspended, to be appointed.")
    if candidate.role == role:
        raise Conflict(f"{candidate.name} has this role already.")


def _decide(appointment: AdminAppointment, state: AdminAppointment.State) -> None:
    appointment.state, appointment.decided_at = state, timezone.now()
    appointment.save(update_fields=["state", "decided_at", "confirmed_by", "declined_by"])


def _locked(appointment: AdminAppointment) -> AdminAppointment:
    appointment = (
        AdminAppointment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("candidate")
        .get(pk=appointment.pk)
    )
    if appointment.state != AdminAppointment.State.PROPOSED:
        raise Conflict("This appointment has been decided already.")
    return appointment

"""Deeds that people do to their own account: profile, factors, recovery codes, sessions."""

from zoneinfo import available_timezones

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts import recovery
from accounts.events import (
    FactorAdded,
    FactorRemoved,
    FactorRenamed,
    PasswordChanged,
    ProfileChanged,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    SessionEnded,
)
from accounts.mail import send_mail
from accounts.models import RecoveryCode, User
from accounts.permissions import Right
from accounts.sessions import end_sessions, end_tokens
from accounts.stepup import has_second_factor
from core.access import require
from core.errors import InvalidInput
from core.text import plain_line
from ledger_bridge.recording import record


@transaction.atomic
def change_profile(*, actor: User, name: str, time_zone: str) -> User:
    require(actor, Right.KEEP_ACCOUNT, actor)
    name = plain_line(name, field="name", empty="Write your name.")
    if time_zone not in available_timezones():
        raise InvalidInput("Choose a time zone from the list.", field="time_zone")
    person = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    changed = [field for field, value in (("name", name), ("time_zone", time_zone)) if getattr(person, field) != value]
    person.name, person.time_zone = name, time_zone
    person.save(update_fields=["name", "time_zone"])
    record(ProfileChanged(fields=", ".join(changed) or "nothing"), actor=actor)
    return person


@transaction.atomic
def make_recovery_codes(*, actor: User) -> list[str]:
    """Return ten new codes, to be shown once. Earlier ones stop working."""
    require(actor, Right.KEEP_ACCOUNT, actor)
    if not has_second_factor(actor):
        raise InvalidInput("Set up a second factor first; recovery codes stand in for it.")
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    codes = recovery.replace_codes(actor)
    record(RecoveryCodesMade(count=len(codes)), actor=actor)
    send_mail("recovery_codes_made", to=actor.email, name=actor.name)
    return codes


@transaction.atomic
def use_recovery_code(*, actor: User, code: str) -> bool:
    """Use a code up and return whether it was good. Its owner is told, because it may not have been them."""
    require(actor, Right.KEEP_ACCOUNT, actor)
    if not recovery.spend(actor, code):
        return False
    left = recovery.left(actor)
    record(RecoveryCodeUsed(left=left), actor=actor)
    send_mail("recovery_code_used", to=actor.email, name=actor.name, left=left)
    return True


@transaction.atomic
def add_factor(*, actor: User, factor: Authenticator, session_key: str | None) -> None:
    """Note a factor that was just enrolled, and end every other session: none of them has proved it."""
    require(actor, Right.KEEP_ACCOUNT, actor)
    end_sessions(actor, keep=session_key)
    record(FactorAdded(type=factor.type), actor=actor)


@transaction.atomic
def remove_factor(*, actor: User, factor: Authenticator, session_key: str | None) -> None:
    """Note a factor that was just removed, and end every other session: one of them may be the thief's."""
    require(actor, Right.KEEP_ACCOUNT, actor)
    if not has_second_factor(actor):
        RecoveryCode.objects.filter(user=actor).delete()
    end_sessions(actor, keep=session_key)
    record(FactorRemoved(type=factor.type), actor=actor)


@transaction.atomic
def rename_passkey(*, actor: User, factor: Authenticator, name: str) -> None:
    require(actor, Right.KEEP_ACCOUNT, actor)
    name = plain_line(name, field="name", empty="Give the passkey a name.")
    factor.data["name"] = name[:100]
    factor.save(update_fields=["data"])
    record(FactorRenamed(), actor=actor)


@transaction.atomic
def note_password_change(*, actor: User, how: str) -> None:
    """Note that the password was changed ("changed" or "reset"), and end every token.

    Django itself ends all other sessions then; of tokens it does not know.
    """
    require(actor, Right.KEEP_ACCOUNT, actor)
    end_tokens(actor)
    record(PasswordChanged(how=how), actor=actor)


@transaction.atomic
def end_session(*, actor: User, session: UserSession) -> None:
    require(actor, Right.KEEP_ACCOUNT, session.user)
    session.end()
    record(SessionEnded(count=1, reason="by hand"), actor=actor, subject=session.user)


@transaction.atomic
def end_other_sessions(*, actor: User, session_key: str | None) -> int:
    require(actor, Right.KEEP_ACCOUNT, actor)
    count = end_sessions(actor, keep=session_key)
    record(SessionEnded(count=count, reason="by hand"), actor=actor)
    return count

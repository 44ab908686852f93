"""Answers for rights that come with a platform role, and for rights on people and applications."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db.models import Model, QuerySet

from accounts.models import AdminAppointment, AdminSuspension, Application, Institution, User
from accounts.permissions import Right
from ledger_bridge.permissions import Right as LedgerRight

_ROLE_RIGHTS: dict[str, frozenset[str]] = {
    User.Role.APPLICANT: frozenset({Right.APPLY, Right.KEEP_ACCOUNT}),
    User.Role.CONTRIBUTOR: frozenset({Right.CREATE_WORKSPACES, Right.SEE_PEOPLE}),
    User.Role.COMMISSION_ADMIN: frozenset(
        {
            Right.REVIEW_APPLICATIONS,
            Right.MANAGE_CONTRIBUTORS,
            Right.MANAGE_INSTITUTIONS,
            Right.APPOINT_ADMINS,
            Right.CONFIRM_ADMINS,
            Right.CONFIRM_REMOVALS,
            Right.SEE_KEYS,
            Right.SEE_PEOPLE,
            LedgerRight.ERASE,
        }
    ),
    User.Role.AUDITOR: frozenset(
        {LedgerRight.VIEW_TRAILS, LedgerRight.EXPORT_TRAILS, Right.SEE_KEYS, Right.SEE_PEOPLE}
    ),
}
_ABOUT_ONESELF = frozenset({Right.APPLY, Right.KEEP_ACCOUNT})
_PEOPLE_CONCERNED: dict[type[Model], Callable[[Any], set[Any]]] = {
    Application: lambda application: {application.applicant_id},
    User: lambda person: {person.pk},
    AdminAppointment: lambda appointment: {appointment.candidate_id, appointment.proposed_by_id},
    AdminSuspension: lambda suspension: {suspension.person_id, suspension.proposed_by_id},
}
_NOT_ON_ONESELF = {
    Application: "Nobody decides on their own application.",
    User: "Nobody decides on their own approval or role.",
    AdminAppointment: "The admin who confirms is neither the one who proposed nor the candidate.",
    AdminSuspension: "The admin who confirms is neither the one who proposed nor the person concerned.",
}


class PlatformRoleBackend(BaseBackend):
    """A role gives its rights while the person is in good standing, but none of them over themselves."""

    answers_rights = True

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        if obj is None:
            return perm in _rights(user_obj)
        if obj.__class__ not in _PEOPLE_CONCERNED:
            return False
        concerned = user_obj.pk in _PEOPLE_CONCERNED[obj.__class__](obj)
        return concerned if perm in _ABOUT_ONESELF else not concerned and perm in _rights(user_obj)

    def explain_refusal(self, actor: Any, perm: str, thing: Any) -> str | None:
        if not isinstance(actor, User) or not perm.startswith(("accounts.", "ledger_bridge.")):
            return None
        if perm in _ABOUT_ONESELF:
            return "Only the person concerned may do this."
        if perm in _rights(actor):
            return _NOT_ON_ONESELF.get(thing.__class__)
        if actor.role != User.Role.APPLICANT and not actor.in_good_standing:
            return "Your approval is suspended or has expired. A commission admin can renew it."
        holders = [User.Role(role).label.lower() for role, rights in _ROLE_RIGHTS.items() if perm in rights]
        yours = User.Role(actor.role).label.lower()
        return f"Only the role {' or '.join(holders)} may {_label(perm)}; yours is {yours}." if holders else None

    def visible(self, queryset: QuerySet[Any], user: Any) -> QuerySet[Any] | None:
        narrow = _VISIBLE.get(queryset.model)
        if narrow is None:
            return None
        return narrow(queryset, user) if isinstance(user, User) else queryset.none()


def _rights(user: User) -> frozenset[str]:
    if user.role != User.Role.APPLICANT and not user.in_good_standing:
        return frozenset()
    return _ROLE_RIGHTS[user.role]


def _label(perm: str) -> str:
    right = Right(perm) if perm in Right else LedgerRight(perm)
    return str(right.label)


def _visible_applications(queryset: QuerySet[Application], user: User) -> QuerySet[Application]:
    if Right.REVIEW_APPLICATIONS in _rights(user):
        return queryset.filter(pk__in=Application.objects.reviewable().values("pk"))
    return queryset.filter(applicant=user)


def _visible_people(queryset: QuerySet[User], user: User) -> QuerySet[User]:
    if Right.SEE_PEOPLE not in _rights(user):
        return queryset.filter(pk=user.pk)
    if user.role == User.Role.CONTRIBUTOR:
        return queryset.exclude(role=User.Role.APPLICANT).filter(is_active=True)
    return queryset


def _visible_institutions(queryset: QuerySet[Institution], user: User) -> QuerySet[Institution]:
    return queryset if Right.SEE_PEOPLE in _rights(user) else queryset.filter(people=user)


def _visible_appointments(queryset: QuerySet[AdminAppointment], user: User) -> QuerySet[AdminAppointment]:
    return queryset if Right.APPOINT_ADMINS in _rights(user) else queryset.filter(candidate=user)


def _visible_suspensions(queryset: QuerySet[AdminSuspension], user: User) -> QuerySet[AdminSuspension]:
    """Return what is proposed, but not to the person concerned: who is warned has time to do harm."""
    if Right.MANAGE_CONTRIBUTORS not in _rights(user):
        return queryset.none()
    return queryset.exclude(person=user, state=AdminSuspension.State.PROPOSED)


_VISIBLE: dict[type[Model], Callable[[Any, User], QuerySet[Any]]] = {
    Application: _visible_applications,
    User: _visible_people,
    Institution: _visible_institutions,
    AdminAppointment: _visible_appointments,
    AdminSuspension: _visible_suspensions,
}

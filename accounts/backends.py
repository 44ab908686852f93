"""Answers for rights that come with a platform role."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from accounts.models import User
from accounts.permissions import Right

_ROLE_RIGHTS: dict[str, frozenset[str]] = {
    User.Role.APPLICANT: frozenset({Right.APPLY}),
    User.Role.CONTRIBUTOR: frozenset({Right.CREATE_WORKSPACES, Right.SEE_PEOPLE}),
    User.Role.COMMISSION_ADMIN: frozenset(
        {Right.REVIEW_APPLICATIONS, Right.MANAGE_CONTRIBUTORS, Right.APPOINT_ADMINS, Right.SEE_PEOPLE}
    ),
    User.Role.AUDITOR: frozenset({Right.VIEW_TRAILS, Right.EXPORT_TRAILS, Right.SEE_PEOPLE}),
}


class PlatformRoleBackend(BaseBackend):
    """A right without an object is given by the role, while the person is in good standing."""

    answers_rights = True

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if obj is not None or not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        if user_obj.role != User.Role.APPLICANT and not user_obj.in_good_standing:
            return False
        return perm in _ROLE_RIGHTS[user_obj.role]

    def explain_refusal(self, actor: Any, perm: str, thing: Any) -> str | None:
        if not isinstance(actor, User) or not perm.startswith("accounts."):
            return None
        if actor.role != User.Role.APPLICANT and not actor.in_good_standing:
            return "Your approval is suspended or has expired. A commission admin can renew it."
        holders = [User.Role(role).label.lower() for role, rights in _ROLE_RIGHTS.items() if perm in rights]
        yours = User.Role(actor.role).label.lower()
        return f"Only the role {' or '.join(holders)} may {Right(perm).label}; yours is {yours}."

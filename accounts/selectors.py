"""Answers shaped for the people pages and the review desk."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Application, User

_QUEUE_ORDER = {"newest": "-submitted_at", "name": "applicant__name"}


def review_queue(user: Any, *, q: str = "", state: str = "", sort: str = "") -> QuerySet[Application]:
    """Return what the reviewer may see, filtered; open applications, oldest first, when nothing is asked for."""
    found = Application.objects.all().visible_to(user).select_related("applicant", "institution")
    if state in {"", "open"}:
        found = found.filter(state__in=Application.OPEN_STATES)
    elif state != "all":
        found = found.filter(state=state)
    if q:
        found = found.filter(
            Q(applicant__name__icontains=q)
            | Q(applicant__email__icontains=q)
            | Q(institution__name__icontains=q)
            | Q(proposed_institution__icontains=q)
            | Q(registration_number__icontains=q)
        )
    return found.order_by(_QUEUE_ORDER.get(sort, "submitted_at"), "pk")


def people_list(
    user: Any, *, q: str = "", institution: Any = None, role: str = "", standing: str = ""
) -> QuerySet[User]:
    found = User.objects.visible_to(user).select_related("institution").order_by("name", "email")
    if q:
        found = found.filter(Q(name__icontains=q) | Q(email__icontains=q) | Q(profession__icontains=q))
    if institution:
        found = found.filter(institution=institution)
    if role:
        found = found.filter(role=role)
    return found.filter(_STANDING[standing]()) if standing in _STANDING else found


def standing_of(person: User) -> str:
    """Return a person's standing in one word, as pills show it."""
    if person.suspended_at is not None:
        return "suspended"
    if person.role == User.Role.APPLICANT:
        return "pending"
    return "approved" if person.in_good_standing else "expired"


def _good() -> Q:
    return Q(suspended_at=None, approved_until__gt=timezone.now())


def _suspended() -> Q:
    return Q(suspended_at__isnull=False)


def _expired() -> Q:
    return Q(approved_until__lte=timezone.now())


_STANDING = {"good": _good, "suspended": _suspended, "expired": _expired}

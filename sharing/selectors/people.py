"""Whom one may choose: approved contributors, groups of institutions, and one's own groups; and who is outside."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Institution, User
from sharing.models import GroupProfile

FOUND_AT_ONCE = 20


def contributors() -> QuerySet[User]:
    """Return everybody who could use what they are given now."""
    standing = Q(role=User.Role.CONTRIBUTOR, is_active=True, suspended_at=None, approved_until__gt=timezone.now())
    return User.objects.filter(standing).select_related("institution")


def find_contributors(words: str, *, but: User) -> list[User]:
    """Return the first contributors whose name or institution contains the words."""
    if not words.strip():
        return []
    matching = Q(name__icontains=words.strip()) | Q(institution__name__icontains=words.strip())
    return list(contributors().filter(matching).exclude(pk=but.pk)[:FOUND_AT_ONCE])


def groups_to_choose(user: User) -> QuerySet[Group]:
    mine = GroupProfile.objects.visible_to(user).values("group")
    return Group.objects.filter(Q(institution__isnull=False) | Q(pk__in=mine)).order_by("name")


def is_outside(giver: User, receiver: User | Group) -> bool:
    """Return whether giving something to a person, or to somebody in a group, takes it out of their institution."""
    if isinstance(receiver, User):
        return receiver.institution_id is None or receiver.institution_id != giver.institution_id
    members = receiver.user_set.exclude(institution__isnull=False, institution=giver.institution_id)
    return members.exists() or not _is_of(receiver, giver.institution_id)


def _is_of(group: Group, institution: Any) -> bool:
    """Return yes for own groups, where only the members decide; an institution's group may be empty today."""
    owner = Institution.objects.filter(members=group).first()
    return owner is None or owner.pk == institution

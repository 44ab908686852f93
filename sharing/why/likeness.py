"""Who is alike: people of whom the same is said in a workspace have the same rights in it, so one stands for all."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from accounts.models import User
from sharing import rules
from sharing.models import ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from workspaces.models import Workspace


def stand_ins(people: Iterable[User], workspace: Workspace) -> dict[UUID, User]:
    """Return for each person (by id) the first of those who are like them in a workspace, in five queries.

    Alike are people in the same standing, with the same roles and exceptions of their own until the same moment, and in
    the same of the groups that anything is said about there. The rules know nothing else about a person, but who the
    owner is: nobody is like the owner.
    """
    listed = list(people)
    said = _said(listed, workspace)
    first: dict[Any, User] = {}
    found: dict[UUID, User] = {}
    for person in listed:
        likeness = (rules.has_standing(person), person.pk == workspace.owner_id, frozenset(said[person.pk]))
        found[person.pk] = first.setdefault(likeness, person)
    return found


def _said(people: list[User], workspace: Workspace) -> dict[UUID, set[tuple[Any, ...]]]:
    said: dict[UUID, set[tuple[Any, ...]]] = defaultdict(set)
    roles = WorkspaceUserGrant.objects.filter(content_object=workspace, user__in=people)
    for person, *what in roles.values_list("user", "permission", "expires_at"):
        said[person].add(("role", *what))
    exceptions = ItemUserException.objects.filter(content_object__workspace=workspace, user__in=people)
    for person, *what in exceptions.values_list("user", "content_object", "permission", "effect", "expires_at"):
        said[person].add(("exception", *what))
    groups = set(WorkspaceGroupGrant.objects.filter(content_object=workspace).values_list("group", flat=True))
    excepted = ItemGroupException.objects.filter(content_object__workspace=workspace)
    groups.update(excepted.values_list("group", flat=True))
    memberships = User.groups.through.objects.filter(user__in=people, group__in=groups)
    for person, group in memberships.values_list("user", "group"):
        said[person].add(("group", group))
    return said

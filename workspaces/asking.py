"""What this room asks of those above it beyond single rights: the answers come from the authentication backends.

Nobody answering means the careful answer: nobody has the right, and exceptions do stand there.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib.auth import get_backends
from django.db.models import QuerySet

from accounts.models import User
from core.errors import Refused
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def require_on_all(actor: Any, right: Right, items: QuerySet[Item], *, subject: Item) -> None:
    """Raise Refused unless the actor has the right on every one of the items; one query, however many there are.

    The sentence does not say which item it is: the actor may not even know it.
    """
    if items.exclude(pk__in=with_right(items, actor, right).values("pk")).exists():
        sentence = f"Something in “{subject}” is kept from you: you do not have the right “{right.label}” on all of it."
        raise Refused(sentence, right=right.value, subject=subject)


def exceptions_stand_on(folders: Collection[UUID]) -> bool:
    """Return whether an exception on one of the folders says something about anybody now."""
    for backend in get_backends():
        answer = getattr(backend, "exceptions_stand_on", None)
        if answer is not None:
            return bool(answer(folders))
    return True


def exceptions_concern(actor: Any, folders: Collection[UUID]) -> bool:
    """Return whether an exception on one of the folders says something about the actor now, and not for nothing."""
    for backend in get_backends():
        answer = getattr(backend, "exceptions_concern", None)
        if answer is not None:
            return bool(answer(actor, folders))
    return True


def holders_of(right: Right, item: Item, people: Collection[User]) -> set[UUID]:
    """Return which of the people, by id, have the right on the item; one query, however many they are."""
    for backend in get_backends():
        answer = getattr(backend, "holders_of", None)
        if answer is not None:
            return set(answer(right.value, item, people))
    return set()


def with_right(items: QuerySet[Item], actor: Any, right: Right) -> QuerySet[Item]:
    """Narrow items to those on which the actor has the right."""
    for backend in get_backends():
        narrow = getattr(backend, "with_right", None)
        if narrow is not None:
            return narrow(items, actor, right)  # type: ignore[no-any-return]
    return items.none()


def has_role(actor: Any, workspace: Workspace) -> bool:
    """Return whether the actor sees a workspace as its owner or by a role, rather than by exceptions alone."""
    for backend in get_backends():
        answer = getattr(backend, "has_role", None)
        if answer is not None:
            return bool(answer(actor, workspace))
    return False


def managers_in(workspaces: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return who may manage each of the workspaces now, by id; as many queries for all of them as for one."""
    for backend in get_backends():
        answer = getattr(backend, "managers_in", None)
        if answer is not None:
            return dict(answer(workspaces))
    return {workspace: set() for workspace in workspaces}


def managers_of(workspace: Workspace) -> set[UUID]:
    return managers_in([workspace.pk])[workspace.pk]


def people_in(workspace: Workspace) -> list[User]:
    """Return everybody with a role in a workspace, and its owner; not whom an exception lets in to single items."""
    for backend in get_backends():
        answer = getattr(backend, "people_in", None)
        if answer is not None:
            return list(answer(workspace))
    return []


def people_who_may(right: Right, item: Item, words: str = "") -> list[User]:
    """Return everybody who has the right on the item now; with words, those whose name or institution holds them."""
    for backend in get_backends():
        answer = getattr(backend, "people_who_may", None)
        if answer is not None:
            return list(answer(right.value, item, words))
    return []


def knows_who_is_in(user: User, workspace: Workspace) -> bool:
    """Return whether the user is shown who else is in the workspace."""
    for backend in get_backends():
        answer = getattr(backend, "knows_who_is_in", None)
        if answer is not None:
            return bool(answer(user, workspace))
    return False

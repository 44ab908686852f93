"""Whom something new about a file concerns: who follows it, who brought it in, who has been talking."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q

from accounts.models import User
from workspaces.asking import holders_of
from workspaces.models import Comment, Follow, Item, Version, Workspace
from workspaces.permissions import Right

# Written out, because every upload asks, and nearly always nobody follows.
_CHOSEN = """
    SELECT person_id, item_id, muted FROM workspaces_follow
    WHERE workspace_id = %s AND (item_id IS NULL OR item_id = ANY(%s))
"""


def followers_of(file: Item) -> tuple[set[UUID], set[UUID]]:
    """Return who wants to hear of the file, and who does not; the nearest choice of each person decides."""
    with connection.cursor() as cursor:
        cursor.execute(_CHOSEN, [file.workspace_id, file.path])
        chosen = cursor.fetchall()
    nearest: dict[UUID, tuple[int, bool]] = {}
    for person, item, muted in chosen:
        depth = file.path.index(item) + 1 if item else 0
        if depth >= nearest.get(person, (-1, False))[0]:
            nearest[person] = (depth, muted)
    wanting = {person for person, (_, muted) in nearest.items() if not muted}
    return wanting, set(nearest) - wanting


def uploaders_of(file: Item) -> set[UUID]:
    """Return the people who brought in its versions; those who came from outside have no inbox."""
    people = Version.objects.filter(file=file).values_list("created_by", flat=True)
    return {person for person in people if person is not None}


def speakers_in(thread: Comment) -> set[UUID]:
    """Return who wrote in a thread, except what was taken back."""
    said = Comment.objects.filter(Q(pk=thread.pk) | Q(thread=thread), taken_back_at=None)
    return set(said.values_list("author", flat=True))


def who_may_view(file: Item, people: Iterable[UUID]) -> set[UUID]:
    """Keep those who may view the file now."""
    wanted = set(people)
    return holders_of(Right.VIEW, file, list(User.objects.filter(pk__in=wanted))) if wanted else set()


def hears_of(person: User, thing: Workspace | Item) -> bool:
    """Return whether a person is told what is new here: as they chose, or because they brought the file in."""
    if isinstance(thing, Workspace):
        return Follow.objects.filter(person=person, workspace=thing, item=None, muted=False).exists()
    wanting, not_wanting = followers_of(thing)
    if person.pk in wanting or person.pk in not_wanting:
        return person.pk in wanting
    return not thing.is_folder and person.pk in uploaders_of(thing)

"""What a change of access would change, found out by making it and taking it back.

The deed itself runs, with everything it checks and refuses, inside a transaction that is always rolled back; the rights
before and after are asked of `sharing.rules`, which answers every other question about rights too. So a preview cannot
know other rules than the ones that hold. Nothing of it stays: no grant, no entry, no mail.

Rights on an item depend on its workspace and on the exceptions on its path alone. So all items below the same nearest
exception have the same rights, and it is enough to ask about one of each kind and to count the others. In the same way
one person stands for all of whom the same is said (`sharing.why.likeness`), as long as the change is about all of them.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import User
from sharing import rules
from sharing.models import GroupProfile, ItemGroupException, ItemUserException, WorkspaceGroupGrant
from sharing.why.likeness import stand_ins
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

MOST_PEOPLE = 200
_MOST_QUESTIONS = 20_000  # people who differ times kinds of items; more would hold the lock of the workspace for long
_ALL = [right.codename for right in Right]
_NONE: frozenset[str] = frozenset()

_KINDS = """
    SELECT min(kept.id::text)::uuid, count(*) FROM (
        SELECT item.id, (
            SELECT step FROM unnest(item.path) WITH ORDINALITY AS above(step, depth)
            WHERE step = ANY(%(excepted)s::uuid[]) ORDER BY depth DESC LIMIT 1
        ) AS nearest
        FROM workspaces_item item
        WHERE item.workspace_id = %(workspace)s AND item.removed_at IS NULL AND item.path && %(excepted)s::uuid[]
    ) kept GROUP BY nearest
    UNION ALL
    SELECT min(item.id::text)::uuid, count(*) FROM workspaces_item item
    WHERE item.workspace_id = %(workspace)s AND item.removed_at IS NULL AND NOT item.path && %(excepted)s::uuid[]
    HAVING count(*) > 0
"""

_Rights = tuple[dict[tuple[Any, Any], frozenset[str]], dict[Any, frozenset[str]]]
"""On each item by each person, and on the workspace by each person."""


@dataclass(frozen=True)
class Count:
    """A right, on how many files and folders, and whether on the workspace as a whole."""

    right: Right
    items: int
    workspace: bool

    @property
    def where(self) -> str:
        things = "1 file or folder" if self.items == 1 else f"{self.items} files or folders"
        return " and ".join([*([things] if self.items else []), *(["the workspace"] if self.workspace else [])])


@dataclass(frozen=True)
class Change:
    """What one person would gain and lose in one workspace."""

    person: User
    workspace: Workspace
    gains: tuple[Count, ...]
    loses: tuple[Count, ...]

    @property
    def gains_in_words(self) -> list[str]:
        return _in_words(self.gains)

    @property
    def loses_in_words(self) -> list[str]:
        return _in_words(self.loses)


@dataclass(frozen=True)
class Preview:
    """Everybody for whom something would change. `weighed` of `people` were looked at, the first by name."""

    changes: tuple[Change, ...]
    weighed: int
    people: int

    @property
    def left_out(self) -> int:
        return self.people - self.weighed


@dataclass(frozen=True)
class _Place:
    """A workspace, one item of each kind in it that the actor sees with how many there are of it, and who is alike."""

    workspace: Workspace
    kinds: dict[UUID, int]
    stand_ins: dict[UUID, User]

    def rights(self) -> _Rights:
        """Ask of one person after the other: to each of them many items cost little more than one."""
        on_items: dict[tuple[Any, Any], frozenset[str]] = {}
        on_workspace: dict[Any, frozenset[str]] = {}
        for person in {one.pk: one for one in self.stand_ins.values()}.values():
            standing = rules.has_standing(person)
            found = (
                rules.item_rights(person, self.kinds, _ALL, anyhow=True)
                if standing
                else dict.fromkeys(self.kinds, _NONE)
            )
            on_items |= {(person.pk, item): rights for item, rights in found.items()}
            pk = self.workspace.pk
            on_workspace[person.pk] = rules.workspace_rights(person, [pk], _ALL, anyhow=True)[pk] if standing else _NONE
        return on_items, on_workspace


def preview(
    deed: Callable[[], Any],
    *,
    actor: User,
    people: QuerySet[User],
    workspaces: Iterable[Workspace],
    at: Collection[Item] = (),
) -> Preview:
    """Return what the deed would change for these people in these workspaces, as far as the actor sees them.

    The deed changes the same for all of them: it is about one person, or about a group that they belong to. `at` are
    items that would get their first exception. Raises whatever the deed raises.
    """
    first = list(people[:MOST_PEOPLE])
    places = [_place(actor, workspace, at, first) for workspace in workspaces]
    weighed = first[: _how_many(first, places)]
    before = [place.rights() for place in places]
    with transaction.atomic():
        deed()
        after = [place.rights() for place in places]
        transaction.set_rollback(True)
    found = [
        change
        for place, was, will_be in zip(places, before, after, strict=True)
        for person in weighed
        if (change := _change(person, place, was, will_be))
    ]
    return Preview(tuple(found), len(weighed), max(len(weighed), people.count()))


def _how_many(people: list[User], places: list[_Place]) -> int:
    """Leave out of each place whoever would make it too many questions; return how many people are left everywhere."""
    left = len(people)
    for place in places:
        most = max(1, _MOST_QUESTIONS // max(len(place.kinds), 1))
        different: set[UUID] = set()
        for number, person in enumerate(people[:left]):
            different.add(place.stand_ins[person.pk].pk)
            if len(different) > most:
                left = number
                break
    for place in places:
        for person in people[left:]:
            place.stand_ins.pop(person.pk)
    return left


def _in_words(counts: Iterable[Count]) -> list[str]:
    """Return a line for each number of things, with all rights it is about."""
    found: dict[str, list[str]] = {}
    for count in counts:
        found.setdefault(count.where, []).append(count.right.label)
    return [f"{', '.join(rights)} ({where})" for where, rights in found.items()]


def people_behind(receiver: User | Group) -> QuerySet[User]:
    """Return whom it concerns what a person or a group is given."""
    if isinstance(receiver, User):
        return User.objects.filter(pk=receiver.pk)
    return receiver.user_set.order_by("name", "pk")


def reached_by(profile: GroupProfile, *, reader: User) -> QuerySet[Workspace]:
    """Return the workspaces in which a group has been given something, as far as the reader sees them."""
    granted = WorkspaceGroupGrant.objects.filter(group=profile.group).values("content_object")
    excepted = ItemGroupException.objects.filter(group=profile.group).values("content_object__workspace")
    visible = Workspace.objects.visible_to(reader)
    return visible.filter(pk__in=granted.union(excepted))


def _place(actor: User, workspace: Workspace, at: Collection[Item], people: list[User]) -> _Place:
    excepted = {item.pk for item in at}
    for model in (ItemUserException, ItemGroupException):
        here = model.objects.filter(content_object__workspace=workspace)
        excepted |= set(here.values_list("content_object", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, {"workspace": workspace.pk, "excepted": list(excepted)})
        kinds = dict(cursor.fetchall())
    seen = rules.item_rights(actor, kinds, {Right.VIEW.codename}) if rules.has_standing(actor) else {}
    shown = {item: count for item, count in kinds.items() if seen.get(item)}
    return _Place(workspace, shown, stand_ins(people, workspace))


def _change(person: User, place: _Place, was: _Rights, will_be: _Rights) -> Change | None:
    gains = tuple(_counts(person, place, will_be, was))
    loses = tuple(_counts(person, place, was, will_be))
    return Change(person, place.workspace, gains, loses) if gains or loses else None


def _counts(person: User, place: _Place, these: _Rights, without: _Rights) -> Iterable[Count]:
    (on_items, on_workspace), (other_items, other_workspace) = these, without
    like = place.stand_ins[person.pk].pk
    for right in Right:
        items = sum(
            count
            for item, count in place.kinds.items()
            if right.codename in on_items[like, item] - other_items[like, item]
        )
        whole = right.codename in on_workspace[like] - other_workspace[like]
        if items or whole:
            yield Count(right, items, whole)

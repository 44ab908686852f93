"""Activity by person and by file, and who of those who may read a file has done so."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from accounts.models import User
from core.errors import InvalidInput
from ledger_bridge.blind_ids import real_ids
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Entry
from ledger_bridge.names import Names, looked_up, resolve
from workspaces.activity.acts import GAVE, LOOKED, READ, TOOK
from workspaces.activity.lines import UNSEEN, conditions
from workspaces.asking import knows_who_is_in, people_who_may
from workspaces.models import Item
from workspaces.permissions import Right

_MOST = 20_000
SORTS = {"last": "Last time", "name": "Name", "looked": "Looked at", "took": "Taken away"}


@dataclass
class Row:
    """How often one person did something, or something was done to one file, and when for the last time."""

    id: str
    name: str = ""
    is_here: bool = False
    looked: int = 0
    took: int = 0
    gave: int = 0
    last: datetime | None = None
    others: set[str] = field(default_factory=set)
    """Of a person the files, of a file the people."""


@dataclass(frozen=True)
class NotYet:
    """Somebody who may read a file and has not."""

    person: User
    brought: bool


@dataclass(frozen=True)
class Readers:
    """`not_yet` is empty where whoever looks is not shown who is in the workspace: they see numbers."""

    may: int
    read: int
    others: int
    """Who read it and may not any more, or was sent a copy."""
    not_yet: list[NotYet]
    is_shown: bool


@dataclass(frozen=True)
class Group:
    """How often one person did one kind of thing to one file."""

    person: str
    item: str
    kind: str
    count: int
    last: datetime


def groups_of(filters: TrailFilters, *, asker: Any, seen: Q | None = None) -> list[Group]:
    """Return what was done by whom to what, counted by the database without opening an entry.

    Raises:
        InvalidInput: there is more than a page can sum up.

    """
    found: list[Any] = []
    for branch in conditions(filters, asker, seen):
        rows = Entry.objects.filter(branch, actor__isnull=False, item__isnull=False).order_by()
        grouped = rows.values_list("actor", "item", "kind").annotate(Count("id"), Max("recorded_at"))
        found += grouped[: _MOST + 1]
    if len(found) > _MOST:
        raise InvalidInput("Too much was done here to sum it up at once. Choose a shorter time, a person or a file.")
    real = real_ids({one for row in found for one in row[:2]})
    named = [(real.get(str(row[0])), real.get(str(row[1])), row) for row in found]
    # Of what was erased nobody can say any more who it was, or what.
    return [Group(person, item, *row[2:]) for person, item, row in named if person and item]


def names_in(groups: Iterable[Group], *, asker: Any) -> Names:
    """Look up who and what occurs, once for everything that a page says of it."""
    listed = list(groups)
    return looked_up({"person": {one.person for one in listed}, "item": {one.item for one in listed}}, asker=asker)


def by_person(groups: Iterable[Group], *, asker: Any, sort: str = "last", known: Names | None = None) -> list[Row]:
    return _named(_rows(groups, lambda group: (group.person, group.item)), "person", asker, sort, known)


def by_file(groups: Iterable[Group], *, asker: Any, sort: str = "last", known: Names | None = None) -> list[Row]:
    return _named(_rows(groups, lambda group: (group.item, group.person)), "item", asker, sort, known)


def readers_of(file: Item, groups: Iterable[Group], *, asker: User) -> Readers:
    """Return who of those who may read a file now has read a version of it, as far as the ledger says."""
    readers = {group.person for group in groups if group.kind in READ and group.item == str(file.pk)}
    may = people_who_may(Right.VIEW, file)
    read = [person for person in may if str(person.pk) in readers]
    missing = [person for person in may if str(person.pk) not in readers]
    shown = knows_who_is_in(asker, file.workspace)
    brought = set(file.versions.values_list("created_by", flat=True)) if shown else set()
    rows = [NotYet(person, person.pk in brought) for person in sorted(missing, key=lambda one: one.name.casefold())]
    return Readers(len(may), len(read), len(readers) - len(read), rows if shown else [], shown)


def choices(
    groups: Iterable[Group], *, asker: Any, known: Names | None = None
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the people and the files that occur, as a list to choose from wants them."""
    listed = list(groups)
    people = by_person(listed, asker=asker, sort="name", known=known)
    files = by_file(listed, asker=asker, sort="name", known=known)
    return [(row.id, row.name) for row in people], [(row.id, row.name) for row in files if row.is_here]


def _rows(groups: Iterable[Group], key: Callable[[Group], tuple[str, str]]) -> dict[str, Row]:
    rows: dict[str, Row] = defaultdict(lambda: Row(""))
    for group in groups:
        one, other = key(group)
        row = rows[one]
        row.id = one
        row.looked += group.count if group.kind in LOOKED else 0
        row.took += group.count if group.kind in TOOK else 0
        row.gave += group.count if group.kind in GAVE else 0
        row.last = max(row.last or group.last, group.last)
        row.others.add(other)
    return rows


def _named(rows: dict[str, Row], kind: str, asker: Any, sort: str, known: Names | None) -> list[Row]:
    names = resolve({kind: rows.keys()}, asker=asker, known=known)[kind]
    unnamed = "Somebody" if kind == "person" else UNSEEN
    for row in rows.values():
        row.name, row.is_here = names.get(row.id, unnamed), row.id in names
    listed = sorted(rows.values(), key=lambda row: (row.name.casefold(), row.id))
    if sort == "name":
        return listed
    return sorted(listed, key=lambda row: getattr(row, sort), reverse=True)

"""Finds what somebody types into the filters of a trail, without telling them of things that are not in it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from django.db.models import Q, QuerySet

from ledger_bridge import names
from ledger_bridge.access import entries_visible_to, sees_every_trail
from ledger_bridge.blind_ids import real_ids
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Entry

_COLUMNS = {
    "workspace": ("workspace",),
    "item": ("item",),
    "person": ("actor", "person"),
    "institution": ("actor_institution",),
}
_NEWEST = 500
_FEW = 50
_CALLED = 20_000


class Finder(Protocol):
    """Turns names into ids, and offers names to choose from."""

    def find(self, kind: str, text: str) -> tuple[str, ...]:
        """Return the ids of what of a kind has this id or is called so."""
        ...

    def suggestions(self, kind: str) -> list[str]:
        """Return some names of a kind, sorted."""
        ...


class EveryName:
    """For those who see every trail, and for the installation itself."""

    def find(self, kind: str, text: str) -> tuple[str, ...]:
        return tuple(names.find(kind, text))

    def suggestions(self, kind: str) -> list[str]:
        return sorted(set(names.suggestions(kind).values()))


@dataclass(frozen=True)
class NamesOfTrail:
    """For everybody else, during one request: what occurs in this very trail and has a name that the asker may see.

    What exists elsewhere is found as little as what does not exist, and the answer is the same.
    """

    asker: Any
    only: TrailFilters

    def find(self, kind: str, text: str) -> tuple[str, ...]:
        if names.is_id(text):
            return tuple(self._occurring(kind, [text.lower()]))
        called = [one for table in names.searches(kind, text) for one in _few_called(table, text)]
        if not called:
            return ()
        ids = self._occurring(kind, called)
        return tuple(names.best_matches(text, self._visible(kind, ids)))

    def suggestions(self, kind: str) -> list[str]:
        columns = _COLUMNS[kind]
        blinds: set[object] = set()
        blinds.update(row[column] for row in self._newest for column in columns)
        return sorted(set(self._visible(kind, real_ids(blinds).values()).values()))

    def _occurring(self, kind: str, among: list[str]) -> set[str]:
        blinds: set[object] = set()
        for branch in self._branches:
            for column in _COLUMNS[kind]:
                entries = Entry.objects.filter(branch, Q((f"{column}__in", among))).order_by()
                blinds.update(entries.values_list(column, flat=True).distinct()[:_FEW])
        return set(real_ids(blinds).values())

    def _visible(self, kind: str, ids: Any) -> dict[str, str]:
        return names.resolve({kind: ids}, asker=self.asker)[kind]

    @cached_property
    def _newest(self) -> list[dict[str, Any]]:
        """What the newest entries are about, for every kind of name at once."""
        columns = [column for of_kind in _COLUMNS.values() for column in of_kind]
        newest = [Entry.objects.filter(branch).order_by("-recorded_at", "-id") for branch in self._branches]
        return [row for entries in newest for row in entries.values(*columns)[:_NEWEST]]

    @cached_property
    def _branches(self) -> list[Q]:
        return self.only.branches(seen=entries_visible_to(self.asker, within=self.only))


def _few_called(called: QuerySet[Any], text: str) -> list[str]:
    """Return the ids of what is called so; of what more things are called than that, those with exactly this name."""
    ids = called.order_by().values_list("pk", flat=True)
    found = list(ids[: _CALLED + 1])
    if len(found) > _CALLED:
        found = list(ids.filter(name__iexact=text)[:_CALLED])
    return [str(one) for one in found]


def finder_for(asker: Any, only: TrailFilters) -> Finder:
    return EveryName() if sees_every_trail(asker) else NamesOfTrail(asker, only)

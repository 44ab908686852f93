"""Activity, line by line: entries of the ledger as people read them, with the pages that each opening came to.

An opening is an entry of its own, and so is what was shown until its end. While somebody looks there is no second one:
then the line says so, because what stands in the row until then is no part of the ledger.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import Q

from ledger_bridge.access import entries_visible_to
from ledger_bridge.events import BY_TOKEN
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Entry
from ledger_bridge.names import Names, resolve
from ledger_bridge.selectors import Place, count_entries
from workspaces.activity.acts import ACTS, LOOKED
from workspaces.outsiders import FROM_OUTSIDE
from workspaces.viewer.models import Viewing
from workspaces.viewer.times import from_text, in_words

PAGE = 50
_MOST_VIEWED = 1000
_IN_ORDER = attrgetter("recorded_at", "id")
UNSEEN = "A file that you do not see here"
ERASED = "What this entry said was erased."


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that somebody did; `times` are seconds by page, `state` why pages are missing, if they are."""

    entry: UUID
    at: datetime
    person: str
    who: str
    institution: str
    kind: str
    act: str
    item: str
    name: str
    is_here: bool
    version: int | None
    pages: str
    times: dict[int, int]
    measured: str
    state: str
    to: str
    by_program: bool

    @property
    def seconds(self) -> int:
        return sum(self.times.values())

    @property
    def shown_for(self) -> str:
        return in_words(self.seconds) if self.times else ""

    @property
    def timed(self) -> list[dict[str, int]]:
        return [{"page": page, "seconds": seconds} for page, seconds in self.times.items()]

    @property
    def page_times(self) -> list[tuple[int, str]]:
        return [(page, in_words(seconds)) for page, seconds in self.times.items()]


@dataclass(frozen=True)
class Page:
    """Some lines, and where those before and after them begin. `count` goes no further than the ledger counts."""

    lines: list[Line]
    older: str | None
    newer: str | None
    count: int


def conditions(filters: TrailFilters, asker: Any, seen: Q | None = None) -> list[Q]:
    """Return conditions that exclude each other on the activity within the filters that the asker may see.

    `seen` is what they may see within wider filters, where that has been found out already.
    """
    acts = Q(kind__in=list(ACTS))
    seen = entries_visible_to(asker, within=filters) if seen is None else seen
    return [branch & acts for branch in filters.branches(seen=seen)]


def page_of(
    filters: TrailFilters,
    *,
    asker: Any,
    place: Place | None = None,
    oldest_first: bool = False,
    seen: Q | None = None,
    known: Names | None = None,
) -> Page:
    """Return one page of the activity that the asker may see, in a fixed number of queries."""
    branches = conditions(filters, asker, seen)
    found, more, ascending = _entries(branches, place, oldest_first=oldest_first, size=PAGE)
    older = Place.token(found[-1]) if found and (place is not None if ascending else more) else None
    newer = Place.token(found[0]) if found and (more if ascending else place is not None) else None
    listed = found[::-1] if oldest_first else found
    return Page(described(listed, asker=asker, known=known), older, newer, count_entries(branches))


def portion_of(filters: TrailFilters, *, asker: Any, place: Place | None, size: int) -> tuple[list[Line], Place | None]:
    """Return so many lines, the newest first, and where the next ones begin."""
    found, more, _ = _entries(conditions(filters, asker), place, oldest_first=False, size=size)
    after = Place(found[-1].recorded_at, found[-1].id, "older") if found and more else None
    return described(found, asker=asker), after


def described(entries: Sequence[Entry], *, asker: Any, known: Names | None = None) -> list[Line]:
    """Return the lines of some entries, with names and pages for all of them at once."""
    openings = [entry for entry in entries if entry.kind in LOOKED and entry.is_readable]
    viewed, looking = _viewed(openings), _looking(openings)
    found = resolve(
        {
            "person": {one for entry in entries for one in (entry.actor, entry.person)},
            "institution": {entry.actor_institution for entry in entries},
            "item": {entry.item for entry in entries},
        },
        asker=asker,
        known=known,
    )
    return [_line(entry, found, viewed.get(str(entry.id)), is_looking=entry.id in looking) for entry in entries]


def _entries(
    branches: Iterable[Q], place: Place | None, *, oldest_first: bool, size: int
) -> tuple[list[Entry], bool, bool]:
    """Return some entries, the newest first, whether there are more beyond them, and whether beyond means newer."""
    ascending = place.towards == "newer" if place else oldest_first
    order = ["recorded_at", "id"] if ascending else ["-recorded_at", "-id"]
    found: list[Entry] = []
    for branch in branches:
        entries = Entry.objects.filter(branch).order_by(*order)
        found += (entries.filter(place.condition()) if place else entries)[: size + 1]
    found.sort(key=_IN_ORDER, reverse=not ascending)
    page = found[:size]
    return (page[::-1] if ascending else page), len(found) > size, ascending


def _viewed(openings: Sequence[Entry]) -> dict[str, dict[str, Any]]:
    """Return what was shown after each of the openings that have come to an end, by the id of the opening."""
    if not openings:
        return {}
    about = Entry.objects.filter(
        kind="version.viewed",
        item__in={entry.item for entry in openings},
        actor__in={entry.actor for entry in openings},
        recorded_at__gte=min(entry.recorded_at for entry in openings),
    )
    found = about.order_by("recorded_at")[:_MOST_VIEWED]
    return {entry.detail["opening"]: entry.detail for entry in found if entry.is_readable}


def _looking(openings: Sequence[Entry]) -> set[UUID]:
    going_on = Viewing.objects.filter(entry__in=[entry.id for entry in openings])
    return set(going_on.values_list("entry", flat=True)) if openings else set()


def _line(entry: Entry, known: dict[str, dict[str, str]], shown: dict[str, Any] | None, *, is_looking: bool) -> Line:
    detail = entry.detail or {}
    item, person = str(entry.item or ""), str(entry.actor or "")
    times = from_text(shown.get("times", "")) if shown else {}
    return Line(
        entry=entry.id,
        at=entry.recorded_at,
        person=person,
        who=known["person"].get(person, f"Person {person}") if person else ERASED,
        institution=known["institution"].get(str(entry.actor_institution), ""),
        kind=entry.kind,
        act=ACTS[entry.kind],
        item=item,
        name=known["item"].get(item, UNSEEN if item else ""),
        is_here=item in known["item"],
        version=detail.get("number"),
        pages=_pages(entry, shown),
        times=times,
        measured=shown.get("measured", "") if shown else "",
        state=_state(entry, shown, is_looking=is_looking),
        # That a copy went outside is what the line says already.
        to=known["person"].get(str(entry.person), "").removesuffix(FROM_OUTSIDE) if entry.kind == "send.made" else "",
        by_program=bool(detail.get(BY_TOKEN)),
    )


def _pages(entry: Entry, shown: dict[str, Any] | None) -> str:
    detail = shown or entry.detail or {}
    return f"page {detail['page']}" if entry.kind == "version.text_taken" and detail else str(detail.get("pages", ""))


def _state(entry: Entry, shown: dict[str, Any] | None, *, is_looking: bool) -> str:
    """Return "looking", or "unknown" where nobody wrote down which pages were shown: a program read all of it, say."""
    if entry.kind not in LOOKED or shown is not None:
        return ""
    return "looking" if is_looking else "unknown"

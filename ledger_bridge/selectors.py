"""The trail, page by page, as people read it."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db.models import Count, DateTimeField, F, Func, Q, Value
from django.urls import reverse

from core.errors import InvalidInput
from ledger_bridge import names
from ledger_bridge.access import entries_visible_to
from ledger_bridge.events import event_kinds
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Entry
from ledger_bridge.receipts import ProofState, proof_states
from ledger_bridge.sentences import ids_in_filters, names_person, sentence_of

PAGE_SIZE = 50
COUNTED_UP_TO = 10_000
_BARS = 30
_ICONS = {"C": "plus", "R": "eye", "U": "pencil", "D": "trash"}
_NOUNS = {"person": "person", "workspace": "workspace", "item": "file or folder"}
_IN_ORDER = attrgetter("recorded_at", "id")

ERASED = "What this entry said was erased; that it exists, and when it was recorded, is all that is known."

Names = dict[str, dict[str, str]]
Bars = list[dict[str, Any]]


@dataclass(frozen=True)
class Place:
    """Where a page begins: before or after the entry with this time and id."""

    recorded_at: datetime
    entry: uuid.UUID
    towards: str
    """`older` or `newer`."""

    @classmethod
    def parse(cls, query: Any) -> "Place | None":
        """Read `?older=…` or `?newer=…`, as `token` wrote it.

        Raises:
            InvalidInput: when it is something else.

        """
        for towards in ("older", "newer"):
            if text := query.get(towards):
                time, _, entry = text.partition("_")
                try:
                    return cls(datetime.fromtimestamp(int(time) / 1e6, UTC), uuid.UUID(entry), towards)
                except (ValueError, OverflowError, OSError) as error:
                    raise InvalidInput(
                        "This address of a page of the trail is damaged. Start again without it."
                    ) from error
        return None

    @staticmethod
    def token(entry: Entry) -> str:
        microseconds = (entry.recorded_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        return f"{microseconds}_{entry.id}"

    def condition(self) -> Q:
        comparison = "lt" if self.towards == "older" else "gt"
        same_time = Q(("recorded_at", self.recorded_at), (f"id__{comparison}", self.entry))
        # The first part says nothing new, but it is what an index can be entered with.
        return Q((f"recorded_at__{comparison}e", self.recorded_at)) & (
            Q((f"recorded_at__{comparison}", self.recorded_at)) | same_time
        )


@dataclass(frozen=True)
class TrailPage:
    days: list[dict[str, Any]]
    """As `components/timeline.html` wants them."""
    older: str | None
    newer: str | None
    bars: Bars
    count: int
    """How many there are, counted no further than COUNTED_UP_TO + 1."""

    @property
    def is_many(self) -> bool:
        return self.count > COUNTED_UP_TO


def trail_page(filters: TrailFilters, place: Place | None = None, *, asker: Any) -> TrailPage:
    """Return a page of what of the trail the asker may see, newest first, in a fixed number of queries."""
    branches = filters.branches(seen=entries_visible_to(asker, within=filters))
    entries, more = _entries(branches, place)
    went_back = place is not None and place.towards == "newer"
    older = Place.token(entries[-1]) if entries and (more or went_back) else None
    newer = Place.token(entries[0]) if entries and place and (more or not went_back) else None
    bars = count_over_time(branches, since=filters.since, until=filters.until)
    return TrailPage(_days(entries, asker), older, newer, bars, count_entries(branches))


def count_entries(branches: Sequence[Q]) -> int:
    """Return how many entries there are, counted no further than COUNTED_UP_TO + 1."""
    counted = [Entry.objects.filter(branch).order_by()[: COUNTED_UP_TO + 1].count() for branch in branches]
    return min(sum(counted), COUNTED_UP_TO + 1)


def count_over_time(branches: Sequence[Q], *, since: datetime | None = None, until: datetime | None = None) -> Bars:
    """Return how many entries fall into each of thirty equal parts of the time asked for (the last thirty days)."""
    end = until or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    start = since or end - timedelta(days=_BARS)
    width = max((end - start) / _BARS, timedelta(minutes=1))
    counts = [0] * _BARS
    part = Func(Value(width), F("recorded_at"), Value(start), function="date_bin", output_field=DateTimeField())
    for branch in branches:
        recent = Entry.objects.filter(branch, recorded_at__gte=start, recorded_at__lt=end)
        for begin, count in recent.annotate(part=part).values_list("part").annotate(Count("id")).order_by():
            counts[min((begin - start) // width, _BARS - 1)] += count
    return _bars(start, width, counts)


def describe_entries(entries: Sequence[Entry], *, asker: Any) -> list[dict[str, Any]]:
    """Return what `components/timeline.html` shows of each entry: names and proofs for all of them at once."""
    known = names_for(entries, asker=asker)
    states = proof_states([entry.id for entry in entries])
    return [_described(entry, known, states[str(entry.id)]) for entry in entries]


def sentence(entry: Entry, known: Names) -> str:
    """Return what happened: “Ana Ribeiro (Charité) gave Ben Okri the role Visitor (ends: never)”."""
    if not entry.is_readable:
        return ERASED
    person = known["person"].get(str(entry.person), "")
    return f"{who(entry, known)} {sentence_of(entry.kind, entry.detail, person=person, names=known)}"


def who(entry: Entry, known: Names) -> str:
    """Return who acted, with the institution: “Ana Ribeiro (Charité)”."""
    if entry.actor is None:
        return "The installation" if entry.actor_kind == "service" else "Somebody who was not signed in"
    name = known["person"].get(str(entry.actor), f"Person {entry.actor}")
    institution = known["institution"].get(str(entry.actor_institution))
    return f"{name} ({institution})" if institution else name


def what(entry: Entry, known: Names) -> str:
    """Return what it was about, without the person if the sentence says that: “Ben Okri · Site 12 · CT.dcm”."""
    told = names_person(entry.kind, entry.detail) and str(entry.person) in known["person"]
    parts = [("person", None if told else entry.person), ("workspace", entry.workspace), ("item", entry.item)]
    return " · ".join(known[kind].get(str(one), f"{_NOUNS[kind]} {one}") for kind, one in parts if one)


def names_for(entries: Iterable[Entry], *, asker: Any) -> Names:
    return names.resolve(_ids(entries), asker=asker)


def _entries(branches: Sequence[Q], place: Place | None) -> tuple[list[Entry], bool]:
    """Return one page, newest first, and whether there is more in the same direction."""
    ascending = place is not None and place.towards == "newer"
    order = ["recorded_at", "id"] if ascending else ["-recorded_at", "-id"]
    found: list[Entry] = []
    for branch in branches:
        entries = Entry.objects.filter(branch).order_by(*order)
        found += (entries.filter(place.condition()) if place else entries)[: PAGE_SIZE + 1]
    found.sort(key=_IN_ORDER, reverse=not ascending)
    page = found[:PAGE_SIZE]
    return (page[::-1] if ascending else page), len(found) > PAGE_SIZE


def _days(entries: Sequence[Entry], asker: Any) -> list[dict[str, Any]]:
    days = groupby(describe_entries(entries, asker=asker), key=_day)
    return [{"day": day, "events": list(events)} for day, events in days]


def _day(event: dict[str, Any]) -> date:
    moment: datetime = event["at"]
    return moment.astimezone(UTC).date()


def _described(entry: Entry, known: Names, proof: ProofState) -> dict[str, Any]:
    receipt = reverse("ledger:receipt", args=[entry.id])
    quiet = [what(entry, known), f"purpose: {entry.purpose}" if entry.purpose else ""]
    return {
        "at": entry.recorded_at,
        "sentence": sentence(entry, known),
        "icon": _icon(entry.kind),
        "outcome": entry.outcome,
        "detail": " · ".join(part for part in quiet if part),
        "url": receipt,
        "badge": {"state": proof.state, "cosigned": proof.cosigned, "url": receipt},
    }


def _icon(kind: str) -> str:
    event = event_kinds().get(kind)
    return _ICONS.get(event.action, "check") if event else "check"


def _ids(entries: Iterable[Entry]) -> dict[str, set[object]]:
    listed = list(entries)
    found: dict[str, set[object]] = {
        "person": {one for entry in listed for one in (entry.actor, entry.person)},
        "institution": {entry.actor_institution for entry in listed},
        "workspace": {entry.workspace for entry in listed},
        "item": {entry.item for entry in listed},
    }
    for entry in listed:
        for kind, ids in ids_in_filters(entry.detail).items():
            # What is no id never had a name, and the database would not compare it with one.
            found[kind].update(one for one in ids if names.is_id(one))
    return found


def _bars(start: datetime, width: timedelta, counts: list[int]) -> Bars:
    highest = max(*counts, 1)
    form = "%-d %b" if width >= timedelta(days=1) else "%-d %b %H:%M"
    return [
        {"label": f"{start + place * width:{form}}", "value": count, "height": round(100 * count / highest)}
        for place, count in enumerate(counts)
    ]

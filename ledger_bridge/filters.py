"""Which part of the trail somebody asked for."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from ledger_bridge.recording import format_time
from ledger_bridge.subjects import Subject

Ids = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TrailFilters:
    """All that is set must hold. Several ids of one kind are alternatives; people acted or were acted upon.

    `left_out` names what an export does not tell of the entries (`leaving_out.GROUPS`); it chooses none of them.
    """

    workspaces: Ids = ()
    items: Ids = ()
    people: Ids = ()
    institutions: Ids = ()
    kind: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    left_out: tuple[str, ...] = ()

    def condition(self) -> Q:
        """Return the condition on entries, without that on people."""
        conditions: dict[str, object] = {
            "workspace__in": self.workspaces,
            "item__in": self.items,
            "actor_institution__in": self.institutions,
            "kind": self.kind,
            "outcome": self.outcome,
            "recorded_at__gte": self.since,
            "recorded_at__lt": self.until,
        }
        return Q(**{name: value for name, value in conditions.items() if value})

    def within(self, about: Subject) -> "TrailFilters":
        """Return the same, narrowed to the item, or else the workspace, whatever was asked for."""
        if about.item:
            return replace(self, items=(about.item,))
        return replace(self, workspaces=(about.workspace or "",))

    def branches(self, *, seen: Q) -> list[Q]:
        """Return conditions that exclude each other: each is answered by one index, their union never is.

        `seen` is the condition on what the reader may see (`ledger_bridge.access.entries_visible_to`).
        """
        common = self.condition() & seen
        if not self.people:
            return [common]
        acted, acted_upon = Q(actor__in=self.people), Q(person__in=self.people)
        return [common & acted, common & acted_upon & ~acted]

    def asked(self) -> dict[str, object]:
        """Return what was set, in plain values."""
        times = {"since": self.since, "until": self.until}
        parts: dict[str, object] = {
            "workspace": list(self.workspaces),
            "item": list(self.items),
            "person": list(self.people),
            "institution": list(self.institutions),
            "kind": self.kind,
            "outcome": self.outcome,
            **{name: format_time(moment) for name, moment in times.items() if moment},
            "left_out": list(self.left_out),
        }
        return {name: value for name, value in parts.items() if value}

    def describe(self) -> str:
        """Return the same as text, for the entry that says who looked."""
        return json.dumps(self.asked(), sort_keys=True) if self.asked() else "everything"

    def is_about_who_acted(self) -> bool:
        """True when what was asked for says who acted, whatever is left out of the entries."""
        return bool(self.people or self.institutions)

    def streams(self) -> list[tuple[str, str]]:
        """Return the streams that were asked for: of workspaces, items or people, whichever one kind was."""
        chosen = [("workspace", self.workspaces), ("item", self.items), ("person", self.people)]
        kinds = [(kind, ids) for kind, ids in chosen if ids]
        return [(kind, subject) for kind, ids in kinds for subject in ids] if len(kinds) == 1 else []

    def is_complete(self) -> bool:
        """True when nothing narrows the trail but the streams themselves."""
        narrowing = (self.institutions, self.kind, self.outcome, self.since, self.until)
        return bool(self.streams()) and not any(narrowing)

    def subject(self) -> Subject:
        """Return what the trail is about, as far as that is one thing: looking at a trail belongs to that trail."""
        workspace, item, person = (
            ids[0] if len(ids) == 1 else None for ids in (self.workspaces, self.items, self.people)
        )
        return Subject(workspace=workspace, item=item, person=person)


EVERYTHING = TrailFilters()

"""Events in words: what a kind is called, and what somebody did."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from ledger_bridge.events import Event, event_kinds

_GROUPS = {
    "access": "Refusals",
    "application": "Approval of contributors",
    "appointment": "Approval of contributors",
    "approval": "Approval of contributors",
    "contributor": "Approval of contributors",
    "factor": "Sign-in",
    "folder": "Files and folders",
    "institution": "Institutions",
    "item": "Files and folders",
    "password": "Sign-in",
    "profile": "Sign-in",
    "receipt": "Trails",
    "sharing": "Sharing",
    "signin": "Sign-in",
    "trail": "Trails",
    "version": "Files and folders",
    "workspace": "Workspaces",
}
"""Headings in the list of kinds, by the first word of the kind; a room that is not listed stands under that word."""


class _Shown(dict[str, Any]):
    """Keeps a sentence readable where an older entry lacks a field."""

    def __missing__(self, name: str) -> str:
        return "…"


def sentence_of(kind: str, detail: Mapping[str, Any]) -> str:
    """Return what completes “Ana Ribeiro …”; a kind that is no longer known is shown by its name."""
    event: type[Event] | None = event_kinds().get(kind)
    return event.sentence.format_map(_Shown(detail)) if event else f"did “{kind}”"


def label_of(kind: str) -> str:
    return kind.replace(".", " ").replace("_", " ").capitalize()


def kind_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every kind under its group's heading, as a select wants it."""
    ordered = sorted(event_kinds(), key=lambda kind: (group_of(kind), kind))
    return [(group, [(kind, label_of(kind)) for kind in kinds]) for group, kinds in groupby(ordered, key=group_of)]


def group_of(kind: str) -> str:
    prefix = kind.partition(".")[0]
    return _GROUPS.get(prefix, prefix.replace("_", " ").capitalize())

"""Events in words: what a kind is called, and what somebody did."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ledger_bridge.events import BY_TOKEN, Event, event_kinds
from ledger_bridge.leaving_out import describe_left_out

if TYPE_CHECKING:
    from core.access import Right  # an export's second process shall do without Django

_GROUPS = {
    "access": "Refusals",
    "access_request": "Sharing",
    "activity": "Trails",
    "application": "Approval of contributors",
    "appointment": "Approval of contributors",
    "approval": "Approval of contributors",
    "contributor": "Approval of contributors",
    "factor": "Sign-in",
    "file_request": "Sharing",
    "folder": "Files and folders",
    "institution": "Institutions",
    "item": "Files and folders",
    "password": "Sign-in",
    "profile": "Sign-in",
    "receipt": "Trails",
    "recipient_key": "Crypt4GH keys",
    "erasure": "Erasures",
    "exception": "Sharing",
    "permission_set": "Sharing",
    "grant": "Sharing",
    "group": "Groups",
    "installation": "Crypt4GH keys",
    "invitation": "Sharing",
    "ledger": "Ledger",
    "send": "Sharing",
    "sharing": "Sharing",
    "signin": "Sign-in",
    "suspension": "Approval of contributors",
    "trail": "Trails",
    "version": "Files and folders",
    "workspace": "Workspaces",
}
"""Headings in the list of kinds, by the first word of the kind; a room that is not listed stands under that word."""


Names = Mapping[str, Mapping[str, str]]
"""Display names by kind ("person", "workspace", …) and id."""

_A_PERSON = "a person"
_TIMES = frozenset({"until", "old_until", "answer_by"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MINUTE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")
_THINGS = {"workspace": "workspace", "item": "file or folder", "person": "person", "institution": "institution"}
_OUTCOMES = {"allow": "allowed", "deny": "refused"}
_rights: dict[str, str] = {}


class _Shown(dict[str, Any]):
    """Keeps a sentence readable where an older entry lacks a field."""

    def __init__(self, values: Mapping[str, Any], gap: str) -> None:
        super().__init__(values)
        self.gap = gap

    def __missing__(self, name: str) -> str:
        return self.gap


def register_rights(rights: "Iterable[Right]") -> None:
    """Let a room say what its rights are called."""
    _rights.update({right.value: str(right.label) for right in rights})


def sentence_of(kind: str, detail: Mapping[str, Any], *, person: str = "", names: Names | None = None) -> str:
    """Return what completes “Ana Ribeiro …”; a kind that is no longer known is shown by its name.

    `person` is the name of whom it concerns; `names` are those of the things in filters that somebody used.
    """
    event: type[Event] | None = event_kinds().get(kind)
    if event is None:
        return f"did “{kind}”{by_token(detail)}"
    return fill_in(event.sentence, detail, words=event.words, person=person, names=names) + by_token(detail)


def fill_in(
    sentence: str,
    detail: Mapping[str, Any],
    *,
    words: Mapping[str, Mapping[str, str]],
    person: str = "",
    names: Names | None = None,
    gap: str = "…",
) -> str:
    """Fill the gaps of a sentence, with codes and times in words."""
    said = {name: _say(name, value, words.get(name, {}), names or {}) for name, value in detail.items()}
    said["person"] = person or _A_PERSON
    if detail.get("to") == _A_PERSON:
        said["to"] = said["person"]
    return sentence.format_map(_Shown(said, gap))


def by_token(detail: Mapping[str, Any]) -> str:
    """Return the end of a sentence that says by which token a program acted; nothing where a person did."""
    return f", by token {detail[BY_TOKEN]}" if detail.get(BY_TOKEN) else ""


def names_person(kind: str, detail: Mapping[str, Any]) -> bool:
    """True when the sentence itself says whom the event concerns."""
    event = event_kinds().get(kind)
    return event is not None and ("{person}" in event.sentence or detail.get("to") == _A_PERSON)


def ids_in_filters(detail: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return by kind the ids of what somebody asked for, when the event is about looking at a trail."""
    asked = _parsed(detail.get("filters"))
    return {kind: ids for kind in _THINGS if (ids := _texts(asked.get(kind)))}


def describe_filters(text: str, names: Names) -> str:
    """Return filters, as `TrailFilters.describe` wrote them down, in words; anything else as it is."""
    asked = _parsed(text)
    said = [_things(kind, _texts(asked.get(kind)), names) for kind in _THINGS if asked.get(kind)]
    said += [f"what happened: {label_of(str(asked['kind']))}"] if asked.get("kind") else []
    said += [f"outcome: {_OUTCOMES.get(str(asked['outcome']), asked['outcome'])}"] if asked.get("outcome") else []
    said += [f"from {_day_of(asked['since'], last=False)}"] if asked.get("since") else []
    said += [f"to {_day_of(asked['until'], last=True)}"] if asked.get("until") else []
    if left_out := _texts(asked.get("left_out")):
        said = [*(said or ["everything"]), f"leaving out {describe_left_out(left_out)}"]
    return "; ".join(said) or text


def label_of(kind: str) -> str:
    event = event_kinds().get(kind)
    return (event.label if event else "") or kind.replace(".", " ").replace("_", " ").capitalize()


def kind_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every kind under its group's heading, as a select wants it."""
    ordered = sorted(event_kinds(), key=lambda kind: (group_of(kind), label_of(kind)))
    return [(group, [(kind, label_of(kind)) for kind in kinds]) for group, kinds in groupby(ordered, key=group_of)]


def group_of(kind: str) -> str:
    prefix = kind.partition(".")[0]
    return _GROUPS.get(prefix, prefix.replace("_", " ").capitalize())


def _say(name: str, value: object, words: Mapping[str, str], names: Names) -> str:
    text = str(value)
    if name == "right" and text in _rights:
        return _rights[text]
    if name == "filters":
        return describe_filters(text, names)
    if name in _TIMES and (_DAY.fullmatch(text) or _MINUTE.fullmatch(text)):
        return _moment(text)
    # Some fields hold several codes.
    return ", ".join(words.get(code, code) for code in text.split(", ")) if words else text


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC")).replace(tzinfo=UTC)
    except ValueError:
        return text
    return f"{moment:%-d %B %Y}" if len(text) == len("2026-11-23") else f"{moment:%-d %B %Y, %H:%M} UTC"


def _day_of(text: object, *, last: bool) -> str:
    """Return the day; filters end before the midnight that follows the last one."""
    try:
        moment = datetime.fromisoformat(str(text))
        return f"{moment - timedelta(days=1) if last else moment:%-d %B %Y}"
    except (ValueError, OverflowError):
        return str(text)


def _things(kind: str, ids: list[str], names: Names) -> str:
    return f"{_THINGS[kind]}: {', '.join(names.get(kind, {}).get(one, one) for one in ids)}"


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _parsed(text: object) -> dict[str, Any]:
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

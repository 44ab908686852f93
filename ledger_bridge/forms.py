"""Filters, as people type them."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ledger_bridge.filters import TrailFilters
from ledger_bridge.finding import Finder
from ledger_bridge.leaving_out import ACTOR, ASKED_WHO_ACTED, GROUPS
from ledger_bridge.models import Entry
from ledger_bridge.sentences import kind_choices

_MANY = {"workspace": "workspaces", "item": "items", "person": "people", "institution": "institutions"}
_FIRST = ("person", "kind", "since", "until")
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


def _name(label: str, kind: str, *, suggested: bool = False) -> forms.CharField:
    attributes = {"autocomplete": "off", **({"list": f"known-{kind}"} if suggested else {})}
    return forms.CharField(label=label, required=False, max_length=300, widget=forms.TextInput(attributes))


def _day(label: str) -> forms.DateField:
    ends = {"min": f"{_FIRST_DAY}", "max": f"{_LAST_DAY}"}
    widget = forms.DateInput({"type": "date", **ends})
    return forms.DateField(label=label, required=False, widget=widget, validators=[_check_day])


def _check_day(day: date) -> None:
    # Nothing is recorded on other days, and reckoning with them may leave the calendar.
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise ValidationError(f"Choose a day between {_FIRST_DAY.year} and {_LAST_DAY.year}.")


class TrailForm(forms.Form):
    """A name or an id finds things, as far as the finder knows them; what a page fixes (`only`) is not asked for."""

    person = _name("Person", "person", suggested=True)
    institution = _name("Institution", "institution")
    workspace = _name("Workspace", "workspace", suggested=True)
    item = _name("File or folder", "item")
    kind = forms.ChoiceField(label="What happened", required=False)
    outcome = forms.ChoiceField(
        label="Outcome", required=False, choices=[("", "Allowed and refused"), *Entry.Outcome.choices]
    )
    since = _day("From")
    until = _day("To")

    def __init__(self, data: Any = None, *, finder: Finder, only: TrailFilters | None = None) -> None:
        super().__init__(data or {})
        self.finder = finder
        self.only = only or TrailFilters()
        self.fields["kind"].choices = [("", "Everything"), *kind_choices()]  # type: ignore[attr-defined]
        for name, many in _MANY.items():
            if getattr(self.only, many):
                del self.fields[name]

    def first_fields(self) -> list[forms.BoundField]:
        """Return what is asked for most; the rest stands under “More filters”."""
        return [self[name] for name in self.fields if name in _FIRST]

    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in _FIRST]

    def more_is_used(self) -> bool:
        """True when one of the other fields says something, or is wrong."""
        return any(field.value() or field.errors for field in self.more_fields())

    def suggestions(self) -> dict[str, list[str]]:
        """Return names to choose from while typing, by kind."""
        asked = [kind for kind in ("person", "workspace") if kind in self.fields]
        return {kind: self.finder.suggestions(kind) for kind in asked}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in _MANY:
            if text := cleaned.get(name):
                cleaned[name] = self.finder.find(name, text)
                if not cleaned[name]:
                    self.add_error(name, "Nothing in this trail has this name, or the name has changed since.")
        if cleaned.get("since") and cleaned.get("until") and cleaned["since"] > cleaned["until"]:
            self.add_error("until", "The last day lies before the first.")
        return cleaned

    def filters(self) -> TrailFilters:
        """Return what was asked for, together with what the page fixes."""
        asked: dict[str, Any] = {name: self.cleaned_data.get(name) or "" for name in ("kind", "outcome")}
        for name, many in _MANY.items():
            asked[many] = self.cleaned_data.get(name) or getattr(self.only, many)
        until = self.cleaned_data.get("until")
        asked["since"] = _midnight(self.cleaned_data.get("since"))
        asked["until"] = _midnight(until + timedelta(days=1) if until else None)
        return TrailFilters(**asked)


class ExportForm(TrailForm):
    """The same filters, and what the export leaves out of the entries."""

    hide = forms.MultipleChoiceField(
        label="Leave out",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(name, group.label.capitalize()) for name, group in GROUPS.items()],
        error_messages={"invalid_choice": f"“%(value)s” cannot be left out; what can is: {', '.join(GROUPS)}."},
        help_text="Of what is left out the file holds salted hashes only. Every entry stays in it, and can be checked.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        tells = cleaned.get("person") or cleaned.get("institution")
        if tells and ACTOR in cleaned.get("hide", ()):
            self.add_error("hide", ASKED_WHO_ACTED)
        return cleaned

    def filters(self) -> TrailFilters:
        return replace(super().filters(), left_out=tuple(self.cleaned_data["hide"]))


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, UTC) if day else None

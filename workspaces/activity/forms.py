"""What of the activity somebody wants to see. People and files are chosen by id: addresses hold no names."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ledger_bridge.filters import TrailFilters
from workspaces.activity.acts import ACTS
from workspaces.activity.summaries import SORTS

Choices = list[tuple[str, str]]
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True)
class Asked:
    filters: TrailFilters
    oldest_first: bool
    sort: str


def _check_day(day: date) -> None:
    # Nothing is recorded on other days, and reckoning with them may leave the calendar.
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise ValidationError(f"Choose a day between {_FIRST_DAY.year} and {_LAST_DAY.year}.")


def _day(label: str) -> forms.DateField:
    widget = forms.DateInput({"type": "date", "min": f"{_FIRST_DAY}", "max": f"{_LAST_DAY}"})
    return forms.DateField(label=label, required=False, widget=widget, validators=[_check_day])


def _id(label: str) -> forms.UUIDField:
    return forms.UUIDField(label=label, required=False, widget=forms.Select)


class ActivityForm(forms.Form):
    """`within` is what the page is about: it narrows whatever is asked for."""

    person = _id("Person")
    file = _id("File")
    kind = forms.ChoiceField(label="What", required=False, choices=[("", "Everything"), *ACTS.items()])
    since = _day("From")
    until = _day("To")
    order = forms.ChoiceField(label="Order", required=False, choices=[("", "Newest first"), ("oldest", "Oldest first")])
    sort = forms.ChoiceField(label="Order", required=False, choices=list(SORTS.items()))

    def __init__(self, data: Any, *, within: TrailFilters, summed_up: bool = False) -> None:
        super().__init__(data)
        self.within = within
        del self.fields["order" if summed_up else "sort"]
        if within.items and len(within.items) == 1:
            del self.fields["file"]

    def offer(self, people: Choices, files: Choices) -> None:
        """Let people and files be chosen from lists."""
        for name, choices in (("person", people), ("file", files)):
            if name in self.fields:
                self.fields[name].widget.choices = [("", "Everybody" if name == "person" else "All"), *choices]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("since") and cleaned.get("until") and cleaned["since"] > cleaned["until"]:
            self.add_error("until", "The last day lies before the first.")
        file = cleaned.get("file")
        if file and self.within.items and str(file) not in self.within.items:
            self.add_error("file", "Choose one of the files that this page is about.")
        return cleaned

    def asked(self) -> Asked:
        said = self.cleaned_data
        until = said.get("until")
        filters = TrailFilters(
            workspaces=self.within.workspaces,
            items=(str(said["file"]),) if said.get("file") else self.within.items,
            people=(str(said["person"]),) if said.get("person") else (),
            kind=said.get("kind") or "",
            since=_midnight(said.get("since")),
            until=_midnight(until + timedelta(days=1) if until else None),
        )
        return Asked(filters, said.get("order") == "oldest", said.get("sort") or "last")


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, UTC) if day else None

"""Forms about access. They turn text into values; what is allowed is decided by the deeds."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django import forms
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, InvalidInput
from sharing.conditions.models import DAYS, Condition
from sharing.models import EXCEPTION_RIGHTS, Effect
from sharing.roles import AnyRole
from sharing.selectors import grants
from workspaces.models import Workspace
from workspaces.permissions import Right, Role

USUAL_LENGTH = timedelta(days=90)

RIGHT_WORDS = {
    Right.VIEW: "View (nothing else works without it)",
    Right.DOWNLOAD: "Download",
    Right.PRINT: "Print pages from the viewer, with a watermark",
    Right.COPY: "Copy text in the viewer; without it pages are pictures",
    Right.HAND_OVER: "Hand over sealed, for keys of people who may download",
    Right.UPLOAD: "Upload",
    Right.EDIT: "Rename, move and describe",
    Right.COMMENT: "Comment",
}


class AccessForm(forms.Form):
    """Until when and why: access ends by itself unless somebody chooses otherwise."""

    expires_on = forms.DateField(
        label="Last day of access",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the last day, or choose that there is no end."},
    )
    no_end = forms.BooleanField(label="No end: access lasts until somebody takes it away", required=False)
    purpose = forms.CharField(
        label="Purpose", required=False, max_length=500, help_text="Why they need it. It is kept with the record."
    )

    condition_id = forms.ChoiceField(label="Condition", required=False)

    def __init__(self, *args: Any, actor: User, workspace: Workspace | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conditions = {str(one.pk): one for one in workspace.conditions.all()} if workspace else {}
        named = [(key, f"{one.name}: {one.in_words}") for key, one in self.conditions.items()]
        self.fields["condition_id"].choices = [("", "None: from anywhere, at any time"), *named]  # type: ignore[attr-defined]
        if not self.conditions:
            del self.fields["condition_id"]
        self.zone = zone_of(actor)
        self.fields["expires_on"].help_text = f"Access ends by itself at the end of this day ({self.zone.key} time)."
        self.fill_end(None)
        self.fields["expires_on"].required = not self.data.get("no_end")

    def fill_end(self, expires_at: datetime | None) -> None:
        """Suggest the end that holds now, or the usual one where there is none ahead."""
        usual = timezone.now() + USUAL_LENGTH
        # An end stands at the first moment of a day; the last day of access is the one before.
        last = expires_at - timedelta(seconds=1) if expires_at and expires_at > timezone.now() else usual
        self.fields["expires_on"].initial = last.astimezone(self.zone).date()

    def clean(self) -> dict[str, Any]:
        """Refuse a day that somebody chose together with "no end"; the day that was suggested is no choice."""
        if self.cleaned_data.get("no_end") and "expires_on" in self.changed_data and self.data.get("expires_on"):
            self.add_error(
                "no_end", "You chose a last day and no end. Keep one of them: untick this, or clear the day."
            )
        return self.cleaned_data

    @property
    def expires_at(self) -> datetime | None:
        """The first moment after the last day, where the person who gives access lives."""
        day: date | None = self.cleaned_data.get("expires_on")
        if self.cleaned_data["no_end"] or day is None:
            return None
        return end_of(day, self.zone)

    @property
    def condition(self) -> Condition | None:
        """Return the condition that was chosen, if one was."""
        return self.conditions.get(self.cleaned_data.get("condition_id", ""))

    def attempt(self, deed: Callable[[], Any]) -> bool:
        return attempt(self, deed)


class RoleForm(AccessForm):
    role = forms.ChoiceField(label="Role", widget=forms.RadioSelect, initial=Role.VISITOR)
    field_order = ["role", "condition_id", "expires_on", "no_end", "purpose"]

    def __init__(self, *args: Any, roles: Iterable[AnyRole] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [role.choice for role in roles]  # type: ignore[attr-defined]


class InviteForm(RoleForm):
    email = forms.EmailField(label="E-mail address", help_text="They need not have an account yet.")
    message = forms.CharField(
        label="Message",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Shown after they sign in. The mail does not contain it.",
    )
    field_order = ["email", "role", "expires_on", "no_end", "message"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["purpose"]


class ShareForm(RoleForm):
    """One choice for one folder or file: a role that includes only what can be decided there."""

    role = forms.ChoiceField(
        label="They may",
        widget=forms.RadioSelect,
        initial=Role.LOOK_ONLY,
        help_text="What they could do besides is denied, and stays denied until somebody lifts it.",
    )

    def __init__(self, *args: Any, roles: Iterable[AnyRole] = (), **kwargs: Any) -> None:
        decidable = [role for role in roles if role.rights <= set(EXCEPTION_RIGHTS)]
        super().__init__(*args, roles=decidable, **kwargs)


class ExceptionForm(AccessForm):
    effect = forms.ChoiceField(label="Exception", choices=Effect.choices, widget=forms.RadioSelect)
    right = forms.ChoiceField(label="Right", choices=list(RIGHT_WORDS.items()), widget=forms.RadioSelect)
    field_order = ["effect", "right", "condition_id", "expires_on", "no_end", "purpose"]


class ConditionForm(forms.Form):
    name = forms.CharField(label="Name", max_length=100, help_text="What people choose it by, such as “In the clinic”.")
    networks = forms.CharField(
        label="Networks",
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One in a line, such as 10.0.0.0/8 or 2001:db8::/32. Left empty: from anywhere.",
    )
    days = forms.MultipleChoiceField(
        label="Days",
        required=False,
        choices=[(str(number), day) for number, day in enumerate(DAYS, 1)],
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: every day.",
    )
    starts = forms.TimeField(
        label="From", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    ends = forms.TimeField(
        label="Until", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    zone = forms.ChoiceField(label="Time zone", choices=[(zone, zone) for zone in sorted(available_timezones())])

    @property
    def said(self) -> dict[str, Any]:
        """Return what the deed takes."""
        words = self.cleaned_data
        networks = [line for line in words["networks"].split() if line]
        return {**words, "networks": networks, "days": [int(day) for day in words["days"]]}


class GroupForm(forms.Form):
    name = forms.CharField(label="Name", max_length=150)
    description = forms.CharField(label="What it is for", required=False, max_length=500)


class GrantFilterForm(forms.Form):
    """What to show of a list of grants. What it does not know is left out, not refused: it comes from addresses."""

    q = forms.CharField(label="Name of a person, group or place", required=False, max_length=150)
    state = forms.ChoiceField(label="State", required=False, choices=list(grants.STATES.items()))
    kind = forms.ChoiceField(label="Kind", required=False, choices=list(grants.KINDS.items()))
    sort = forms.ChoiceField(label="Order", required=False, choices=list(grants.SORTS.items()))

    @property
    def chosen(self) -> dict[str, str]:
        """Return what the selector takes."""
        self.is_valid()
        found = {name: value for name, value in self.cleaned_data.items() if value}
        return {"query" if name == "q" else name: value for name, value in found.items()}

    @property
    def narrows(self) -> bool:
        return bool(self.chosen.keys() - {"sort"})


def attempt(form: forms.Form, deed: Callable[[], Any]) -> bool:
    """Do the deed; what it cannot accept stands at the field it is about. True when it was done."""
    try:
        deed()
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else _near(form, error.field), error.sentence)
        return False
    except Conflict as error:
        form.add_error(None, error.sentence)
        return False
    return True


def _near(form: forms.Form, field: str | None) -> str | None:
    """`expires_at` is asked for as a day."""
    return "expires_on" if field in {"expires_at", "grant_expires_at"} and "expires_on" in form.fields else None


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment after a day."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)  # the deed refuses it with a sentence
    return datetime.combine(day + timedelta(days=1), time(), zone)


def zone_of(person: User) -> ZoneInfo:
    try:
        return ZoneInfo(person.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")

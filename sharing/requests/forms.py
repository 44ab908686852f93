"""Forms for asking and answering. What may be asked for and given is decided by the deeds."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms

from sharing.forms import RIGHT_WORDS
from sharing.models import AccessRequest
from sharing.requests.events import in_days
from sharing.roles import AnyRole, role_called, roles_for
from workspaces.permissions import Right

_LENGTHS = {1: "A day", 7: "A week", 30: "30 days", 90: "90 days", 365: "A year"}
_USUAL = 30


class AskForm(forms.Form):
    """For how long and why; what is asked for is added by the two forms below."""

    days = forms.TypedChoiceField(
        label="For how long",
        coerce=int,
        initial=_USUAL,
        choices=list(_LENGTHS.items()),
        help_text="It begins with the answer and ends by itself. You can ask again before it does.",
    )
    purpose = forms.CharField(
        label="What you need it for",
        max_length=500,
        help_text="It is kept with the record, so name no patient.",
        error_messages={"required": "Say what you need it for."},
    )
    message = forms.CharField(
        label="Message to whoever answers",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Shown to those who may answer. No mail contains it.",
    )


class AskForRightsForm(AskForm):
    rights = forms.MultipleChoiceField(
        label="What you would like to do",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    field_order = ["rights", "days", "purpose", "message"]

    def __init__(self, *args: Any, rights: Mapping[Right, datetime | None], asked: Right | None, **kwargs: Any) -> None:
        """Offer rights, and say of those that the person has when they end."""
        super().__init__(*args, **kwargs)
        offered = [
            (right.codename, f"{RIGHT_WORDS[right]}: yours ends on {end:%-d %B %Y}" if end else RIGHT_WORDS[right])
            for right, end in rights.items()
        ]
        self.fields["rights"].choices = offered  # type: ignore[attr-defined]
        self.fields["rights"].initial = [asked.codename] if asked else []

    @property
    def wanted(self) -> dict[str, Any]:
        """What the deed takes."""
        return {"rights": [Right(f"workspaces.{code}") for code in self.cleaned_data["rights"]]}


class AskForRoleForm(AskForm):
    role = forms.ChoiceField(
        label="Role", widget=forms.RadioSelect, error_messages={"required": "Choose one of the roles."}
    )
    field_order = ["role", "days", "purpose", "message"]

    def __init__(self, *args: Any, roles: Iterable[AnyRole], chosen: AnyRole | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [role.choice for role in roles]  # type: ignore[attr-defined]
        self.fields["role"].initial = chosen.code if chosen else None

    @property
    def wanted(self) -> dict[str, Any]:
        return {"role": self.cleaned_data["role"]}


class GrantLessForm(forms.Form):
    """A part of what was asked for, for as long or shorter."""

    days = forms.TypedChoiceField(label="For how long", coerce=int)
    reason = forms.CharField(
        label="What the asker should know",
        required=False,
        max_length=500,
        help_text="They read it, and it stays in the trail.",
    )

    def __init__(self, *args: Any, request: AccessRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shorter = {days: words for days, words in _LENGTHS.items() if days < request.days}
        asked = f"{in_days(request.days)}, as asked"
        self.fields["days"].choices = [*shorter.items(), (request.days, asked)]  # type: ignore[attr-defined]
        self.fields["days"].initial = request.days
        self._add_choice(request)
        self.order_fields(["role", "rights", "days", "reason"])

    @property
    def answer(self) -> dict[str, Any]:
        """What the deed takes."""
        rights = [Right(f"workspaces.{code}") for code in self.cleaned_data.pop("rights", [])]
        return {**self.cleaned_data, "rights": rights}

    def _add_choice(self, request: AccessRequest) -> None:
        if request.role:
            asked_for = role_called(request.role)
            least = asked_for.rights if asked_for else frozenset()
            roles = [role for role in roles_for(request.workspace) if role.rights <= least]
            self.fields["role"] = forms.ChoiceField(
                label="Role",
                choices=[role.choice for role in roles],
                widget=forms.RadioSelect,
                initial=request.role,
            )
            return
        asked = [right for right in Right if right.codename in request.rights]
        self.fields["rights"] = forms.MultipleChoiceField(
            label="Of what was asked for, allow",
            choices=[(right.codename, RIGHT_WORDS[right]) for right in asked],
            widget=forms.CheckboxSelectMultiple,
            initial=list(request.rights),
            error_messages={"required": "Choose at least one, or refuse the request."},
        )


class RefuseForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        max_length=500,
        help_text="The asker reads it, and it stays in the trail.",
        error_messages={"required": "Say why; the asker reads it."},
    )

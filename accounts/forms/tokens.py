"""Form of a new token for a program."""

from typing import Any

from django import forms

from accounts.tokens import Scope

_LIVES = [(7, "a week"), (30, "30 days"), (90, "90 days"), (365, "a year")]


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="What it is for: “sequencer of ward 3”.")
    scopes = forms.MultipleChoiceField(
        label="What the program may do for you",
        choices=Scope.choices,
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        help_text="Never more than you may do yourself. Sharing, exports and your account always need you in person.",
    )
    days = forms.TypedChoiceField(label="For how long", choices=_LIVES, coerce=int, initial=30)

    def clean_scopes(self) -> Any:
        return list(self.cleaned_data["scopes"])

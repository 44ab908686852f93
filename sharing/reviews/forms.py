"""How often access is to be reviewed."""

from typing import Any

from django import forms

_CHOICES = {
    0: "Only when somebody starts one",
    30: "Every month",
    90: "Every three months",
    180: "Every half year",
    365: "Every year",
}


class PlanForm(forms.Form):
    every_days = forms.TypedChoiceField(label="How often", coerce=int, choices=list(_CHOICES.items()))

    def __init__(self, *args: Any, every_days: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["every_days"].initial = every_days
        if every_days not in _CHOICES:
            # A program may have chosen any number.
            field: Any = self.fields["every_days"]
            field.choices = [*_CHOICES.items(), (every_days, f"Every {every_days} days")]

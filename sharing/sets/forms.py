"""The form of a permission set."""

from typing import Any

from django import forms

from sharing.forms import RIGHT_WORDS
from workspaces.permissions import Right

_WORDS = {
    **{right: words for right, words in RIGHT_WORDS.items() if right != Right.VIEW},
    Right.TRAIL: "See the trail",
    Right.SHARE: "Share with others, no more than they have themselves",
}


class SetForm(forms.Form):
    """To look is part of every set; managing is part of none."""

    name = forms.CharField(label="Name", max_length=60, help_text="What people choose it by, such as “Monitor”.")
    description = forms.CharField(label="What it is for", required=False, max_length=300)
    rights = forms.MultipleChoiceField(
        label="Besides looking, they may",
        required=False,
        choices=[(right.codename, words) for right, words in _WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text="Looking at files in the viewer is part of every set, managing of none.",
    )

    @property
    def said(self) -> dict[str, Any]:
        """Return what the deed takes."""
        codes = self.cleaned_data["rights"]
        rights = [Right.VIEW, *(Right(f"workspaces.{code}") for code in codes)]
        return {"name": self.cleaned_data["name"], "description": self.cleaned_data["description"], "rights": rights}

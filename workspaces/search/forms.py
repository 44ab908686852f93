"""What can be asked of a search, for the page and for programs."""

from typing import Any

from django import forms

from workspaces.models import Item, Workspace
from workspaces.search.finding import SORTS, Question
from workspaces.search.kinds import TYPES

SHOWN = {"items": "Files and folders", "workspaces": "Workspaces", "people": "People"}


class FindForm(forms.Form):
    q = forms.CharField(
        required=False,
        max_length=255,
        label="Words",
        help_text="The beginning of each word is enough; case and accents do not matter.",
    )
    kind = forms.ChoiceField(required=False, choices=[("", "Files and folders"), *Item.Kind.choices])
    workspace = forms.ModelChoiceField(Workspace.objects.none(), required=False, empty_label="All that you see")
    type = forms.ChoiceField(required=False, choices=[("", "Any"), *TYPES.items()])
    tag = forms.CharField(required=False, max_length=60, label="Tag", widget=forms.TextInput(attrs={"type": "search"}))
    since = forms.DateField(required=False, label="Changed since", widget=forms.DateInput(attrs={"type": "date"}))
    sort = forms.ChoiceField(required=False, label="Sort by", choices=list(SORTS.items()))
    shown = forms.ChoiceField(required=False, choices=list(SHOWN.items()), widget=forms.HiddenInput)

    def __init__(self, *args: Any, places: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["workspace"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  tells the type checker what stands above
        field.queryset = places
        if not self.data.get("q"):
            # Whoever comes here without words came to type them.
            self.fields["q"].widget.attrs["autofocus"] = True

    @property
    def question(self) -> Question:
        """What is asked, as far as it can be understood."""
        said = self.cleaned_data
        place = said.get("workspace")
        return Question(
            words=" ".join(said.get("q", "").split()),
            kind=said.get("kind", ""),
            workspace=place.pk if place else None,
            type=said.get("type", ""),
            since=said.get("since"),
            tag=" ".join(said.get("tag", "").split()),
        )


def places_to_choose(user: Any) -> Any:
    return Workspace.objects.visible_to(user).order_by("name", "id")

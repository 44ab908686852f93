"""Forms for comments. What may be said, and about what, is decided by the deeds."""

from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse

from core.errors import InvalidInput
from workspaces.conversation.models import LAST_PAGE
from workspaces.conversation.regions import SIDES, Region
from workspaces.models import Item, Version

_WHOLE = "The file as a whole"
_MOST_VERSIONS = 100


class AnswerForm(forms.Form):
    """A text. While one types, JavaScript offers names; without it, a name is typed in full."""

    text = forms.CharField(
        label="Your comment",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Write @ and a name to mention somebody. Name no patients.",
        error_messages={"required": "Write something first."},
    )

    def __init__(self, *args: Any, file: Item, label: str = "Your comment", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        text = self.fields["text"]
        text.label = label
        text.widget.attrs["data-mention"] = reverse("workspaces_api:mentionable", args=[file.pk])


def _per_cent(label: str) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=False, min_value=0, max_value=100, max_digits=5, decimal_places=2)


class CommentForm(AnswerForm):
    version = forms.ChoiceField(label="About", required=False)
    page = forms.IntegerField(label="Page, as the viewer counts", required=False, min_value=1, max_value=LAST_PAGE)

    def __init__(self, *args: Any, file: Item, **kwargs: Any) -> None:
        super().__init__(*args, file=file, **kwargs)
        self._versions = {str(one.pk): one for one in file.versions.order_by("-number")[:_MOST_VERSIONS]}
        choices = [("", _WHOLE), *((key, f"Version {one.number}") for key, one in self._versions.items())]
        self.fields["version"].choices = choices  # type: ignore[attr-defined]

    @property
    def place(self) -> dict[str, Any]:
        """What the deed takes besides the text."""
        return {"version": self._versions.get(self.cleaned_data["version"]), "page": self.cleaned_data["page"]}


class PageCommentForm(AnswerForm):
    """A comment on the page that the viewer shows, and on a part of it where its four sides are given, in per cent."""

    left = _per_cent("From the left, in %")
    top = _per_cent("From the top, in %")
    width = _per_cent("Width, in %")
    height = _per_cent("Height, in %")
    region: Region | None = None

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        sides = {name: said.get(name) for name in SIDES}
        if self.errors or all(side is None for side in sides.values()):
            return said
        try:
            self.region = Region.of({name: side / 100 for name, side in sides.items() if side is not None})
        except InvalidInput:
            self.add_error("left", "Give all four, so that the marked part lies on the page: from 0 to 100 %.")
        return said


class VersionFilterForm(forms.Form):
    about = forms.ChoiceField(label="Show", required=False)

    def __init__(self, *args: Any, file: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions: list[Version] = list(file.versions.order_by("-number")[:_MOST_VERSIONS])
        choices = [("", "Everything"), *((str(one.pk), f"About version {one.number}") for one in versions)]
        self.fields["about"].choices = choices  # type: ignore[attr-defined]

    @property
    def chosen(self) -> UUID | None:
        about = self.cleaned_data.get("about") if self.is_valid() else None
        return UUID(about) if about else None

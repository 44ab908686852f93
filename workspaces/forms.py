"""Forms of the pages. What a name may be is decided by the deeds; their sentence comes back to the field."""

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms
from django.db.models import QuerySet

from core.errors import Conflict, InvalidInput
from workspaces.models import Tag
from workspaces.selectors import SORTS


class WorkspaceForm(forms.Form):
    name = forms.CharField(max_length=255, help_text="A trial, a site or a case, without names of patients.")
    description = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))


class FolderForm(forms.Form):
    name = forms.CharField(max_length=255)


class ItemForm(forms.Form):
    name = forms.CharField(max_length=255)
    description = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))


class VersionForm(forms.Form):
    file = forms.FileField(allow_empty_file=True, help_text="It is encrypted as it arrives, before it is stored.")
    note = forms.CharField(required=False, max_length=500, help_text="What changed, for those who read it later.")


class LimitForm(forms.Form):
    limit = forms.DecimalField(
        label="Room in GiB",
        required=False,
        min_value=0,
        max_value=4_000_000,
        decimal_places=3,
        help_text="Leave it empty for the default of this installation. What is stored stays.",
    )

    def clean_limit(self) -> int | None:
        """Return bytes."""
        value = self.cleaned_data["limit"]
        return None if value is None else int(value * 1024**3)


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=255, label="Search by name")
    sort = forms.ChoiceField(required=False, label="Sort by")

    def __init__(self, *args: object, sorts: dict[str, str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["sort"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  tells the type checker what stands above
        field.choices = list(sorts.items())


class ItemSearchForm(SearchForm):
    """Within a workspace; `tags` are those that the person is shown there."""

    tag = forms.ModelChoiceField(Tag.objects.none(), required=False, empty_label="Any")

    def __init__(self, *args: object, tags: QuerySet[Tag], **kwargs: object) -> None:
        super().__init__(*args, sorts=SORTS, **kwargs)
        field = self.fields["tag"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  tells the type checker what stands above
        field.queryset = tags


class RemovalForm(forms.Form):
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stays in the ledger, and the second person decides by it. Name no patients in it.",
    )


class AnswerForm(forms.Form):
    answer = forms.CharField(max_length=500, label="Why not", help_text="It stays in the ledger.")


class RetentionForm(forms.Form):
    keep_days = forms.IntegerField(
        min_value=0,
        label="Days to keep files",
        help_text="Nothing can be removed for good before so many days have passed since the last of it was stored.",
    )
    propose_after = forms.IntegerField(
        required=False,
        min_value=1,
        label="Days in the bin",
        help_text="After so many days the bin proposes removal for good. Nothing goes without two people.",
    )


@contextmanager
def errors_shown_in(form: forms.Form) -> Iterator[None]:
    """Put the sentence of a deed that cannot be done beside the field it is about."""
    try:
        yield
    except (InvalidInput, Conflict) as error:
        field = error.field if isinstance(error, InvalidInput) and error.field in form.fields else None
        form.add_error(field, error.sentence)

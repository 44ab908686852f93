"""What an admin fills in to erase something, or to keep it."""

from django import forms

from ledger_bridge.erasure.models import SubjectKind

_HELP = "The id, as it stands in the address of its page. Whoever asks you for the erasure can give it."


class SubjectForm(forms.Form):
    kind = forms.ChoiceField(label="What it is", choices=SubjectKind)
    subject = forms.CharField(label="Its id", max_length=36, help_text=_HELP)


class ErasureForm(SubjectForm):
    ground = forms.CharField(
        label="Ground",
        max_length=500,
        help_text="For example the number of a court order. It stays in the ledger, so name nobody in it.",
    )


class HoldForm(SubjectForm):
    reason = forms.CharField(label="Reason", max_length=500, help_text="It stays in the ledger, so name nobody in it.")

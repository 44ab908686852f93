"""Forms for asking."""

from django import forms


class AskAcknowledgementForm(forms.Form):
    statement = forms.CharField(
        label="What they acknowledge",
        required=False,
        max_length=500,
        help_text="Left empty: “I have read this version.” It stays in the ledger, so name no patients.",
    )
    required = forms.BooleanField(
        label="The version opens only after that",
        required=False,
        help_text="For everybody, by every way: viewing, downloading, ZIP archives, handing over and programs.",
    )

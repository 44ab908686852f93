"""Forms for setting and acknowledging terms."""

from django import forms


class TermsForm(forms.Form):
    text = forms.CharField(
        label="Terms of use",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="Everybody acknowledges these words before they first open a file here. Name no patients.",
    )
    asks_purpose = forms.BooleanField(
        label="Ask what the files are used for",
        required=False,
        help_text="Whoever acknowledges the terms writes it down, and it is recorded.",
    )


class AcknowledgeTermsForm(forms.Form):
    purpose = forms.CharField(
        label="What you use the files for",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It is recorded, and those who manage the workspace read it. Name no patients.",
    )

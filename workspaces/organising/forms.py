"""Forms about tags and locks. What a tag or an end may be is decided by the deeds."""

from django import forms

from workspaces.organising.models import LONGEST_TAG


class TagForm(forms.Form):
    name = forms.CharField(
        max_length=LONGEST_TAG,
        label="Tag",
        help_text="A word of this workspace's own, such as a visit or a state of work. Name no patients in it.",
    )


class LockForm(forms.Form):
    reason = forms.CharField(max_length=300, label="Why", help_text="Everybody who sees the file reads it.")
    until = forms.DateTimeField(
        label="Until (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="It ends by itself then, within 90 days.",
    )

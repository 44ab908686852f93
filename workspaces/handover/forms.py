"""Forms about keys and hand-overs. What a key may be is decided by the deeds."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from workspaces.crypt4gh.keys import MAX_FILE_SIZE
from workspaces.handover.models import RecipientKey
from workspaces.templatetags.fingerprints import grouped

_EITHER = "Paste your public key, or choose its file."


class RecipientKeyForm(forms.Form):
    name = forms.CharField(
        max_length=100, label="Name of the key", help_text="Such as the machine where its secret half lies."
    )
    key = forms.CharField(
        required=False,
        max_length=MAX_FILE_SIZE,
        label="Public key",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="The content of your .pub file, from -----BEGIN CRYPT4GH PUBLIC KEY----- to the last line.",
    )
    file = forms.FileField(
        required=False, label="Or its file (.pub)", help_text="Never the .sec file: nobody should have that but you."
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        pasted, file = cleaned.get("key", "").strip(), cleaned.get("file")
        if not pasted and file is None and not self.errors:
            raise ValidationError({"key": _EITHER})
        cleaned["content"] = pasted.encode() if pasted else file.read() if file else b""
        return cleaned


class HandOverForm(forms.Form):
    key = forms.ChoiceField(label="Whose key", widget=forms.RadioSelect)
    purpose = forms.CharField(
        required=False, max_length=500, help_text="Recorded with it, for those who read the trail later."
    )

    def __init__(self, *args: Any, keys: Sequence[RecipientKey], reader: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["key"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  tells the type checker what stands above
        field.choices = [(str(key.pk), _words(key, reader)) for key in keys]
        if keys:
            field.initial = str(keys[0].pk)


def _words(key: RecipientKey, reader: UUID) -> str:
    whose = "Your key" if key.owner_id == reader else f"{key.owner.name}{_place(key)}:"
    return f"{whose} “{key.name}”, {grouped(key.fingerprint)[:19]}…"


def _place(key: RecipientKey) -> str:
    return f" ({key.owner.institution.name})" if key.owner.institution else ""

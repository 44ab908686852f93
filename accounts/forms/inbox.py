"""Forms of the inbox: what to see of it, and how to be mailed."""

from typing import Any
from uuid import UUID

from django import forms

from accounts.inbox.kinds import Group
from accounts.inbox.models import MailChoice

_AS_ELSEWHERE = "As everywhere else"


class InboxFilterForm(forms.Form):
    about = forms.ChoiceField(label="About", required=False, choices=[("", "Everything"), *Group.choices])
    unread = forms.BooleanField(label="Only what is unread", required=False)


class MailForm(forms.Form):
    how = forms.ChoiceField(
        label="Mail me",
        choices=MailChoice.How.choices,
        help_text="About comments, mentions and new versions. Mails about your access and your account always come.",
    )


class WorkspaceMailForm(forms.Form):
    workspace = forms.ChoiceField(label="Workspace")
    how = forms.ChoiceField(label="Mail me", required=False, choices=[("", _AS_ELSEWHERE), *MailChoice.How.choices])

    def __init__(self, *args: Any, places: dict[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["workspace"].choices = [(str(key), name) for key, name in places.items()]  # type: ignore[attr-defined]

    def clean_workspace(self) -> UUID:
        return UUID(self.cleaned_data["workspace"])

"""allauth's first form of signing in, with our words."""

from typing import Any

from allauth.account import forms as allauth_forms


class PasswordForm(allauth_forms.LoginForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"
        # allauth puts a link between label and field, where the tabulator key meets it first; the page has it below.
        self.fields["password"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

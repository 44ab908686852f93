"""Forms about links. What is allowed is decided by the deeds."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import User
from sharing.forms import end_of, zone_of
from sharing.links.kinds import Kind
from sharing.links.limits import MOST_FILES, MOST_OPENINGS, USUAL
from sharing.links.models import Send

_SIZES = {1: "1 GiB", 10: "10 GiB", 100: "100 GiB", 1024: "1 TiB"}
_GIB = 1024**3


class LinkForm(forms.Form):
    """Until when a link opens: every link has an end."""

    expires_on = forms.DateField(
        label="Last day of the link",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the last day: every link has an end."},
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone_of(actor)
        self.fields["expires_on"].help_text = f"It ends by itself at the end of this day ({self.zone.key} time)."
        self.fields["expires_on"].initial = (timezone.now() + USUAL).astimezone(self.zone).date()

    @property
    def expires_at(self) -> datetime:
        day: date = self.cleaned_data["expires_on"]
        return end_of(day, self.zone)


class FileRequestForm(LinkForm):
    title = forms.CharField(
        label="Title for whoever delivers",
        required=False,
        max_length=200,
        help_text="The only words of yours that they see, with the instructions. They do not see the folder's name.",
    )
    instructions = forms.CharField(
        label="Instructions",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What you would like to get, and how. Name no patient.",
    )
    email = forms.EmailField(
        label="Only for this e-mail address",
        required=False,
        help_text="It then opens only with a code mailed there. Without it, whoever has the link can deliver.",
    )
    most_files = forms.IntegerField(label="At most so many files", min_value=1, max_value=MOST_FILES, initial=100)
    most_gib = forms.TypedChoiceField(
        label="At most so much in all", coerce=int, choices=list(_SIZES.items()), initial=10
    )
    kinds = forms.MultipleChoiceField(
        label="Only these kinds of files",
        required=False,
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="Choose none to take every kind. The kind is told from the bytes, not only from the name.",
    )
    field_order = ["title", "instructions", "expires_on", "email", "most_files", "most_gib", "kinds"]

    @property
    def asked(self) -> dict[str, Any]:
        """What the deed takes."""
        kept = ("title", "instructions", "email", "most_files", "kinds")
        named = {name: self.cleaned_data[name] for name in kept}
        return named | {"expires_at": self.expires_at, "most_bytes": self.cleaned_data["most_gib"] * _GIB}


class SendForm(LinkForm):
    email = forms.EmailField(
        label="E-mail address of the recipient",
        help_text="The link is mailed there. It opens with a code, which is mailed when it is followed.",
    )
    name = forms.CharField(
        label="Their name", required=False, max_length=200, help_text="Written across every page, with the address."
    )
    mode = forms.ChoiceField(
        label="What they may do", choices=Send.Mode.choices, widget=forms.RadioSelect, initial=Send.Mode.VIEW
    )
    most_openings = forms.IntegerField(
        label="How often they may open it", min_value=1, max_value=MOST_OPENINGS, initial=10
    )
    purpose = forms.CharField(
        label="What they need it for",
        max_length=500,
        help_text="They see it, and it is kept with the record. Name no patient.",
        error_messages={"required": "Say what they need it for."},
    )
    field_order = ["email", "name", "mode", "purpose", "expires_on", "most_openings"]

    @property
    def asked(self) -> dict[str, Any]:
        """What the deed takes."""
        kept = ("email", "name", "mode", "most_openings", "purpose")
        return {name: self.cleaned_data[name] for name in kept} | {"expires_at": self.expires_at}


class TokenForm(forms.Form):
    token = forms.CharField(
        label="Your link",
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
        help_text="Paste the whole link, or what stands in it after the #.",
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": "Type the code from the mail."},
    )


class IntroduceForm(forms.Form):
    name = forms.CharField(
        label="Your name",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Say who you are."},
    )
    email = forms.EmailField(label="Your e-mail address", widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    def __init__(self, *args: Any, proved: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if proved:
            del self.fields["email"]

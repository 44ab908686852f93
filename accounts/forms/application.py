"""Forms of the application, for the applicant and for the reviewer."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from accounts.models import Institution, TermsVersion, User
from accounts.orcid import normal_orcid


class DocumentField(forms.Field):
    """The sealing upload handler takes the bytes away before the form sees them, so there is nothing to validate."""

    widget = forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,application/pdf,image/png,image/jpeg"})

    def clean(self, value: Any) -> None:
        return None


class ParticularsForm(forms.Form):
    """What every applicant says, with an account or without."""

    institution = forms.ModelChoiceField(
        Institution.objects.none(),
        required=False,
        empty_label="Not in the list",
        help_text="The hospital, laboratory or university you work for.",
    )
    proposed_institution = forms.CharField(
        label="Institution, if it is not in the list", max_length=200, required=False
    )
    profession = forms.CharField(max_length=100, help_text="For example: paediatric neurologist.")
    registration_number = forms.CharField(
        label="Professional registration number",
        max_length=100,
        required=False,
        help_text="Your number with the medical council, where there is one.",
    )
    orcid = forms.CharField(
        label="ORCID iD",
        max_length=60,
        required=False,
        help_text="For example 0000-0002-1825-0097. Its check digit is verified.",
    )
    reason = forms.CharField(
        label="Why you need access",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Which patients or trials you work on, and with whom you will share. A commission admin reads this.",
    )
    document = DocumentField(
        label="Supporting document",
        required=False,
        help_text="Proof of employment or registration: PDF, PNG or JPEG, up to 20 MB. It is encrypted at rest.",
    )
    terms = forms.BooleanField(
        label="I have read the terms and accept them.",
        error_messages={"required": "You can only apply if you accept the terms."},
    )

    def __init__(self, *args: Any, terms: TermsVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current_terms = terms
        chooser = self.fields["institution"]
        if isinstance(chooser, forms.ModelChoiceField):
            chooser.queryset = Institution.objects.all()

    def clean_orcid(self) -> str:
        orcid: str = self.cleaned_data["orcid"]
        if orcid and normal_orcid(orcid) is None:
            raise forms.ValidationError("This is not a valid ORCID iD; its check digit does not fit.")
        return normal_orcid(orcid) or ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("institution") and not cleaned.get("proposed_institution") and not self.errors:
            self.add_error("institution", "Choose your institution, or write its name below.")
        return cleaned


class ApplyForm(ParticularsForm):
    """For somebody who has no account yet."""

    name = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label="E-mail",
        help_text="The address your institution gave you. You confirm it by a link.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        max_length=128,
        strip=False,
        help_text="At least 12 characters. A few words in a row are easy to remember.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ["name", "email", "password"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("password"):
            self._check_password(cleaned)
        return cleaned

    def _check_password(self, cleaned: dict[str, Any]) -> None:
        somebody = User(email=cleaned.get("email", ""), name=cleaned.get("name", ""))
        try:
            validate_password(cleaned["password"], somebody)
        except forms.ValidationError as error:
            self.add_error("password", error)


class AnswerForm(forms.Form):
    text = forms.CharField(label="Your answer", max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
    document = DocumentField(label="Further document", required=False, help_text="PDF, PNG or JPEG, up to 20 MB.")


class QueueForm(forms.Form):
    """Filters of the review desk."""

    q = forms.CharField(label="Search", required=False, max_length=200)
    state = forms.ChoiceField(
        required=False,
        choices=[
            ("open", "Open"),
            ("submitted", "Waiting for review"),
            ("more_asked", "Waiting for the applicant"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
            ("all", "All"),
        ],
    )
    sort = forms.ChoiceField(
        required=False, choices=[("oldest", "Oldest first"), ("newest", "Newest first"), ("name", "Name")]
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, help_text: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = help_text


class ApproveForm(forms.Form):
    institution = forms.ModelChoiceField(Institution.objects.all(), help_text="Whose member the person becomes.")
    reason = forms.CharField(
        label="Note to the applicant", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )

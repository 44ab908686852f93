"""Forms of the people pages and of one's own profile."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.countries import country_code, country_names
from accounts.models import Institution, User
from core.errors import InvalidInput


class PeopleFilterForm(forms.Form):
    q = forms.CharField(label="Search", required=False, max_length=200)
    institution = forms.ModelChoiceField(Institution.objects.none(), required=False, empty_label="All institutions")
    role = forms.ChoiceField(required=False, choices=[("", "All roles"), *User.Role.choices])
    standing = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Any standing"),
            ("good", "In good standing"),
            ("suspended", "Suspended"),
            ("expired", "Expired"),
        ],
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields["institution"]
        if isinstance(chooser, forms.ModelChoiceField):
            chooser.queryset = Institution.objects.all().visible_to(user)


class AppointForm(forms.Form):
    role = forms.ChoiceField(choices=[("commission_admin", "Commission admin"), ("auditor", "Auditor")])
    reason = forms.CharField(
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The second admin reads this before confirming.",
    )


class CountryInput(forms.TextInput):
    """A text field that the browser offers all countries for: a list that can be searched, without JavaScript."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        listed = f"{name}-countries"
        field = super().render(name, value, {**(attrs or {}), "list": listed}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((known,) for known in country_names()))
        return format_html('{}<datalist id="{}">{}</datalist>', field, listed, options)


class CountryField(forms.CharField):
    """A country by its name or letters; its value is the two letters of ISO 3166-1."""

    widget = CountryInput(attrs={"autocomplete": "country-name"})

    def clean(self, value: Any) -> str:
        try:
            return country_code(super().clean(value))
        except InvalidInput as error:
            raise forms.ValidationError(error.sentence) from error


class InstitutionForm(forms.Form):
    name = forms.CharField(max_length=200)
    kind = forms.ChoiceField(choices=Institution.Kind.choices)
    city = forms.CharField(max_length=100, required=False)
    country = CountryField(help_text="Type some letters and choose from the list.")


class ProfileForm(forms.Form):
    name = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    time_zone = forms.ChoiceField(choices=[(zone, zone) for zone in sorted(available_timezones())])

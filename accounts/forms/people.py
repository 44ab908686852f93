"""Forms of the people pages and of one's own profile."""

from typing import Any
from zoneinfo import available_timezones

from django import forms

from accounts.models import Institution, User


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


class InstitutionForm(forms.Form):
    name = forms.CharField(max_length=200)
    kind = forms.ChoiceField(choices=Institution.Kind.choices)
    city = forms.CharField(max_length=100, required=False)
    country = forms.CharField(min_length=2, max_length=2, help_text="Two letters, such as DE or FR.")


class ProfileForm(forms.Form):
    name = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    time_zone = forms.ChoiceField(choices=[(zone, zone) for zone in sorted(available_timezones())])

"""Deeds about institutions."""

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.countries import country_code
from accounts.events import InstitutionCreated
from accounts.models import Institution
from accounts.permissions import Right
from core.access import Actor, require
from core.errors import Conflict, InvalidInput
from core.text import plain_line
from ledger_bridge.recording import record


@transaction.atomic
def create_institution(*, actor: Actor, name: str, kind: str, country: str, city: str = "") -> Institution:
    """Enter an institution with the group of its members. `country` is a name or the letters of ISO 3166-1.

    Raises:
        InvalidInput: without a name, or with a country that there is not.
        Conflict: when there is one of that name in that country.

    """
    require(actor, Right.MANAGE_INSTITUTIONS)
    name = plain_line(name, field="name", empty="Give the institution a name.")
    city = plain_line(city, field="city", empty="") if city.strip() else ""
    if kind not in Institution.Kind.values:
        raise InvalidInput("Choose what kind of institution it is.", field="kind")
    country = country_code(country)
    institution = _enter(name, kind, country, city)
    record(InstitutionCreated(institution=str(institution.id), name=name, country=country), actor=actor)
    return institution


def _enter(name: str, kind: str, country: str, city: str) -> Institution:
    try:
        with transaction.atomic():
            # The group's own name is free text to Django but unique, and 150 characters long at most.
            members = Group.objects.create(name=f"{name[:140]} ({country})")
            return Institution.objects.create(name=name, kind=kind, country=country, city=city, members=members)
    except IntegrityError as error:
        raise Conflict(f"“{name}” in {country} is already entered.") from error

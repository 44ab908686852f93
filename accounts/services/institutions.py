"""Deeds about institutions."""

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.events import InstitutionCreated
from accounts.models import Institution
from accounts.permissions import Right
from core.access import Actor, require
from core.errors import Conflict, InvalidInput
from core.text import plain_line
from ledger_bridge.recording import record


@transaction.atomic
def create_institution(*, actor: Actor, name: str, kind: str, country: str, city: str = "") -> Institution:
    """Enter an institution with the group of its members.

    Raises:
        InvalidInput: without a name or a two-letter country.
        Conflict: when there is one of that name in that country.

    """
    require(actor, Right.MANAGE_INSTITUTIONS)
    name, country = plain_line(name, field="name", empty="Give the institution a name."), country.strip().upper()
    city = plain_line(city, field="city", empty="") if city.strip() else ""
    _check(kind, country)
    institution = _enter(name, kind, country, city)
    record(InstitutionCreated(institution=str(institution.id), name=name, country=country), actor=actor)
    return institution


def _check(kind: str, country: str) -> None:
    if kind not in Institution.Kind.values:
        raise InvalidInput("Choose what kind of institution it is.", field="kind")
    if len(country) != 2 or not (country.isascii() and country.isalpha()):  # noqa: PLR2004  ISO 3166-1 alpha-2
        raise InvalidInput("Write the country as two letters, such as DE.", field="country")


def _enter(name: str, kind: str, country: str, city: str) -> Institution:
    try:
        with transaction.atomic():
            # The group's own name is free text to Django but unique, and 150 characters long at most.
            members = Group.objects.create(name=f"{name[:140]} ({country})")
            return Institution.objects.create(name=name, kind=kind, country=country, city=city, members=members)
    except IntegrityError as error:
        raise Conflict(f"“{name}” in {country} is already entered.") from error

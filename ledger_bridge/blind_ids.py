"""Columns that hold blind ids. Conditions on them are written with real ids, and translated on their way out.

    Entry.objects.filter(workspace=workspace.pk)

What comes back from the database is blind. Rows of Entry open themselves (`models.EntryQuerySet`); values of single
columns are translated by `real_ids`.
"""

from collections.abc import Iterable
from copy import copy
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.lookups import In

from ledger_bridge.subject_keys import blind_ids, keys_behind

_UNSEALED = "SELECT EXISTS (SELECT FROM ledger_bridge_entry WHERE sealed IS NULL)"
_all_sealed: list[bool] = []


class BlindIdField(models.UUIDField):  # type: ignore[type-arg]
    """A column of blind ids of one kind of subject. To the database it is a UUID like any other."""

    def __init__(self, *args: Any, subject: str = "", **kwargs: Any) -> None:
        self.subject = subject
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.UUIDField", args, kwargs


@BlindIdField.register_lookup
class BlindIn(In):
    """`column__in=ids`. A query instead of ids could not be translated, so it is refused."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if not self.rhs_is_direct_value():
            raise TypeError("Give ids, not a query: without the keys no database can tell whom a blind id stands for.")
        blind = copy(self)
        # The same lookup is asked for its SQL more than once, so it must not be changed.
        blind.rhs = list(_blinded(self.lhs.output_field.subject, self.rhs))
        return super(BlindIn, blind).process_rhs(compiler, connection)


@BlindIdField.register_lookup
class BlindExact(BlindIn):
    """`column=id`. Nothing stays nothing: Django asks then whether the column is empty."""

    lookup_name = "exact"

    def get_prep_lookup(self) -> Any:
        if self.rhs is None:
            return None
        self.rhs = [self.rhs]
        return super().get_prep_lookup()


def real_ids(blinds: Iterable[object]) -> dict[str, str]:
    """Return whom these blind ids stand for, in one query; those that were erased are left out."""
    asked = {str(blind) for blind in blinds if blind}
    found = {blind: key.name[1] for blind, key in keys_behind(asked).items()}
    # Until all old entries are sealed, some columns hold the real ids themselves.
    return found if are_all_sealed() else {blind: blind for blind in asked} | found


def are_all_sealed() -> bool:
    """True when no entry is left from before there were seals. None can be added, so this is asked until it is true."""
    if not _all_sealed:
        with connection.cursor() as cursor:
            cursor.execute(_UNSEALED)
            if cursor.fetchone()[0]:
                return False
        _all_sealed.append(True)
    return True


def forget_that_all_are_sealed() -> None:
    _all_sealed.clear()


def _blinded(kind: str, ids: Iterable[object]) -> Iterable[UUID]:
    asked = [one for one in ids if one is not None]
    yield from (UUID(blind) for blind in blind_ids(kind, asked).values())
    if not are_all_sealed():
        yield from (UUID(str(one)) for one in asked)

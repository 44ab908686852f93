"""What stands against an erasure: a legal hold, the retention period, or what the erasure would take along."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from core.errors import Conflict
from ledger_bridge.blind_ids import are_all_sealed, real_ids
from ledger_bridge.erasure.models import LegalHold

_COLUMNS = {"workspace": ("workspace",), "item": ("item",), "person": ("actor", "person")}
_LOOKS = ("trail.%", "receipt.%", "erasure.%")
"""Kinds of event that are only about the trail: looking at what is recorded keeps nothing longer."""

_COUNT = """
    SELECT count(*), max(recorded_at) FILTER (WHERE NOT kind LIKE ANY (%s)),
        count(*) FILTER (WHERE kind = 'erasure.done') FROM ledger_bridge_entry WHERE {where}
"""
# Whoever erases a file takes its entries out of the trail of the workspace too, so a hold on either stands against it.
_HELD = """
    SELECT EXISTS (
        SELECT FROM ledger_bridge_legalhold hold WHERE hold.lifted_at IS NULL AND (hold.blind = %s OR EXISTS (
            SELECT FROM ledger_bridge_entry WHERE ({where}) AND hold.blind IN (workspace, item, actor, person)
        ))
    )
"""

_HOLDS = 0x49_74_68_6F_6C_64
"""The advisory lock under which holds are placed."""


class Kept(Conflict):
    """A rule keeps what was to be erased."""


@dataclass(frozen=True)
class Extent:
    """What an erasure would take."""

    entries: int
    last_event: datetime | None
    accounts: int
    """Entries about other erasures among them."""


def extent(kind: str, blind: str) -> Extent:
    where, values = _where(kind, blind)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(where=where), [list(_LOOKS), *values])
        return Extent(*cursor.fetchone())


def require_nothing_keeps(kind: str, blind: str) -> Extent:
    """Return what the erasure takes.

    Raises:
        Kept: saying which rule keeps it.

    """
    if not are_all_sealed():
        raise Kept("Entries from an older version are not sealed yet. Run ledger_seal_old_entries first.")
    found = extent(kind, blind)
    if _is_held(kind, blind):
        raise Kept("A legal hold stands against it.")
    if found.accounts:
        raise Kept("This person confirmed other erasures; without those entries nobody could account for them.")
    days = settings.LEDGER_RETENTION_DAYS[kind]
    until = found.last_event + timedelta(days=days) if found.last_event else None
    if until and until > timezone.now():
        raise Kept(
            f"What is recorded about it is to be kept until {until:%-d %B %Y} ({days} days after the last event)."
        )
    return found


def standing_holds() -> list[LegalHold]:
    return list(LegalHold.objects.filter(lifted_at=None).order_by("-placed_at")[:200])


def hold_on(subjects: Mapping[str, Collection[str]]) -> LegalHold | None:
    """Return a legal hold that stands on one of these ids, given by kind: for rooms that destroy what they keep.

    Nobody places a hold between this answer and the end of the transaction it is asked in.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_HOLDS])
    standing = list(LegalHold.objects.filter(lifted_at=None))
    real = real_ids(hold.blind for hold in standing)
    return next((hold for hold in standing if real.get(str(hold.blind)) in subjects.get(hold.kind, ())), None)


def wait_for_rooms() -> None:
    """Before a hold is placed, wait for whoever has just asked `hold_on`, so that what they destroy is known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_HOLDS])


def _is_held(kind: str, blind: str) -> bool:
    where, values = _where(kind, blind)
    with connection.cursor() as cursor:
        cursor.execute(_HELD.format(where=where), [blind, *values])
        return bool(cursor.fetchone()[0])


def _where(kind: str, blind: str) -> tuple[str, list[Any]]:
    columns = _COLUMNS[kind]
    return " OR ".join(f"{column} = %s" for column in columns), [blind] * len(columns)

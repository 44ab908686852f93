"""What was recorded before codes existed comes along: sequenced entries, and those that wait."""

import pytest
from django.core.management import call_command
from django.db import transaction

from ledger_bridge.entry_codes import codes_begin
from ledger_bridge.events import TrailViewed
from ledger_bridge.models import CodesBegin, Leaf, Quarantined
from ledger_bridge.recording import record
from ledger_bridge.services import sequence_entries
from ledger_bridge.subjects import Subject

WORKSPACE = "019ac000-0000-7000-8000-000000000000"


@pytest.mark.django_db(transaction=True)
def test_entries_from_before_are_sequenced_and_hold() -> None:
    _record(2)
    sequence_entries()
    _record(3)
    _migrate_back_and_forth()
    assert codes_begin() == 5
    assert sequence_entries() == 3
    _record(1)
    assert sequence_entries() == 1
    assert (Leaf.objects.count(), Quarantined.objects.count()) == (6, 0)
    call_command("ledger_fsck")


@pytest.mark.django_db(transaction=True)
def test_an_empty_ledger_begins_with_codes() -> None:
    _migrate_back_and_forth()
    assert not CodesBegin.objects.exists()


def _record(count: int) -> None:
    with transaction.atomic():
        for _ in range(count):
            record(TrailViewed(filters=""), actor=None, subject=Subject(workspace=WORKSPACE))


def _migrate_back_and_forth() -> None:
    """Undo the migration, which takes every code away, and do it again."""
    call_command("migrate", "ledger_bridge", "0008", verbosity=0)
    call_command("migrate", "ledger_bridge", verbosity=0)

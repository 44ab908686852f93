"""Entries from before there were seals: readable, then sealed, and the same all along."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from ledger_bridge.blind_ids import forget_that_all_are_sealed
from ledger_bridge.disclosure import stored_entry
from ledger_bridge.events import TrailViewed
from ledger_bridge.models import Entry
from ledger_bridge.recording import record
from ledger_bridge.sealing_old import count_unsealed, unseal_all
from ledger_bridge.services import sequence_entries
from ledger_bridge.subjects import Subject

pytestmark = pytest.mark.django_db(transaction=True)
WORKSPACE = str(uuid.uuid4())


@pytest.fixture
def old(alice: User) -> Iterator[str]:
    """An entry as it stood before, in a log with others."""
    with transaction.atomic():
        made = record(TrailViewed(filters="x"), actor=alice, subject=Subject(workspace=WORKSPACE), purpose="care")
    sequence_entries()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_bridge_entry DROP CONSTRAINT entry_is_sealed")
        cursor.execute("ALTER TABLE ledger_bridge_entry DISABLE TRIGGER entry_no_change")
        unseal_all(cursor.cursor)
        cursor.execute("ALTER TABLE ledger_bridge_entry ENABLE TRIGGER entry_no_change")
    forget_that_all_are_sealed()
    yield made
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE ledger_bridge_entry ADD CONSTRAINT entry_is_sealed CHECK (sealed IS NOT NULL AND seed IS NULL"
            " AND detail IS NULL AND version IS NULL AND purpose IS NULL AND request_id IS NULL"
            " AND source_address IS NULL) NOT VALID"
        )


def row(entry: str, columns: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM ledger_bridge_entry WHERE id = %s", [entry])  # noqa: S608
        return tuple(cursor.fetchone())


def test_it_is_read_and_found_as_it_stands(old: str, alice: User) -> None:
    assert row(old, "workspace::text, purpose, sealed") == (WORKSPACE, "care", None)
    entry = Entry.objects.get(workspace=WORKSPACE, actor=alice.pk)
    assert (entry.is_readable, entry.purpose, entry.detail) == (True, "care", {"filters": "x"})
    call_command("ledger_fsck")


def test_it_is_sealed_once_and_says_the_same(old: str, alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    before = stored_entry(old)
    assert before
    call_command("ledger_seal_old_entries")
    assert "All entries are sealed." in capsys.readouterr().out
    assert row(old, "purpose, detail, seed, version") == (None, None, None, None)
    after = stored_entry(old)
    assert after
    assert (after.fields, after.seed, after.leaf) == (before.fields, before.seed, before.leaf)
    assert str(Entry.objects.get(workspace=WORKSPACE, actor=alice.pk).pk) == old
    call_command("ledger_fsck")


def test_nothing_is_left_to_do_the_second_time(old: str) -> None:
    call_command("ledger_seal_old_entries")
    call_command("ledger_seal_old_entries", "--status")
    assert count_unsealed() == 0


@pytest.mark.parametrize("change", ["sealed = 'x', kind = 'other'", "sealed = 'x', outcome = 'deny'", "purpose = 'x'"])
def test_sealing_is_the_only_change_that_is_let_through(old: str, change: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(f"UPDATE ledger_bridge_entry SET {change}")  # noqa: S608


def test_what_is_sealed_is_not_changed_again(old: str) -> None:
    call_command("ledger_seal_old_entries")
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_bridge_entry SET sealed = 'x'")

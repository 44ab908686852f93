"""The two database roles: each can do its part and nothing of the other's."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from ledger_bridge import exporting
from ledger_bridge.events import TrailViewed
from ledger_bridge.feeds.receiver import Receiver
from ledger_bridge.feeds.services import feed_receiver
from ledger_bridge.models import Leaf
from ledger_bridge.recording import record
from ledger_bridge.services import sequence_entries
from tests.ledger_bridge.conftest import Fill, Thing

As = Callable[[str], None]


@pytest.fixture
def become(db: None) -> Iterator[As]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE test_web; CREATE ROLE test_sequencer;")
        call_command("ledger_roles", "--web", "test_web", "--sequencer", "test_sequencer", "--apply")

        def change(role: str) -> None:
            cursor.execute(f"SET ROLE {role}")

        yield change
        cursor.execute("RESET ROLE")


def refused(sql: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except ProgrammingError as error:
        return "permission denied" in str(error) or "must be owner" in str(error)
    return False


def test_the_web_records_and_the_sequencer_sequences(become: As, thing: Thing) -> None:
    become("test_web")
    entry = record(TrailViewed(filters=""), actor=None, subject=thing)
    become("test_sequencer")
    assert sequence_entries() == 1
    assert str(Leaf.objects.get().entry_id) == entry


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_bridge_entry SET kind = 'x'",
        "DELETE FROM ledger_bridge_entry",
        "TRUNCATE ledger_bridge_entry",
        "DELETE FROM ledger_bridge_outbox",
        "UPDATE ledger_bridge_outbox SET code = commitment",
        "DELETE FROM ledger_bridge_quarantine",
        "UPDATE ledger_bridge_codesbegin SET index = 9",
        "INSERT INTO ledger_bridge_leaf (index, entry, data) VALUES (0, gen_random_uuid(), '')",
        "INSERT INTO ledger_bridge_checkpoint (size, root, note, created_at) VALUES (1, '', '', now())",
        "UPDATE ledger_bridge_treestate SET size = 0",
        "UPDATE ledger_bridge_stream SET length = 0",
        "UPDATE ledger_bridge_stream SET wrapped_key = ''",
        "ALTER TABLE ledger_bridge_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER entry_no_change ON ledger_bridge_entry",
        "SET LOCAL session_replication_role = replica",
    ],
)
def test_the_web_role_cannot(become: As, fill: Fill, sql: str) -> None:
    fill(1)
    become("test_web")
    assert refused(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO ledger_bridge_entry SELECT * FROM ledger_bridge_entry",
        "INSERT INTO ledger_bridge_outbox SELECT * FROM ledger_bridge_outbox",
        "UPDATE ledger_bridge_entry SET kind = 'x'",
        "UPDATE ledger_bridge_leaf SET index = 7",
        "DELETE FROM ledger_bridge_checkpoint",
        "UPDATE ledger_bridge_stream SET wrapped_key = ''",
    ],
)
def test_the_sequencer_role_cannot(become: As, fill: Fill, sql: str) -> None:
    fill(1)
    become("test_sequencer")
    assert refused(sql)


def test_it_prints_without_changing_anything(capsys: pytest.CaptureFixture[str], db: None) -> None:
    call_command("ledger_roles", "--web", 'odd"name')
    assert 'TO "odd""name"' in capsys.readouterr().out


def test_roles_that_do_not_exist_are_said(db: None) -> None:
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("ledger_roles", "--web", "nobody_here", "--apply")


def test_where_the_web_may_not_sequence_an_export_waits_for_the_sequencer(become: As, fill: Fill) -> None:
    fill(1, sequence=False)
    become("test_web")
    assert exporting._sequence() == 0


def test_the_sequencer_feeds_the_audit_repository_and_the_web_does_not(become: As, fill: Fill, settings: Any) -> None:
    settings.AUDIT_FEED_URL = "syslog+tls://siem.example"
    fill(2)
    become("test_sequencer")
    assert feed_receiver(connect=Swallow) == 2
    become("test_web")
    assert refused("UPDATE ledger_bridge_feedposition SET next_index = 0")


class Swallow:
    """A client that takes everything."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver

    def send(self, frames: Iterable[bytes]) -> None:
        pass

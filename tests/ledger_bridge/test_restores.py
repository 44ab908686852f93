"""An older copy of the database is put back under a running installation: one tick later nothing is signed any more.

Copies are real ones, made by PostgreSQL. What the tests vary is what was put back with it.
"""

import io
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from core.errors import Conflict
from ledger_bridge import publishing
from ledger_bridge.anchors import watching as chain_watching
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.events import TrailViewed
from ledger_bridge.exporting import wait_until_published
from ledger_bridge.models import Checkpoint, Leaf, Outbox
from ledger_bridge.publishing import RolledBack
from ledger_bridge.receipts import latest_checkpoint
from ledger_bridge.recording import record_durably
from ledger_bridge.services import sequence_entries
from ledger_bridge.signing import log_policy
from ledger_bridge.witnessing import watching
from ledger_bridge.witnessing.receiving import receive_cosignatures
from tests.fakes.anvil import Anvil
from tests.fakes.backups import backup, dump, restore_dump
from tests.fakes.members import Ask, Member, ask_for, members
from tests.ledger_bridge.anchors.conftest import clock, configured, key_file, node, running, step
from tests.needs import needs

__all__ = ["ask_for", "clock", "configured", "key_file", "members", "node", "running", "step"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _just_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """No node is being left alone because of what it did in another test."""
    monkeypatch.setattr(chain_watching, "_not_before", {})


def work(count: int) -> list[str]:
    made = [record_durably(TrailViewed(filters=str(uuid.uuid4())), actor=None) for _ in range(count)]
    sequence_entries()
    return made


def sizes() -> list[int]:
    return list(Checkpoint.objects.order_by("size").values_list("size", flat=True))


def refuses_at_once(why: str) -> None:
    """One tick finds it out, with an entry waiting; nothing is signed by it nor by any later one."""
    record_durably(TrailViewed(filters="waits"), actor=None)
    signed = sizes()
    for _ in range(3):
        with pytest.raises(RolledBack, match=why):
            sequence_entries()
    assert (sizes(), Leaf.objects.count(), Outbox.objects.count()) == (signed, signed[-1], 1)
    assert publishing.halted()


def recovery() -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("ledger_recover", stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_published_file_is_newer(tmp_path: Path) -> None:
    work(3)
    with backup("older") as older:
        work(2)
        older.restore()
    refuses_at_once("5 entries, this database only 3")
    code, said = recovery()
    assert code == 1
    assert "database: 3 entries in the tree" in said
    assert "until the tree has 5 entries" in said


def test_a_dump_that_was_restored_is_found_as_well(tmp_path: Path) -> None:
    work(3)
    dump(tmp_path / "yesterday.dump")
    work(2)
    restore_dump(tmp_path / "yesterday.dump")
    refuses_at_once("5 entries, this database only 3")


def test_a_copy_whose_outbox_was_full_does_not_sequence_it_otherwise() -> None:
    work(3)
    record_durably(TrailViewed(filters="waited when the copy was made"), actor=None)
    with backup("older") as older:
        sequence_entries()
        older.restore()
    signed = sizes()
    with pytest.raises(RolledBack):
        sequence_entries()
    assert sizes() == signed


def test_the_published_file_was_restored_too_but_a_witness_is_ahead(
    settings: Any, members: list[Member], ask_for: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_for(members[:2], "all")
    # However long a running process would wait until it looks again: a new connection is looked at at once.
    monkeypatch.setattr(watching, "WHEN_BUSY", 3600.0)
    monkeypatch.setattr(watching, "WHEN_QUIET", 3600.0)
    work(3)
    with backup("older", settings.LEDGER_DIRECTORY) as older:
        work(2)
        older.restore()
    refuses_at_once("a witness holds has 5 entries, this database only 3")
    code, said = recovery()
    assert code == 1
    assert f"witness {members[0].url}: 5 entries, which this database does not hold" in said


def test_an_export_does_not_sign_either(settings: Any, members: list[Member], ask_for: Ask) -> None:
    ask_for(members[:1], "all")
    work(3)
    with backup("older", settings.LEDGER_DIRECTORY) as older:
        work(2)
        older.restore()
    waiting = record_durably(TrailViewed(filters=""), actor=None)
    with pytest.raises(RolledBack):
        wait_until_published(waiting)
    assert sizes() == [3]


def test_once_replayed_to_its_end_the_log_goes_on_by_itself() -> None:
    work(3)
    with backup("older") as older:
        work(2)
        with backup("newest") as newest:
            older.restore()
            refuses_at_once("5 entries")
            newest.restore()
    work(1)
    assert sizes() == [3, 5, 6]
    assert publishing.halted() is None
    assert recovery()[0] == 0


@needs("anvil")
def test_only_the_chain_is_ahead(configured: Anvil, settings: Any, step: Callable[[], Anchor]) -> None:
    settings.ANCHOR_INTERVAL = 0
    work(3)
    with backup("older", settings.LEDGER_DIRECTORY) as older:
        work(2)
        step(), step()
        older.restore()
    refuses_at_once("anchor on the chain has 5 entries, this database only 3")
    code, said = recovery()
    assert code == 1
    assert "contract on the chain: 5 entries, which this database does not hold" in said


@needs("anvil")
def test_what_the_chain_showed_is_remembered_when_its_node_is_silent(
    configured: Anvil, settings: Any, step: Callable[[], Anchor], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ANCHOR_INTERVAL = 0
    work(3)
    with backup("older", settings.LEDGER_DIRECTORY) as older:
        work(2)
        step(), step()
        older.restore()
    refuses_at_once("anchor on the chain")
    settings.ANCHOR_RPC_URL = "http://127.0.0.1:9"
    with pytest.raises(RolledBack, match="anchor on the chain"):
        sequence_entries()


@needs("anvil")
def test_a_chain_that_does_not_answer_stops_nothing_and_is_left_alone(
    configured: Anvil, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "WHEN_BUSY", 0.0)
    settings.ANCHOR_RPC_URL = "http://127.0.0.1:9"
    work(1)
    assert chain_watching.chain_to_ask() is None
    work(1)
    assert sizes() == [1, 2]


@needs("anvil")
def test_another_chain_than_the_one_of_the_settings_proves_nothing(configured: Anvil, settings: Any) -> None:
    settings.ANCHOR_CHAIN_ID = 5
    work(2)
    assert sizes() == [2]


def test_when_everything_was_restored_a_receipt_that_somebody_kept_still_shows_it(
    settings: Any, members: list[Member], ask_for: Ask
) -> None:
    """The limit: nothing that this machine can see is ahead, so it signs. Whoever holds a receipt can still tell."""
    ask_for(members[:1], "all")
    work(3)
    with backup("older", settings.LEDGER_DIRECTORY, members[0].directory) as older:
        work(2)
        checkpoint = latest_checkpoint()
        assert checkpoint
        in_her_receipt = checkpoint.note.encode()
        older.restore()
    work(2)
    assert sizes() == [3, 5]
    assert publishing.contradicts(log_policy().open_checkpoint(in_her_receipt)[0])
    with pytest.raises(Conflict, match="does not hold it any more"):
        receive_cosignatures(in_her_receipt)
    with pytest.raises(RolledBack, match="first 5 entries"):
        work(1)

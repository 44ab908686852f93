import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_bridge.event_table import EventTable, harmless
from ledger_bridge.renderings import Context
from ledger_bridge.tlog import entry
from tests.fakes.ledger import KINDS, FakeLedger, small_ledger

WORKSPACE = ("workspace", "w1")


@pytest.fixture
def ledger() -> FakeLedger:
    return small_ledger()


def context_of(ledger: FakeLedger) -> Context:
    scope = ledger.scope([ledger.stream(*WORKSPACE)], 7)
    return Context(checkpoint=ledger.checkpoint(), scope=scope, names=ledger.names, kinds=KINDS)


def table_of(ledger: FakeLedger, events: list[dict[str, Any]]) -> bytes:
    return EventTable.head() + EventTable(context_of(ledger)).rows(events)


def rows_of(ledger: FakeLedger, **options: Any) -> list[dict[str, str]]:
    events = ledger.events([ledger.stream(*WORKSPACE)], **options)
    text = table_of(ledger, events).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_table_has_a_row_for_every_event(ledger: FakeLedger) -> None:
    assert [row["index"] for row in rows_of(ledger)] == ["0", "1", "2", "3", "5", "8", "10"]


def test_the_table_shows_names_next_to_ids(ledger: FakeLedger) -> None:
    row = rows_of(ledger)[0]
    assert (row["actor"], row["actor_name"]) == ("ana", "Ana Ribeiro")


def test_the_table_says_what_is_hidden(ledger: FakeLedger) -> None:
    row = rows_of(ledger, hide={"actor", "detail.name"})[0]
    assert (row["actor"], row["actor_name"], row["hidden"]) == ("(hidden)", "", "actor detail.name")


def test_the_table_lines_end_as_rfc_4180_says(ledger: FakeLedger) -> None:
    text = table_of(ledger, ledger.events([ledger.stream(*WORKSPACE)]))
    assert text.count(b"\r\n") == text.count(b"\n") == 8


@pytest.mark.parametrize("start", list("=+-@\t\r\n"))
def test_the_table_cells_are_never_formulas(start: str) -> None:
    assert harmless(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("text", ["", "a=1", "1-1", "Ana", "'=1"])
def test_the_table_leaves_ordinary_cells_alone(text: str) -> None:
    assert harmless(text) == text


def test_the_table_takes_the_sting_from_every_column() -> None:
    ledger = FakeLedger(names={"person": {"=1": "=2"}, "workspace": {"@w": "+x"}})
    ledger.record("=kind", workspace="@w", actor="=1", purpose='-"1"\r\n=2', source_address="\t1")
    event = entry.disclose(index=0, tags={}, fields=ledger.entries[0].fields, seed=ledger.entries[0].seed)
    text = table_of(ledger, [event]).decode()
    row = list(csv.reader(io.StringIO(text, newline="")))[1]
    assert not [cell for cell in row if cell[:1] in set("=+-@\t\r\n") and cell]


def whole(**fields: Any) -> dict[str, Any]:
    """An event that is shown as a whole, as most are."""
    one = small_ledger().entries[0]
    return entry.disclose_whole(index=0, tags={}, fields=one.fields | fields, seed=one.seed)


CELLS = st.text(st.sampled_from(list("a1 =+-@\t\r\n\",;'é{}")), max_size=4) | st.none() | st.integers(-2, 2)


@given(st.fixed_dictionaries(dict.fromkeys(("actor", "item", "purpose", "schema", "id", "detail.name"), CELLS)))
def test_a_row_that_is_put_together_as_it_stands_is_the_careful_one(fields: dict[str, Any]) -> None:
    ledger = FakeLedger(names={"person": {"a": "A"}, "item": {"1": "=1", "a": "a,b", " ": "é"}})
    ledger.record()
    table = EventTable(context_of(ledger))
    assert table._plain(whole(**fields)) in (None, table._careful(whole(**fields)))


def test_an_ordinary_row_is_put_together_as_it_stands(ledger: FakeLedger) -> None:
    assert EventTable(context_of(ledger))._plain(whole()) is not None


def test_the_table_says_what_was_erased(ledger: FakeLedger) -> None:
    event = entry.disclose_erased(index=0, tags={}, commitment=bytes(32))
    row = next(csv.DictReader(io.StringIO(table_of(ledger, [event]).decode(), newline="")))
    assert (row["actor"], row["hidden"]) == ("(hidden)", "(erased)")

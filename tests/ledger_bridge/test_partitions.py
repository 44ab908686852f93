"""Entries in partitions by time: made ahead, never missed, append-only each, and undone without losing one."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import Error, connection, transaction

from ledger_bridge import partitions
from ledger_bridge.models import Entry, Leaf, Outbox, Quarantined
from ledger_bridge.partitions import make_partitions
from ledger_bridge.sequencer import sequence_batch
from ledger_bridge.tasks import make_partitions as task
from tests.ledger_bridge.conftest import Fill

Names = list[str]
_COPY = """
    INSERT INTO {table} SELECT (jsonb_populate_record(e, jsonb_build_object('id', %s::text))).*
    FROM ledger_bridge_entry e WHERE id = %s
"""


def run(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else []


def bounds() -> dict[str, str]:
    return dict(
        run(
            "SELECT relname::text, pg_get_expr(relpartbound, oid) FROM pg_class JOIN pg_inherits ON inhrelid = oid"
            " WHERE inhparent = 'ledger_bridge_entry'::regclass ORDER BY relname"
        )
    )


def dated() -> Names:
    return [name for name in bounds() if name[-1].isdigit()]


def where_is(entry: str) -> str:
    ((name,),) = run("SELECT tableoid::regclass::text FROM ledger_bridge_entry WHERE id = %s", entry)
    return str(name)


def id_at(year: int, month: int, day: int = 10) -> str:
    text = f"{int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000):012x}"
    return f"{text[:8]}-{text[8:]}-7000-8000-000000000001"


def copy_to(entry: str, id_: str, table: str = "ledger_bridge_entry") -> None:
    """Insert the same entry as if it had been recorded at another time."""
    run(_COPY.format(table=table), id_, entry)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, db: None) -> Callable[[str], None]:
    """Let the database's function think that it is another time."""
    ((source,),) = run("SELECT pg_get_functiondef('ledger_make_partitions(text, integer)'::regprocedure)")

    def set_to(moment: str) -> None:
        run(source.replace("now()", f"'{moment}'::timestamptz"))

    return set_to


def test_the_next_three_months_are_there_from_the_beginning(db: None) -> None:
    now = datetime.now(UTC)
    last = max(dated())
    ahead = int(last[-8:-4]) * 12 + int(last[-4:-2]) - now.year * 12 - now.month
    assert ahead == 2
    assert list(bounds().values()).count("DEFAULT") == 1


def test_what_is_there_is_not_made_again(db: None) -> None:
    before = bounds()
    assert make_partitions() == 0
    assert bounds() == before


def test_as_time_goes_on_more_are_made(clock: Callable[[str], None]) -> None:
    before = dated()
    clock("2031-01-15")
    task()
    assert dated()[: len(before)] == before
    assert dated()[-1] == "ledger_bridge_entry_20310301"
    assert bounds()["ledger_bridge_entry_20310301"] == (
        f"FOR VALUES FROM ('{id_at(2031, 3, 1)[:13]}-0000-0000-000000000000')"
        f" TO ('{id_at(2031, 4, 1)[:13]}-0000-0000-000000000000')"
    )


@pytest.mark.parametrize(("period", "name"), [("week", "20310127"), ("day", "20310117")])
def test_a_busy_installation_has_shorter_ones(clock: Any, settings: Any, period: str, name: str) -> None:
    clock("2031-01-15")
    make_partitions()
    run("DROP TABLE ledger_bridge_entry_20310301, ledger_bridge_entry_20310201, ledger_bridge_entry_20310101")
    settings.LEDGER_PARTITION = period
    make_partitions()
    assert dated()[-1] == f"ledger_bridge_entry_{name}"


def test_an_entry_goes_where_its_time_belongs(fill: Fill, clock: Callable[[str], None]) -> None:
    (entry,) = fill(1)
    assert where_is(entry) == "ledger_bridge_entry_first" or where_is(entry) in dated()
    clock("2031-01-15")
    make_partitions()
    copy_to(entry, id_at(2031, 2))
    assert where_is(id_at(2031, 2)) == "ledger_bridge_entry_20310201"


def test_recording_goes_on_where_no_partition_was_made(fill: Fill) -> None:
    (entry,) = fill(1)
    copy_to(entry, id_at(2031, 2))
    assert where_is(id_at(2031, 2)) == "ledger_bridge_entry_default"
    assert Outbox.objects.get().entry.hex == id_at(2031, 2).replace("-", "")


def test_what_came_meanwhile_becomes_the_partition_of_that_time(fill: Fill, clock: Callable[[str], None]) -> None:
    (entry,) = fill(1)
    copy_to(entry, id_at(2031, 2))
    copy_to(entry, id_at(2031, 4))
    clock("2031-04-15")
    make_partitions()
    assert where_is(id_at(2031, 2)) == where_is(id_at(2031, 4)) != "ledger_bridge_entry_default"
    assert dated()[-2:] == ["ledger_bridge_entry_20310501", "ledger_bridge_entry_20310601"]
    copy_to(entry, id_at(2031, 5))
    assert where_is(id_at(2031, 5)) == "ledger_bridge_entry_20310501"
    copy_to(entry, id_at(2035, 5))
    assert where_is(id_at(2035, 5)) == "ledger_bridge_entry_default"


LATEST = "ffffffff-ffff-ffff-ffff-ffffffffffff"


@pytest.mark.parametrize("far", [LATEST, id_at(9999, 12), id_at(2042, 1)])
def test_an_id_from_a_far_future_holds_nothing_up(fill: Fill, clock: Callable[[str], None], far: str) -> None:
    (entry,) = fill(1)
    for id_ in (id_at(2031, 2), id_at(2031, 4), far):
        copy_to(entry, id_)
    queued = Outbox.objects.count()
    clock("2031-04-15")
    run("SET LOCAL statement_timeout = '20s'")
    assert make_partitions() > 0
    assert where_is(id_at(2031, 2)) == where_is(id_at(2031, 4)) in dated()
    assert where_is(far) == "ledger_bridge_entry_default"
    assert (Entry.objects.count(), Outbox.objects.count()) == (4, queued)
    assert make_partitions() == 0
    for sql in ("UPDATE {} SET kind = 'x'", "DELETE FROM {}"):
        for name in ("ledger_bridge_entry_default", where_is(id_at(2031, 2))):
            with pytest.raises(Error, match="append-only"), transaction.atomic():
                run(sql.format(name))
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        run("TRUNCATE ledger_bridge_entry_default")


def test_what_came_from_the_future_finds_its_place_when_its_time_has_come(
    fill: Fill, clock: Callable[[str], None]
) -> None:
    (entry,) = fill(1)
    copy_to(entry, id_at(2031, 2))
    copy_to(entry, id_at(2032, 2))
    clock("2031-04-15")
    make_partitions()
    assert where_is(id_at(2032, 2)) == "ledger_bridge_entry_default"
    clock("2032-03-15")
    make_partitions()
    assert where_is(id_at(2032, 2)) in dated()


@pytest.mark.parametrize(
    ("moment", "beginning"),
    [
        ("1969-12-31", "00000000-0000"),
        ("1970-01-01 00:00:00.001", "00000000-0001"),
        ("2031-01-01", id_at(2031, 1, 1)[:13]),
        ("10889-08-02 05:31:50.655", "ffffffff-ffff"),
        ("10889-08-02 05:31:50.656", "ffffffff-ffff"),
        ("200000-01-01", "ffffffff-ffff"),
    ],
)
def test_the_first_id_of_any_moment_can_be_said(db: None, moment: str, beginning: str) -> None:
    ((made,),) = run("SELECT ledger_uuid_at(%s::timestamp)::text", moment)
    assert made == f"{beginning}-0000-0000-000000000000"


@pytest.mark.parametrize("table", ["ledger_bridge_entry", "ledger_bridge_entry_default"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET kind = 'x'", "DELETE FROM {}"])
def test_no_partition_can_be_changed(fill: Fill, clock: Callable[[str], None], sql: str, table: str) -> None:
    (entry,) = fill(1)
    copy_to(entry, id_at(2031, 2))
    for name in (table, where_is(id_at(2031, 2)), where_is(entry)):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            run(sql.format(name))


def test_a_new_partition_is_guarded_like_the_others(fill: Fill, clock: Callable[[str], None]) -> None:
    (entry,) = fill(1)
    clock("2031-01-15")
    make_partitions()
    copy_to(entry, id_at(2031, 2))
    for sql in ("UPDATE {} SET kind = 'x'", "DELETE FROM {}", "TRUNCATE {}"):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            run(sql.format("ledger_bridge_entry_20310201"))
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        run("TRUNCATE ledger_bridge_entry")


def test_what_is_put_into_a_partition_itself_is_queued_too(fill: Fill, clock: Callable[[str], None]) -> None:
    (entry,) = fill(1)
    clock("2031-01-15")
    make_partitions()
    copy_to(entry, id_at(2031, 2), "ledger_bridge_entry_20310201")
    assert Outbox.objects.count() == 1


def test_a_new_partition_takes_nothing_in_clear(clock: Callable[[str], None]) -> None:
    clock("2031-01-15")
    make_partitions()
    for constraint in ("entry_is_sealed", "entry_has_code", "entry_outcome_known"):
        ((valid,),) = run(
            "SELECT convalidated FROM pg_constraint WHERE conname = %s"
            " AND conrelid = 'ledger_bridge_entry_20310201'::regclass",
            constraint,
        )
        assert valid


def test_an_entry_by_its_id_is_sought_in_one_partition(fill: Fill, clock: Callable[[str], None]) -> None:
    (entry,) = fill(1)
    clock("2031-01-15")
    make_partitions()
    plan = "\n".join(line for (line,) in run("EXPLAIN SELECT * FROM ledger_bridge_entry WHERE id = %s", entry))
    assert plan.count("Scan") == 1


def test_only_months_weeks_and_days_are_made(db: None) -> None:
    with pytest.raises(Error, match="a month, a week or a day"):
        run("SELECT ledger_make_partitions('year', 1)")


def test_somebody_who_holds_it_up_is_waited_for_until_the_next_time(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(partitions, "_MAKE", "SET LOCAL statement_timeout = 10; SELECT pg_sleep(5), %s, %s")
    assert make_partitions() == 0
    assert "in an hour" in caplog.text


def test_the_sequencer_s_role_makes_them_and_the_web_s_does_not(clock: Callable[[str], None]) -> None:
    run("CREATE ROLE test_web; CREATE ROLE test_sequencer;")
    clock("2031-01-15")
    call_command("ledger_roles", "--web", "test_web", "--sequencer", "test_sequencer", "--apply")
    run("SET ROLE test_web")
    with pytest.raises(Error, match="permission denied"), transaction.atomic():
        make_partitions()
    run("SET ROLE test_sequencer")
    assert make_partitions() > 1
    for sql in ("SELECT FROM {0}", "INSERT INTO {0} SELECT * FROM ledger_bridge_entry", "DROP TABLE {0}"):
        with pytest.raises(Error, match=r"permission denied|must be owner"), transaction.atomic():
            run(sql.format("ledger_bridge_entry_20310301"))
    run("RESET ROLE")


@pytest.fixture
def reader(transactional_db: None) -> Iterator[str]:
    """A role that was let in before there were partitions."""
    run("CREATE ROLE test_reader")
    yield "test_reader"
    call_command("migrate", "ledger_bridge", verbosity=0)
    run("DROP OWNED BY test_reader; DROP ROLE test_reader")


def test_a_full_table_becomes_the_first_partition_and_back(reader: str, fill: Fill) -> None:
    fill(3)
    fill(2, sequence=False)
    call_command("migrate", "ledger_bridge", "0017", verbosity=0)
    assert bounds() == {}
    (kept,) = fill(1, sequence=False)
    run(f"GRANT INSERT, SELECT ON ledger_bridge_entry TO {reader}")
    call_command("migrate", "ledger_bridge", verbosity=0)
    assert where_is(kept) == "ledger_bridge_entry_first"
    assert run(
        "SELECT has_table_privilege(%s, 'ledger_bridge_entry', 'INSERT'),"
        " has_table_privilege(%s, 'ledger_bridge_entry_first', 'INSERT')",
        reader,
        reader,
    ) == [(True, False)]
    copy_to(kept, id_at(2031, 2))
    call_command("migrate", "ledger_bridge", "0017", verbosity=0)
    assert (Entry.objects.count(), Outbox.objects.count()) == (7, 4)
    call_command("migrate", "ledger_bridge", "0018", verbosity=0)
    assert "281474976710655" not in run("SELECT pg_get_functiondef('ledger_uuid_at(timestamp)'::regprocedure)")[0][0]
    # With an entry of 2031 in the table, whatever was the matter with that clock.
    call_command("migrate", "ledger_bridge", verbosity=0)
    assert where_is(id_at(2031, 2)) == "ledger_bridge_entry_first"
    assert sequence_batch() == 4
    assert (Leaf.objects.count(), Quarantined.objects.count()) == (6, 1)

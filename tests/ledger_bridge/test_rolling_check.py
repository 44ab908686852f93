"""The check that never ends: a part at a time, remembered, told once, shown until it is repaired."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from ledger_bridge import publishing
from ledger_bridge.fsck import rolling
from ledger_bridge.fsck.rolling import check_next, damage
from ledger_bridge.models import Entry, RollingCheck
from ledger_bridge.tasks import check
from tests.ledger_bridge.conftest import Fill, Thing

pytestmark = pytest.mark.django_db
Sql = Callable[..., None]


@pytest.fixture
def superuser(db: None) -> Sql:
    """Somebody whom no trigger holds."""

    def run(sql: str, *values: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(sql, values)
            cursor.execute("SET session_replication_role = DEFAULT")

    return run


@pytest.fixture
def log(fill: Fill, thing: Thing, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two full tiles and a little more, checked a tile at a time."""
    monkeypatch.setattr(rolling, "SLICE", 256)
    settings.LEDGER_BATCH = 300
    fill(530, subject=thing)


def place() -> tuple[int, int]:
    row = RollingCheck.objects.get()
    return row.passes, row.next_index


def whole_pass() -> None:
    for _ in range(3):
        check_next()


def recorded() -> list[str]:
    return [str(entry.detail["where"]) for entry in Entry.objects.filter(kind="ledger.damage_found").order_by("id")]


def test_it_goes_through_the_log_in_parts_and_begins_again(log: None) -> None:
    seen = []
    for _ in range(4):
        check()
        seen.append(place())
    assert seen == [(0, 256), (0, 512), (1, 0), (1, 256)]
    assert damage() == []


def test_an_empty_log_is_no_reason_for_alarm() -> None:
    check_next()
    assert damage() == []


@pytest.mark.parametrize(
    ("sql", "where"),
    [
        ("UPDATE ledger_bridge_leaf SET data = overlay(data PLACING '\\xff' FROM 70) WHERE index = 300", "leaf 300"),
        ("DELETE FROM ledger_bridge_leaf WHERE index = 300", "leaf 300"),
        ("UPDATE ledger_bridge_tile SET root = sha256('x') WHERE number = 1", "tile 0/1"),
        ("DELETE FROM ledger_bridge_tile WHERE number = 0", "tile 0/0"),
        ("UPDATE ledger_bridge_checkpoint SET root = sha256('x') WHERE size = 300", "checkpoint 300"),
        ("UPDATE ledger_bridge_checkpoint SET note = replace(note, '300', '301') WHERE size = 300", "checkpoint 300"),
        ("UPDATE ledger_bridge_treestate SET frontier = overlay(frontier PLACING '\\xff' FROM 9)", "tree"),
        ("DELETE FROM ledger_bridge_leaf WHERE index = 529", "tree"),
    ],
)
def test_damage_is_found_wherever_it_is(
    log: None, superuser: Sql, caplog: pytest.LogCaptureFixture, sql: str, where: str
) -> None:
    superuser(sql)
    whole_pass()
    assert where in {problem.where.partition(",")[0] for problem in damage()}
    assert any(record.levelname == "CRITICAL" for record in caplog.records)
    assert any(one.startswith(where) for one in recorded())


def test_damage_to_the_published_checkpoint_is_found(log: None) -> None:
    publishing._write(b"nonsense")
    whole_pass()
    assert [problem.where for problem in damage()] == ["published checkpoint"]


def test_damage_is_recorded_once_however_often_it_is_found(log: None, superuser: Sql) -> None:
    superuser("UPDATE ledger_bridge_checkpoint SET root = sha256('x') WHERE size = 300")
    for _ in range(3):
        whole_pass()
    assert recorded() == ["checkpoint 300"]


def test_what_was_repaired_is_shown_no_more_after_a_whole_pass(log: None, superuser: Sql) -> None:
    change = "UPDATE ledger_bridge_checkpoint SET note = replace(note, %s, %s) WHERE size = 300"
    superuser(change, "300", "301")
    whole_pass()
    superuser(change, "301", "300")
    assert damage()
    whole_pass()
    assert damage() == []


def test_everybody_is_told_on_the_page_of_promises_and_auditors_above_the_trail(
    log: None, superuser: Sql, client: Client, olga: User
) -> None:
    superuser("UPDATE ledger_bridge_checkpoint SET root = sha256('x') WHERE size = 300")
    whole_pass()
    assert "does not agree with itself" in client.get("/promises/").content.decode()
    client.force_login(olga)
    assert "does not agree with itself" in client.get("/audit/").content.decode()


def test_a_log_in_order_shows_no_alarm(log: None, client: Client, olga: User) -> None:
    whole_pass()
    client.force_login(olga)
    for page in ("/promises/", "/audit/"):
        assert "does not agree with itself" not in client.get(page).content.decode()

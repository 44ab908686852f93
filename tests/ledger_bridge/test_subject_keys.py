"""Keys of subjects: one for each, kept outside the ledger's own database, and gone for good when they are destroyed."""

import threading
import time
import uuid
from typing import Any

import psycopg2
import pytest
from django.db import connection
from psycopg2 import extensions

from core.errors import Unavailable
from core.kms import KeyServiceRefused
from ledger_bridge import subject_key_store as subject_key_store_module
from ledger_bridge import subject_keys
from ledger_bridge.key_database_mark import require_own
from ledger_bridge.subject_key_store import PostgresStore, subject_key_store
from ledger_bridge.subject_keys import (
    blind_ids,
    destroy_key,
    forget_subject_keys,
    keys_behind,
    keys_for_sealing,
)

Name = tuple[str, str]


@pytest.fixture
def name(db: None) -> Name:
    require_own(subject_key_store())  # here, so that no thread of a test has to look
    return ("item", str(uuid.uuid4()))


def test_a_subject_keeps_its_key(name: Name) -> None:
    first = keys_for_sealing([name])[name]
    forget_subject_keys()
    again = keys_for_sealing([name])[name]
    assert (again.key, again.blind) == (first.key, first.blind)
    assert len(first.key) == 32


def test_each_subject_has_its_own_key_and_blind_id(name: Name) -> None:
    other = ("item", str(uuid.uuid4()))
    found = keys_for_sealing([name, other])
    assert found[name].key != found[other].key
    assert len({found[name].blind, found[other].blind, name[1], other[1]}) == 4


def test_the_same_id_of_another_kind_is_another_subject(name: Name) -> None:
    other = ("workspace", name[1])
    found = keys_for_sealing([name, other])
    assert found[name].blind != found[other].blind


def test_looking_for_a_blind_id_makes_no_key(name: Name) -> None:
    assert blind_ids(name[0], [name[1]]) == {}
    assert subject_key_store().named([name]) == []


def test_a_key_is_found_by_the_blind_id(name: Name) -> None:
    made = keys_for_sealing([name])[name]
    forget_subject_keys()
    found = keys_behind([made.blind, str(uuid.uuid4())])
    assert list(found) == [made.blind]
    assert (found[made.blind].key, found[made.blind].name) == (made.key, name)


def test_what_is_stored_is_wrapped(name: Name) -> None:
    key = keys_for_sealing([name])[name].key
    (row,) = subject_key_store().named([name])
    assert key not in row.wrapped


def test_a_wrap_opens_for_no_other_subject(name: Name, settings: Any) -> None:
    other = ("item", str(uuid.uuid4()))
    keys_for_sealing([name, other])
    forget_subject_keys()
    with psycopg2.connect(settings.SUBJECT_KEYS_URL) as raw, raw.cursor() as cursor:
        cursor.execute(
            "UPDATE subject_key SET wrapped = (SELECT wrapped FROM subject_key WHERE subject = %s) WHERE subject = %s",
            [other[1], name[1]],
        )
    with pytest.raises(KeyServiceRefused):
        keys_for_sealing([name])


def test_a_destroyed_key_is_gone(name: Name) -> None:
    made = keys_for_sealing([name])[name]
    assert destroy_key(made.blind)
    assert keys_behind([made.blind]) == {}
    assert blind_ids(name[0], [name[1]]) == {}
    assert subject_key_store().named([name]) == []


def test_destroying_twice_says_that_nothing_was_there(name: Name) -> None:
    made = keys_for_sealing([name])[name]
    assert destroy_key(made.blind)
    assert not destroy_key(made.blind)


def test_after_that_the_subject_gets_another_key_and_another_blind_id(name: Name) -> None:
    made = keys_for_sealing([name])[name]
    destroy_key(made.blind)
    again = keys_for_sealing([name])[name]
    assert again.key != made.key
    assert again.blind != made.blind


def test_another_process_reads_with_a_destroyed_key_for_a_minute_at_most(
    name: Name, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keys_for_sealing([name])[name]
    subject_key_store().destroy(made.blind)  # as another process does: this one goes on remembering
    assert keys_behind([made.blind])
    now = time.monotonic()
    monkeypatch.setattr(subject_keys, "monotonic", lambda: now + 61)
    assert keys_behind([made.blind]) == {}
    assert blind_ids(name[0], [name[1]]) == {}


def test_two_that_make_a_key_at_once_get_the_same(name: Name) -> None:
    def make() -> None:
        found.append(keys_for_sealing([name])[name].key)

    found: list[bytes] = []
    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_database_that_is_down_is_unavailable(settings: Any, name: Name) -> None:
    settings.SUBJECT_KEYS_URL = "postgresql://nobody@127.0.0.1:1/nothing"
    with pytest.raises(Unavailable):
        keys_for_sealing([name])


def test_a_lost_connection_is_made_again(settings: Any, name: Name) -> None:
    store = PostgresStore(settings.SUBJECT_KEYS_URL)
    assert store.named([name]) == []
    with psycopg2.connect(settings.SUBJECT_KEYS_URL) as raw, raw.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert store.named([name]) == []


@pytest.mark.django_db
def test_the_ledgers_own_database_has_no_such_table() -> None:
    assert "subject_key" not in connection.introspection.table_names()


def test_a_key_is_not_called_destroyed_while_somebody_still_looks_at_it(
    name: Name, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keys_for_sealing([name])[name]
    monkeypatch.setattr(subject_key_store_module, "_PATIENCE", 0.2)
    backup = psycopg2.connect(settings.SUBJECT_KEYS_URL)
    backup.set_isolation_level(extensions.ISOLATION_LEVEL_REPEATABLE_READ)
    backup.cursor().execute("SELECT FROM subject_key")
    with pytest.raises(Unavailable, match="cleaned away later"):
        destroy_key(made.blind)
    backup.close()
    assert not destroy_key(made.blind)

"""The database of subject keys belongs to this ledger, or nothing happens."""

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from config.database import beside, make_database
from core.errors import Unavailable
from ledger_bridge.key_database_mark import forget_checks, require_own
from ledger_bridge.models import Entry, KeyDatabaseMark, Stream
from ledger_bridge.subject_key_store import PostgresStore, subject_key_store
from ledger_bridge.subject_keys import forget_subject_keys
from tests.ledger_bridge.conftest import Fill, Thing

pytestmark = pytest.mark.django_db


def begin_afresh() -> None:
    """Forget all that a process remembers, as a new one does."""
    forget_checks()
    forget_subject_keys()


@pytest.fixture(autouse=True)
def _other_process() -> Iterator[None]:
    begin_afresh()
    yield
    begin_afresh()


@pytest.fixture
def empty(settings: Any) -> str:
    """The address of a database of keys that holds nothing."""
    url = beside(settings.SUBJECT_KEYS_URL, f"test_other_keys_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}")
    make_database(url, afresh=True)
    return url


def mark_of_ledger() -> str | None:
    return next((str(one.mark) for one in KeyDatabaseMark.objects.all()), None)


def another_database(settings: Any, url: str) -> None:
    settings.SUBJECT_KEYS_URL = url
    begin_afresh()


def test_two_new_databases_get_the_same_mark(empty: str) -> None:
    store = PostgresStore(empty)
    require_own(store)
    assert store.mark() is not None
    assert store.mark() == mark_of_ledger()


def test_the_mark_stays(fill: Fill, thing: Thing) -> None:
    fill(1, subject=thing)
    mark = mark_of_ledger()
    begin_afresh()
    fill(1, subject=thing)
    assert mark_of_ledger() == mark == subject_key_store().mark()


def test_an_empty_database_is_refused_and_nothing_begins(fill: Fill, thing: Thing, settings: Any, empty: str) -> None:
    fill(1, subject=thing)
    before = (Entry.objects.count(), Stream.objects.count())
    another_database(settings, empty)
    with pytest.raises(Unavailable, match="does not belong to this ledger: it is empty, or another ledger's"):
        fill(1, subject=thing)
    assert (Entry.objects.count(), Stream.objects.count()) == before
    assert PostgresStore(empty).mark() is None


def test_a_foreign_database_is_refused_even_with_keys_of_ours(fill: Fill, thing: Thing) -> None:
    fill(1, subject=thing)
    KeyDatabaseMark.objects.update(mark=uuid.uuid4())
    begin_afresh()
    with pytest.raises(Unavailable, match="SUBJECT_KEYS_URL"):
        fill(1, subject=thing)


def test_databases_from_before_there_were_marks_get_one_by_a_key_that_fits(fill: Fill, thing: Thing) -> None:
    fill(1, subject=thing)
    KeyDatabaseMark.objects.all().delete()
    begin_afresh()
    fill(1, subject=thing)
    assert mark_of_ledger() == subject_key_store().mark()


def test_a_ledger_without_a_mark_takes_no_database_that_lacks_its_keys(
    fill: Fill, thing: Thing, settings: Any, empty: str
) -> None:
    fill(1, subject=thing)
    PostgresStore(empty).leave_mark(str(uuid.uuid4()))
    KeyDatabaseMark.objects.all().delete()
    another_database(settings, empty)
    with pytest.raises(Unavailable, match="does not belong"):
        fill(1, subject=thing)
    assert mark_of_ledger() is None


def test_it_is_looked_at_once_in_a_process(fill: Fill, thing: Thing, django_assert_num_queries: Any) -> None:
    fill(1, subject=thing)
    with django_assert_num_queries(0, connection=connection):
        require_own(subject_key_store())

"""Rows for an export are fetched one portion ahead, beside the work on the portion before."""

import pytest
from django.db import DatabaseError, transaction

from ledger_bridge.disclosure import entries_at, rows_ahead
from ledger_bridge.stored_entry import index_of
from tests.ledger_bridge.conftest import Fill


@pytest.fixture(autouse=True)
def _seven(fill: Fill) -> None:
    fill(7)


def test_every_portion_comes_whole_and_in_order() -> None:
    found = [[index_of(row) for row in portion.rows] for portion in rows_ahead([[0, 1, 2], [3, 4], [5, 6]])]
    assert found == [[0, 1, 2], [3, 4], [5, 6]]


def test_nothing_asked_for_is_nothing_found() -> None:
    assert list(rows_ahead([])) == []


def test_the_caller_may_use_the_connection_between_two_portions() -> None:
    ahead = rows_ahead([[0], [1], [2]])
    assert [entry.index for portion in ahead for entry in entries_at([index_of(portion.rows[0])])] == [0, 1, 2]


def test_whoever_leaves_early_leaves_a_connection_that_works() -> None:
    ahead = rows_ahead([[0], [1], [2]])
    next(ahead)
    ahead.close()
    assert [entry.index for entry in entries_at([6])] == [6]


def test_an_error_of_the_database_comes_as_one_of_django() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        list(rows_ahead([[0], ["no place"]]))  # type: ignore[list-item]

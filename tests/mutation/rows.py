"""The rows of the permission matrix, one by one, so that a run need not ask the whole matrix about one place.

Only `make test-mutation` collects these. What a row notices here, tests/architecture/test_matrix.py notices too.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.architecture.matrix import DELETE, GET, PATCH, POST, PUT
from tests.architecture.test_matrix import ADDRESSES, address, ask
from tests.architecture.world import PERSONAS, World, undone, world_for_many

pytestmark = pytest.mark.django_db

REFUSED = {"403", "404"}
ROWS = [
    (method, name, row.split())
    for method, table in (("GET", GET), ("POST", POST), ("PUT", PUT), ("PATCH", PATCH), ("DELETE", DELETE))
    for name, row in table.items()
    if REFUSED & set(row.split())
]


@pytest.fixture
def _django_db_helper() -> None:
    """Begin no transaction for each test: the one in which the world stands goes on."""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with world_for_many(django_db_blocker) as built:
        yield built


@pytest.mark.parametrize(("method", "name", "row"), ROWS, ids=[f"{method} {name}" for method, name, _ in ROWS])
def test_the_row_refuses_whom_the_matrix_refuses(world: World, method: str, name: str, row: list[str]) -> None:
    path = address(world, name, ADDRESSES[name])
    for persona in refused_in(row):
        with undone():
            came = ask(world.client(persona), method, path)
        assert (persona, str(came)) == (persona, row[PERSONAS.index(persona)])


def refused_in(row: list[str]) -> list[str]:
    """Return the first for whom the answer is 403, and the first for whom there is nothing.

    Approved people come first: what asks who somebody is refuses the others before anything asks for a right.
    """
    answers = dict(zip(PERSONAS, row, strict=True))
    in_order = PERSONAS[2:] + PERSONAS[1:2] + PERSONAS[:1]
    forbidden = [persona for persona in in_order if answers[persona] == "403"]
    absent = [persona for persona in in_order if answers[persona] == "404"]
    return forbidden[:1] + absent[:1]

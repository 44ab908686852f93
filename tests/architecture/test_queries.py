"""How many questions a page asks of the database: few, and no more for many rows than for one.

The pages are those of the permission matrix, each as the first of ASKERS sees it to whom it is shown. Whoever adds an
address adds it to the matrix, and with that to this test; whoever adds something that pages list, to `crowd.add_row`.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.architecture.crowd import add_row, settle
from tests.architecture.matrix import GET
from tests.architecture.test_matrix import ADDRESSES, address
from tests.architecture.world import PERSONAS, World, undone, world_for_many

ASKERS = ("owner", "visitor", "admin", "auditor", "applicant", "anonymous")
MOST = 20
# What asks more, with the number that it asks. A number may be lowered; to raise one takes a reason.
MORE = {
    # They show what would change by doing it and taking it back (ADR 0030).
    "sharing:lift_exception": 32,
    "sharing:remove_member": 22,
    "sharing:revoke": 36,
    "sharing:take_grant": 53,
    # Looking is a deed with an entry, and names are looked up in every room that has some.
    "ledger:my_trail": 22,
    "ledger:trail": 21,
    "workspaces:activity": 22,
    "workspaces:file_activity": 25,
    "workspaces:item_trail": 27,
    "workspaces:page_text": 23,
    "workspaces:participant": 23,
    "workspaces:trail": 28,
    "workspaces:view": 30,
    "workspaces_api:view_page": 21,
    # Nothing but that nobody has made them ask less yet.
    "sharing:item_access": 22,
    "workspaces:file": 21,
    "workspaces:rotations": 22,
}
GROWS = {
    "admin:accounts_application_changelist": "made by Django",
    "admin:accounts_user_changelist": "made by Django",
    "home": "asks for some of what it lists one by one; to be mended",
    "workspaces:keys": "asks for each key; nobody has many",
    "workspaces:zip": "a deed with an entry for every file",
    "workspaces_api:workspace_removals": "asks for each removal what would go",
    "workspaces_api:zip": "as workspaces:zip",
}
# Asked outside of what a page is: savepoints, and a key that a process remembers once something was committed.
_UNCOUNTED = re.compile(r'SAVEPOINT|RELEASE|SELECT "ledger_bridge_ledgerkey"')


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with world_for_many(django_db_blocker) as built:
        yield built


def asker_of(name: str) -> str | None:
    answers = dict(zip(PERSONAS, GET[name].split(), strict=True))
    return next((who for who in ASKERS if answers[who] == "200"), None)


PAGES = {name: who for name in ADDRESSES if (who := asker_of(name)) is not None}


def asked_by_each_page(world: World) -> dict[str, list[str]]:
    clients = {who: world.client(who) for who in ASKERS}
    asked = {}
    for name, who in PAGES.items():
        path = address(world, name, ADDRESSES[name])
        with undone():
            clients[who].get(path)  # what a process remembers is remembered now
            with CaptureQueriesContext(connection) as queries:
                b"".join(clients[who].get(path))
        asked[name] = [query["sql"] for query in queries if not _UNCOUNTED.match(query["sql"])]
    return asked


@pytest.mark.django_db
def test_a_page_asks_few_questions_and_no_more_for_many_rows(world: World) -> None:
    add_row(world, 1)
    settle(world)
    with_one = asked_by_each_page(world)
    for number in range(2, 5):
        add_row(world, number)
    settle(world)
    with_many = asked_by_each_page(world)
    if told := os.environ.get("QUERIES"):  # to see what they are
        Path(told).write_text(json.dumps({"one": with_one, "many": with_many}, indent=1))
    counts = {name: len(queries) for name, queries in with_many.items() if name not in GROWS}
    assert {name: count for name, count in counts.items() if count > MORE.get(name, MOST)} == {}
    assert {name: (len(with_one[name]), count) for name, count in counts.items() if count > len(with_one[name])} == {}

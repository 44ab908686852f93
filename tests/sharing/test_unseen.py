"""Asking for what is hidden leaves a record, and neither the answer nor the record tells whether it exists."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from ledger_bridge.models import Entry
from tests.sharing.conftest import exempt, give
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


@pytest.fixture
def stranger(charlie: User) -> Client:
    client = Client()
    client.force_login(charlie)
    return client


def refusals() -> Any:
    return Entry.objects.filter(kind="access.refused").order_by("recorded_at")


def test_a_stranger_who_asks_for_a_workspace_is_recorded(charlie: User, stranger: Client, workspace: Workspace) -> None:
    assert stranger.get(reverse("workspaces:detail", args=[workspace.pk])).status_code == 404
    entry = refusals().get()
    assert (entry.actor, entry.workspace, entry.outcome) == (charlie.pk, workspace.pk, "deny")


def test_so_is_a_program(charlie: User, stranger: Client, workspace: Workspace) -> None:
    assert stranger.get(reverse("workspaces_api:items", args=[workspace.pk])).status_code == 404
    assert refusals().get().workspace == workspace.pk


@pytest.mark.parametrize("page", ["workspaces:file", "workspaces:edit", "sharing:item_access"])
def test_a_hidden_file_has_it_in_its_own_trail(bob: User, workspace: Workspace, scan: Item, page: str) -> None:
    give(workspace, "contributor", bob)
    exempt(scan, "deny", Right.VIEW, bob)
    client = Client()
    client.force_login(bob)
    assert client.get(reverse(page, args=[scan.pk])).status_code == 404
    assert (refusals().get().item, refusals().get().actor) == (scan.pk, bob.pk)


def test_so_has_a_hidden_folder_in_a_query(bob: User, workspace: Workspace, imaging: Item) -> None:
    give(workspace, "contributor", bob)
    exempt(imaging, "deny", Right.VIEW, bob)
    client = Client()
    client.force_login(bob)
    client.get(f"{reverse('workspaces:upload', args=[workspace.pk])}?folder={imaging.pk}")
    assert refusals().get().item == imaging.pk


def test_the_record_is_the_same_where_there_is_nothing(stranger: Client, workspace: Workspace, scan: Item) -> None:
    """Whoever asked may see their own entries, so those must not tell either."""
    told = []
    for name, existing in (("workspaces:detail", workspace.pk), ("workspaces:file", scan.pk)):
        for pk in (existing, uuid4()):
            answer = stranger.get(reverse(name, args=[pk]))
            told.append((name, answer.status_code, shape_of(refusals().last(), pk)))
    assert told[0] == told[1]
    assert told[2] == told[3]


def shape_of(entry: Entry, asked: UUID) -> list[Any]:
    """Return what the entry says, with the id that was asked for left out."""
    said = (entry.workspace, entry.item, entry.version, entry.person, entry.outcome, entry.purpose, entry.detail)
    return ["asked" if one == asked else one for one in said]


def test_the_work_is_the_same_where_there_is_nothing(stranger: Client, workspace: Workspace) -> None:
    stranger.get(reverse("workspaces:detail", args=[uuid4()]))
    counts = []
    for pk in (workspace.pk, uuid4()):
        with CaptureQueriesContext(connection) as queries:
            stranger.get(reverse("workspaces:detail", args=[pk]))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_asking_again_within_a_minute_is_one_entry(stranger: Client, workspace: Workspace) -> None:
    for _ in range(3):
        stranger.get(reverse("workspaces:detail", args=[workspace.pk]))
    assert refusals().count() == 1


def test_nobody_floods_the_ledger(stranger: Client, db: None) -> None:
    for _ in range(40):
        stranger.get(reverse("workspaces:detail", args=[uuid4()]))
    assert refusals().count() == 30


def test_whoever_has_not_signed_in_leaves_nothing(client: Client, workspace: Workspace) -> None:
    client.get(reverse("workspaces:detail", args=[workspace.pk]))
    assert not refusals().exists()


def test_an_address_that_is_none_leaves_nothing(stranger: Client) -> None:
    assert stranger.get("/workspaces/nowhere/").status_code == 404
    assert not refusals().exists()

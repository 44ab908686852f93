"""Nonsense in an address is answered with a sentence, never with an error of the server."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from workspaces.models import Item, Workspace

LONG = "9" * 5000


@pytest.fixture
def client_of_alice(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.mark.parametrize("page", ["grant", "hand_over"])
@pytest.mark.parametrize(
    ("query", "status"),
    [("q=%00", 400), ("group=²", 404), (f"group={LONG}", 404), ("group=99999999999", 404), ("person=²", 404)],
)
def test_choosing_somebody(client_of_alice: Client, workspace: Workspace, page: str, query: str, status: int) -> None:
    assert client_of_alice.get(f"{reverse(f'sharing:{page}', args=[workspace.pk])}?{query}").status_code == status


@pytest.mark.parametrize("page", ["0", "-1", "²", "99999999999999999999", LONG, "%00"])
def test_pages_that_are_not_there(client_of_alice: Client, workspace: Workspace, scan: Item, page: str) -> None:
    for url in (
        reverse("sharing:workspace_access", args=[workspace.pk]),
        reverse("sharing:item_access", args=[scan.pk]),
        reverse("sharing:shared_with_me"),
        reverse("workspaces:list"),
        reverse("workspaces:detail", args=[workspace.pk]),
        reverse("workspaces:bin", args=[workspace.pk]),
    ):
        assert client_of_alice.get(f"{url}?page={page}&q=%00").status_code < 500, url


@pytest.mark.parametrize("offset", ["99999999999999999999", "²", "-1"])
def test_offsets_that_are_not_there(client_of_alice: Client, workspace: Workspace, offset: str) -> None:
    for url in (reverse("workspaces_api:workspaces"), reverse("workspaces_api:items", args=[workspace.pk])):
        assert client_of_alice.get(f"{url}?offset={offset}&limit={offset}").status_code < 500


def test_a_group_that_no_table_could_hold(client_of_alice: Client) -> None:
    assert client_of_alice.get(f"/access/groups/{LONG}/").status_code == 404

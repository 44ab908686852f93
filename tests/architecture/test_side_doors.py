"""Somebody whose right was taken away a moment ago tries every door they went through before, and every list beside it.

The doors are those of the permission matrix (matrix.py): whatever answers a manager and hides from a stranger.
Whoever adds an address adds it to the matrix, and with that to these tests.
"""

from typing import Any
from uuid import UUID

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from core.errors import Refused
from sharing import services as sharing
from sharing.models import WorkspaceUserGrant
from tests.architecture.matrix import DELETE, GET, PATCH, POST, PUT
from tests.architecture.test_matrix import ADDRESSES, address, body
from tests.architecture.world import PERSONAS, World, build_world, undone
from workspaces.models import Item, Version, Workspace
from workspaces.services import reading

# A permission set belongs to an institution: who is of it sees it, and is refused to change it (test_sets.py).
OF_THE_INSTITUTION = {"sharing:change_set", "sharing:retire_set", "sharing_api:set"}
STRANGER, MANAGER = PERSONAS.index("stranger"), PERSONAS.index("manager")
DOORS = [
    name
    for name, row in GET.items()
    if row.split()[STRANGER] == "404" and row.split()[MANAGER] == "200" and name not in OF_THE_INSTITUTION
]
DEEDS = [
    (method, name)
    for method, table in (("POST", POST), ("PUT", PUT), ("PATCH", PATCH), ("DELETE", DELETE))
    for name, row in table.items()
    if row.split()[STRANGER] == "404" and row.split()[MANAGER] != "404" and name not in OF_THE_INSTITUTION
]
LISTS = [name for name, row in GET.items() if row.split()[STRANGER] == row.split()[MANAGER] == "200"]
SEARCHED = ["search", "accounts:people", "workspaces:list", "ledger:my_trail", "sharing:my_grants"]
_FAR_AWAY = "Fri, 31 Dec 2100 00:00:00 GMT"
STREAMS = ["workspaces:download", "workspaces_api:content", "workspaces:zip", "workspaces_api:zip"]


@pytest.fixture
def world(db: None, settings: Any) -> World:
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 3600
    return build_world()


@pytest.fixture
def client(world: World) -> Client:
    return world.client("manager")


def take_away(world: World) -> None:
    """Take the manager's role away, as the owner does."""
    grant = WorkspaceUserGrant.objects.get(user=world.people["manager"], content_object=world.ids["workspace_id"])
    sharing.revoke_role(actor=world.people["owner"], grant=grant)


def path_of(world: World, name: str) -> str:
    return address(world, name, ADDRESSES[name])


def ask(client: Client, path: str, **headers: str) -> HttpResponseBase:
    with undone():
        response = client.get(path, headers=headers)
        if response.streaming:
            b"".join(response)
    return response


def test_there_are_doors_deeds_and_lists_to_try() -> None:
    assert len(DOORS) > 60
    assert len(DEEDS) > 50
    assert len(LISTS) > 20
    assert set(STREAMS) <= set(DOORS)


def test_every_door_is_shut_at_once_whatever_a_browser_remembers(world: World, client: Client) -> None:
    before = {name: ask(client, path_of(world, name)) for name in DOORS}
    assert {name: answer.status_code for name, answer in before.items()} == dict.fromkeys(DOORS, 200)
    take_away(world)
    answers = {}
    for name, answer in before.items():
        remembered = {"If-None-Match": answer.headers.get("ETag", "*"), "If-Modified-Since": _FAR_AWAY}
        answers[name] = ask(client, path_of(world, name), **remembered).status_code
    assert answers == dict.fromkeys(DOORS, 404)


def test_a_part_is_refused_like_the_whole(world: World, client: Client) -> None:
    path = path_of(world, "workspaces_api:content")
    assert ask(client, path, Range="bytes=0-0").status_code == 206
    take_away(world)
    assert ask(client, path, Range="bytes=0-0").status_code == 404


def test_no_deed_is_left(world: World, client: Client) -> None:
    take_away(world)
    answers = {}
    for method, name in DEEDS:
        with undone():
            answers[method, name] = client.generic(method, path_of(world, name)).status_code
    assert answers == dict.fromkeys(DEEDS, 404)


def test_the_answer_is_that_of_a_stranger(world: World, client: Client) -> None:
    take_away(world)
    stranger = world.client("stranger")
    for name in DOORS:
        path = path_of(world, name)
        assert without_head(body(client, path)) == without_head(body(stranger, path)), name


def without_head(text: str) -> str:
    """Return a page without its head, where everybody reads their own name and how much is in their inbox."""
    return text[max(text.find("<main"), 0) :]


def test_nothing_that_is_listed_searched_or_told_names_it_any_more(world: World, client: Client) -> None:
    hidden = secrets_of(world)
    asked = [path_of(world, name) for name in LISTS]
    asked += [f"{reverse(name)}?q={word}" for name in SEARCHED for word in ("table", "Stud", "Image")]
    told = {path for path in asked if hidden & set(found(client, path, hidden))}
    assert reverse("home") in told  # so that the search below can find something
    take_away(world)
    assert {path: names for path in asked if (names := found(client, path, hidden))} == {}


def secrets_of(world: World) -> frozenset[str]:
    """Return the names of files, and the ids of all that is in the workspace."""
    workspace = Workspace.objects.get(pk=world.ids["workspace_id"])
    items = Item.objects.filter(workspace=workspace)
    ids: list[UUID] = [
        *items.values_list("pk", flat=True),
        *Version.objects.filter(file__in=items).values_list("pk", flat=True),
    ]
    named = {name for name in items.values_list("name", flat=True) if "." in name}
    return frozenset({*map(str, ids), str(workspace.pk), *named})


def found(client: Client, path: str, hidden: frozenset[str]) -> list[str]:
    with undone():
        response = client.get(path)
        content = b"".join(response) if response.streaming else response.content
    # In the trail about oneself an entry keeps the id of where one was; what it is called is not told any more.
    named = {name for name in hidden if "." in name} if path.startswith(reverse("ledger:my_trail")) else hidden
    return sorted(name for name in named if name.encode() in content)


@pytest.mark.parametrize("name", STREAMS)
def test_a_running_stream_ends_where_it_asks_again(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(reading, "_RECHECK", 0)  # at every piece, as at every second of a long one
    with undone():
        response = client.get(path_of(world, name))
        assert response.status_code == 200
        take_away(world)
        with pytest.raises(Refused):
            b"".join(response)

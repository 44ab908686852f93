"""Every address, asked for by everybody: the answer is the one in the matrix, and strangers learn nothing."""

import re
from collections.abc import Iterator
from copy import copy
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.architecture.matrix import DELETE, GET, IDS, PATCH, POST, PUT, UNNAMED
from tests.architecture.world import PERSONAS, World, build_world, undone


@pytest.fixture
def world(db: None, settings: Any) -> World:
    # A busy machine needs longer for a whole column than a proved factor counts.
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 3600
    return build_world()


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, prefix + (f"{entry.namespace}:" if entry.namespace else ""))
        else:
            yield prefix + str(entry.name), entry


def parameters(pattern: URLPattern) -> list[str]:
    return list(pattern.pattern.regex.groupindex) or list(getattr(pattern.pattern, "converters", {}))


def address(world: World, name: str, pattern: URLPattern) -> str:
    chosen = {one: world.ids[IDS.get(name, {}).get(one, one)] for one in parameters(pattern)}
    return reverse(name, kwargs=chosen)


ADDRESSES = {name: pattern for name, pattern in patterns() if name not in UNNAMED}


def test_every_address_has_a_row() -> None:
    assert set(ADDRESSES) == set(GET)
    assert set(POST) | set(PUT) | set(PATCH) | set(DELETE) <= set(GET)


def answers(world: World, table: dict[str, str], method: str) -> dict[str, str]:
    """Return the rows in which an answer differs from the matrix, with what came instead."""
    clients = {persona: world.client(persona) for persona in PERSONAS}
    wrong = {}
    for name, expected in table.items():
        path = address(world, name, ADDRESSES[name])
        came = " ".join(str(ask(clients[persona], method, path)) for persona in PERSONAS)
        if came != " ".join(expected.split()):
            wrong[name] = came
    return wrong


def ask(client: Client, method: str, path: str) -> int:
    cookies = copy(client.cookies)
    with undone():
        response = client.generic(method, path, content_type="application/x-www-form-urlencoded")
        b"".join(response)  # a stream does its work while it is read
    client.cookies = cookies  # signing out has been undone too
    return int(response.status_code)


def test_everybody_gets_the_pages_of_the_matrix(world: World) -> None:
    assert answers(world, GET, "GET") == {}


@pytest.mark.parametrize(("method", "table"), [("POST", POST), ("PUT", PUT), ("PATCH", PATCH), ("DELETE", DELETE)])
def test_everybody_may_do_the_deeds_of_the_matrix(world: World, method: str, table: dict[str, str]) -> None:
    assert answers(world, table, method) == {}


def test_an_address_without_a_row_for_deeds_takes_none(world: World) -> None:
    client = world.client("owner")
    others = [name for name in ADDRESSES if name not in POST]
    took = {name for name in others if ask(client, "POST", address(world, name, ADDRESSES[name])) != 405}
    assert took == set()


def test_a_stranger_cannot_tell_what_is_hidden_from_what_never_was(world: World) -> None:
    client = world.client("stranger")
    stranger = PERSONAS.index("stranger")
    hidden = [name for name, row in GET.items() if row.split()[stranger] == "404" and parameters(ADDRESSES[name])]
    assert len(hidden) > 20
    for name in hidden:
        here = body(client, address(world, name, ADDRESSES[name]))
        nowhere = body(client, address(never(world), name, ADDRESSES[name]))
        assert here == nowhere, name


def never(world: World) -> World:
    """Return the world with ids that never were."""
    ids: dict[str, Any] = {
        name: uuid4() if isinstance(value, UUID) else 987_654 if isinstance(value, int) else value
        for name, value in world.ids.items()
    }
    return World(world.people, ids)


def body(client: Client, path: str) -> str:
    with undone():
        text = client.get(path).content.decode()
    for secret in (r'nonce="[^"]*"', r'value="[A-Za-z0-9]{64}"', r"[0-9a-f]{32}", re.escape(path)):
        text = re.sub(secret, "…", text)
    return text

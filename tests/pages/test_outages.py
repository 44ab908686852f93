"""A part that is down is no error of ours: 503, with a time to come back."""

from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from accounts.models import User
from core.errors import Unavailable


def broken(error: Exception) -> Any:
    def execute(*_: object, **__: object) -> None:
        raise error

    return connection.execute_wrapper(execute)


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
@pytest.mark.parametrize("page", ["/accounts/login/", "/workspaces/", "/people/"])
def test_a_page_says_so_when_the_database_is_down(client: Client, alice: User, error: Exception, page: str) -> None:
    client.force_login(alice)
    client.raise_request_exception = False
    with broken(error):
        answer = client.get(page)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "not available right now" in answer.content.decode()
    assert "gone" not in answer.content.decode()


def test_a_program_gets_json(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.raise_request_exception = False
    with broken(OperationalError("gone")):
        answer = client.get("/api/v1/people/")
    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "30", "unavailable")


def test_a_key_service_that_is_down_is_no_error_of_ours(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise Unavailable("The key service does not answer.")

    monkeypatch.setattr("accounts.views.people.people_list", unreachable)
    client.force_login(alice)
    answer = client.get("/people/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")


def test_our_own_errors_stay_500(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr("accounts.views.people.people_list", wrong)
    client.force_login(alice)
    client.raise_request_exception = False
    assert client.get("/people/").status_code == 500

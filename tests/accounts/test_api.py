"""The API of this room."""

import pytest
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import confirm_address, kinds, with_password


def test_it_says_who_asks(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.get("/api/v1/me/").json()
    assert (answer["name"], answer["role"], answer["standing"]) == ("Alice Brandt", "contributor", "approved")
    assert "password" not in answer


def test_it_finds_people(client: Client, alice: User, bob: User) -> None:
    client.force_login(alice)
    answer = client.get("/api/v1/people/?q=bob").json()
    assert [person["name"] for person in answer["results"]] == ["Bob Lefèvre"]
    assert client.get("/api/v1/people/?q=%00").status_code == 200


def test_it_lists_institutions(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/api/v1/institutions/").json()["results"][0]["name"] == "Charité, Berlin"


def test_it_refuses_applicants_and_writes_it_down(client: Client, frida: User) -> None:
    client.force_login(frida)
    assert client.get("/api/v1/people/").status_code == 403
    assert kinds()[-1] == "access.refused"
    assert client.get("/api/v1/me/").status_code == 200


@pytest.mark.parametrize("page", ["me", "people", "institutions"])
def test_it_is_closed_without_a_whole_sign_in(client: Client, alice: User, page: str) -> None:
    assert client.get(f"/api/v1/{page}/").status_code == 403
    confirm_address(alice)
    with_password(client, alice)
    answer = client.get(f"/api/v1/{page}/")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")


@pytest.mark.parametrize("page", ["me", "people", "institutions"])
def test_it_changes_nothing(client: Client, alice: User, page: str) -> None:
    client.force_login(alice)
    assert client.post(f"/api/v1/{page}/", {"name": "x"}, content_type="application/json").status_code == 405

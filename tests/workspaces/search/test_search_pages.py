"""The page of the search, and the same for programs."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import services as accounts
from accounts.models import User
from tests.workspaces.conftest import browser, give, put
from workspaces.models import Version, Workspace

API = "/api/v1/search/"


def page(person: User, query: str) -> Any:
    return browser(person).get(f"/search/?{query}")


def text(person: User, query: str) -> str:
    return str(page(person, query).content.decode())


def test_the_page_shows_what_was_found_and_where_it_lies(alice: User, version: Version) -> None:
    shown = text(alice, "q=doses")
    assert "doses.csv" in shown
    assert "Visit 2" in shown
    assert "Site 12" in shown


def test_the_page_shows_the_first_kind_that_has_anything(alice: User, bob: User, version: Version) -> None:
    assert "Bob Lefèvre" in text(alice, "q=lefevre")
    assert "Second visit" in text(alice, "q=site")


def test_a_kind_can_be_chosen(alice: User, version: Version) -> None:
    assert "Nothing found" in text(alice, "q=doses&shown=people")


def test_an_empty_question_asks_for_words(alice: User, version: Version) -> None:
    shown = text(alice, "")
    assert "What are you looking for?" in shown
    assert "doses.csv" not in shown


def test_a_question_without_an_answer_says_so(alice: User, version: Version) -> None:
    assert "Nothing found" in text(alice, "q=nowhere")


def test_a_workspace_that_one_does_not_see_cannot_be_chosen(charlie: User, workspace: Workspace) -> None:
    from uuid import uuid4

    hidden, never = (page(charlie, f"q=doses&workspace={one}") for one in (workspace.pk, uuid4()))
    assert hidden.status_code == never.status_code == 400
    assert "Select a valid choice" in hidden.content.decode()


@pytest.mark.parametrize("query", ["since=yesterday", "kind=zebra", "type=zebra", "sort=zebra", "shown=x", "q=%00"])
def test_nonsense_is_refused_with_a_sentence(alice: User, query: str) -> None:
    assert page(alice, query).status_code == 400
    assert browser(alice).get(f"{API}?{query}").status_code == 400


def test_a_stranger_is_shown_nothing(charlie: User, version: Version) -> None:
    for words in ("doses", "visit", "site"):
        shown = text(charlie, f"q={words}")
        assert "Nothing found" in shown
        assert "Site 12" not in shown


def test_the_page_takes_as_many_queries_for_many_rows_as_for_few(alice: User, version: Version) -> None:
    client = browser(alice)
    client.get("/search/?q=doses")
    with CaptureQueriesContext(connection) as few:
        client.get("/search/?q=doses")
    for number in range(5):
        put(alice, version.file.workspace, f"doses {number}.csv", b"1", folder=version.file.parent)
    with CaptureQueriesContext(connection) as many:
        client.get("/search/?q=doses")
    assert len(many) == len(few) <= 20


def test_pages_go_on_with_the_same_question(alice: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from workspaces.views import searching

    monkeypatch.setattr(searching, "PAGE", 2)
    for number in range(3):
        put(alice, workspace, f"scan {number}", b"1")
    first, second = text(alice, "q=scan"), text(alice, "q=scan&page=2")
    assert "q=scan&amp;shown=items&amp;page=2" in first
    assert ["scan 2" in shown for shown in (first, second)] == [False, True]


def test_the_search_stands_on_every_page_of_a_contributor(alice: User, frida: User) -> None:
    assert 'action="/search/"' in browser(alice).get("/workspaces/").content.decode()
    assert 'action="/search/"' not in browser(frida).get("/apply/status/").content.decode()


def test_programs_find_the_same(alice: User, bob: User, version: Version) -> None:
    give(version.file.workspace, "visitor", bob)
    answer = browser(bob).get(f"{API}?q=doses").json()
    assert (answer["count"], answer["cut_off"]) == (1, False)
    hit = answer["results"][0]
    assert (hit["found"], hit["name"], hit["workspace_name"]) == ("file", "doses.csv", "Site 12")
    assert browser(bob).get(f"{API}?q=site&shown=workspaces").json()["results"][0]["found"] == "workspace"
    assert browser(bob).get(f"{API}?q=brandt&shown=people").json()["results"][0]["name"] == "Alice Brandt"


def test_a_program_of_a_stranger_finds_nothing(charlie: User, version: Version) -> None:
    assert browser(charlie).get(f"{API}?q=doses").json()["count"] == 0


def test_a_token_finds_files_but_no_people(alice: User, version: Version, client: Any) -> None:
    _, secret = accounts.make_api_token(actor=alice, name="finder", scopes=("read",), days=30)
    asked = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    assert client.get(f"{API}?q=doses", **asked).json()["count"] == 1
    assert client.get(f"{API}?q=alice&shown=people", **asked).status_code == 403

"""One exception on several things at once: each has its own entry, and what is refused is said for each."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Notice, User
from ledger_bridge.models import Entry
from sharing.models import ItemUserException
from tests.sharing.conftest import exempt, give, make_item
from tests.workspaces.conftest import browser
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


@pytest.fixture
def two(workspace: Workspace, imaging: Item) -> list[Item]:
    return [make_item(workspace, imaging, name) for name in ("a.dcm", "b.dcm")]


def address(workspace: Workspace, items: list[Item], person: User | None = None) -> str:
    query = "&".join(f"item={one.pk}" for one in items)
    query += f"&person={person.pk}" if person else ""
    return f"{reverse('sharing:share_chosen', args=[workspace.pk])}?{query}"


def send(actor: User, workspace: Workspace, items: list[Item], person: User, **more: Any) -> Any:
    said = {"item": [str(one.pk) for one in items], "right": "workspaces.view", "effect": "allow", "no_end": "on"}
    return browser(actor).post(address(workspace, items, person), {**said, **more})


def api(actor: User, workspace: Workspace, items: list[Item], person: User, query: str = "", **more: Any) -> Any:
    said = {"items": [str(one.pk) for one in items], "right": "view", "effect": "allow", "expires_at": None}
    url = reverse("sharing_api:many_exceptions", args=[workspace.pk]) + query
    return browser(actor).post(url, {**said, "person": str(person.pk), **more}, "application/json")


def test_first_somebody_is_chosen_and_what_was_chosen_stays(alice: User, workspace: Workspace, two: list[Item]) -> None:
    shown = browser(alice).get(address(workspace, two) + "&q=Bob").content.decode()
    assert all(f"item={one.pk}" in shown or f'value="{one.pk}"' in shown for one in two)


def test_one_thing_is_shared_on_its_own_page(alice: User, workspace: Workspace, two: list[Item]) -> None:
    answer = browser(alice).get(address(workspace, two[:1]))
    assert answer["Location"] == reverse("sharing:share", args=[two[0].pk])


def test_it_leads_back_to_the_folder_that_was_chosen_from(
    alice: User, bob: User, workspace: Workspace, two: list[Item], imaging: Item
) -> None:
    looked = browser(alice).get(f"{address(workspace, two)}&q=Bob&folder={imaging.pk}").content.decode()
    assert f"folder={imaging.pk}" in looked
    sent = {"item": [one.pk for one in two], "right": "workspaces.view", "effect": "allow", "no_end": "on", "sure": "1"}
    done = browser(alice).post(f"{address(workspace, two, bob)}&folder={imaging.pk}", sent)
    assert done["Location"] == reverse("workspaces:folder", args=[imaging.pk])


def test_an_exception_is_made_on_each(alice: User, bob: User, workspace: Workspace, two: list[Item]) -> None:
    assert send(alice, workspace, two, bob, sure="yes").status_code == 302
    assert set(ItemUserException.objects.values_list("content_object__name", flat=True)) == {"a.dcm", "b.dcm"}
    assert Entry.objects.filter(kind="exception.set").count() == 2


def test_it_is_shown_before_and_nothing_is_done(alice: User, bob: User, workspace: Workspace, two: list[Item]) -> None:
    shown = send(alice, workspace, two, bob).content.decode()
    assert shown.count("Will be done") == 2
    assert "Make the exception on 2 things" in shown
    assert "2 files or folders" in shown
    assert not ItemUserException.objects.exists()


def test_what_may_not_be_shared_is_refused_and_the_rest_is_done(
    alice: User, bob: User, charlie: User, workspace: Workspace, two: list[Item]
) -> None:
    give(workspace, "manager", bob)
    exempt(two[0], "deny", Right.DOWNLOAD, bob)
    answer = send(bob, workspace, two, charlie, right="workspaces.download", sure="yes")
    assert "Nobody can give more than they have" in answer.content.decode()
    made = ItemUserException.objects.filter(user=charlie)
    assert [one.content_object.name for one in made] == ["b.dcm"]
    assert Entry.objects.filter(kind="access.refused", actor=bob.pk).count() == 1


def test_who_may_not_share_makes_none(bob: User, charlie: User, workspace: Workspace, two: list[Item]) -> None:
    give(workspace, "contributor", bob)
    assert send(bob, workspace, two, charlie, sure="yes").status_code == 403
    assert not ItemUserException.objects.exists()


def test_who_may_not_share_is_not_shown_whom_one_could_choose(bob: User, workspace: Workspace, two: list[Item]) -> None:
    give(workspace, "visitor", bob)
    answer = browser(bob).get(address(workspace, two) + "&q=Alice")
    assert answer.status_code == 403
    assert "person=" not in answer.content.decode()


def test_strangers_find_nothing(charlie: User, bob: User, workspace: Workspace, two: list[Item]) -> None:
    assert send(charlie, workspace, two, bob, sure="yes").status_code == 404
    assert api(charlie, workspace, two, bob).status_code == 404


def test_what_is_hidden_from_who_shares_looks_like_what_is_not_there(
    bob: User, charlie: User, workspace: Workspace, two: list[Item]
) -> None:
    give(workspace, "manager", bob)
    exempt(two[0], "deny", Right.VIEW, bob)
    shown = send(bob, workspace, two, charlie).content.decode()
    assert ("a.dcm" in shown, "b.dcm" in shown) == (False, True)
    [hidden] = [one for one in api(bob, workspace, two, charlie).json()["results"] if one["code"] != "done"]
    assert hidden["sentence"] == "It is not there any more, or not for you."


def test_programs_make_them_and_read_what_became_of_each(
    alice: User, bob: User, workspace: Workspace, two: list[Item]
) -> None:
    asked = api(alice, workspace, two, bob, "?preview=true").json()
    assert (asked["done"], ItemUserException.objects.count()) == (2, 0)
    made = api(alice, workspace, two, bob).json()
    assert (made["done"], made["refused"], ItemUserException.objects.count()) == (2, 0, 2)


def test_the_person_is_told_once(alice: User, bob: User, workspace: Workspace, two: list[Item]) -> None:
    send(alice, workspace, two, bob, sure="yes")
    assert Notice.objects.filter(person=bob).count() == 1

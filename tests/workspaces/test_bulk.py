"""Deeds on what was chosen in a list: each thing is a deed of its own, and what is refused is said for each."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import User
from ledger_bridge.models import Entry
from tests.workspaces.conftest import browser, exempt, give, put
from workspaces import services
from workspaces.many import MOST, choose_among, foresee
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right


@pytest.fixture
def elsewhere(alice: User, workspace: Workspace) -> Item:
    return services.create_folder(actor=alice, workspace=workspace, parent=None, name="Elsewhere")


@pytest.fixture
def three(alice: User, workspace: Workspace, folder: Item) -> list[Item]:
    return [put(alice, workspace, f"{name}.csv", b"1", folder=folder).file for name in "abc"]


def address(name: str, workspace: Workspace, items: list[Any], **more: Any) -> str:
    query = "&".join([*(f"item={getattr(one, 'pk', one)}" for one in items), *(f"{k}={v}" for k, v in more.items())])
    return f"{reverse(f'workspaces:{name}_chosen', args=[workspace.pk])}?{query}"


def send(user: User, name: str, workspace: Workspace, items: list[Item], **more: Any) -> Any:
    data = {"item": [str(one.pk) for one in items], **more}
    return browser(user).post(reverse(f"workspaces:{name}_chosen", args=[workspace.pk]), data)


def api(user: User, workspace: Workspace, query: str = "", **said: Any) -> Any:
    url = reverse("workspaces_api:chosen", args=[workspace.pk]) + query
    return browser(user).post(url, said, "application/json")


def places(items: list[Item]) -> set[Any]:
    return {Item.objects.get(pk=one.pk).parent_id for one in items}


def test_what_was_chosen_is_moved(alice: User, workspace: Workspace, three: list[Item], elsewhere: Item) -> None:
    answer = send(alice, "move", workspace, three[:2], to=str(elsewhere.pk))
    assert answer.url == reverse("workspaces:folder", args=[elsewhere.pk])
    assert places(three[:2]) == {elsewhere.pk}
    assert places(three[2:]) != {elsewhere.pk}


def test_the_top_is_a_place_to_move_to(alice: User, workspace: Workspace, three: list[Item]) -> None:
    send(alice, "move", workspace, three, to="top")
    assert places(three) == {None}


def test_each_thing_has_an_entry_of_its_own(alice: User, workspace: Workspace, three: list[Item]) -> None:
    send(alice, "remove", workspace, three)
    assert Entry.objects.filter(kind="item.removed").count() == 3


def test_what_was_chosen_comes_back_from_the_bin(alice: User, workspace: Workspace, three: list[Item]) -> None:
    send(alice, "remove", workspace, three)
    assert send(alice, "restore", workspace, three).url == reverse("workspaces:bin", args=[workspace.pk])
    assert Item.objects.visible_to(alice).filter(pk__in=[one.pk for one in three]).count() == 3


def test_a_folder_is_restored_before_what_was_removed_from_it_before(
    alice: User, workspace: Workspace, folder: Item, three: list[Item]
) -> None:
    services.remove_item(actor=alice, item=three[0])
    services.remove_item(actor=alice, item=folder)
    choice = choose_among(Item.objects.in_bin(alice), [three[0].pk, folder.pk])
    outcomes = services.restore_items(actor=alice, choice=choice)
    assert [one.code for one in outcomes] == ["done", "done"]


def test_what_is_refused_for_one_leaves_the_others_alone(
    alice: User, bob: User, workspace: Workspace, three: list[Item]
) -> None:
    give(workspace, "contributor", bob)
    exempt(three[1], "deny", Right.EDIT, bob)
    answer = send(bob, "remove", workspace, three)
    left = set(Item.objects.filter(removed_at=None, kind="file").values_list("name", flat=True))
    assert (answer.status_code, left) == (200, {"b.csv"})
    assert "Not everything was done" in answer.content.decode()


def test_a_refusal_is_recorded_as_every_refusal_is(
    alice: User, bob: User, workspace: Workspace, three: list[Item]
) -> None:
    give(workspace, "visitor", bob)
    assert send(bob, "remove", workspace, three).status_code == 409
    assert Entry.objects.filter(kind="access.refused", actor=bob.pk).count() == 3
    assert not Item.objects.filter(removed_at__isnull=False).exists()


def test_the_page_before_says_for_each_what_will_happen_and_does_nothing(
    alice: User, bob: User, workspace: Workspace, three: list[Item]
) -> None:
    give(workspace, "contributor", bob)
    exempt(three[1], "deny", Right.EDIT, bob)
    before = Entry.objects.count()
    shown = browser(bob).get(address("remove", workspace, three)).content.decode()
    assert shown.count("Will be done") == 2
    assert shown.count("Cannot be done") == 1
    assert "Put 2 things in the bin" in shown
    assert (Entry.objects.count(), Item.objects.filter(removed_at=None).count()) == (before, 4)


def test_what_cannot_be_done_is_not_sent_on(bob: User, workspace: Workspace, three: list[Item]) -> None:
    give(workspace, "contributor", bob)
    exempt(three[1], "deny", Right.EDIT, bob)
    shown = browser(bob).get(address("remove", workspace, three)).content.decode()
    assert f'value="{three[0].pk}"' in shown
    assert f'value="{three[1].pk}"' not in shown


def test_two_of_one_name_cannot_both_come_to_one_folder(
    alice: User, workspace: Workspace, three: list[Item], elsewhere: Item
) -> None:
    twin = put(alice, workspace, "a.csv", b"2").file
    choice = choose_among(Item.objects.visible_to(alice), [three[0].pk, twin.pk])
    expected = foresee(lambda: services.move_items(actor=alice, choice=choice, parent=elsewhere))
    came = services.move_items(actor=alice, choice=choice, parent=elsewhere)
    assert [one.code for one in came] == [one.code for one in expected] == ["done", "conflict"]


def test_what_lies_in_a_chosen_folder_goes_along(
    alice: User, workspace: Workspace, folder: Item, three: list[Item], elsewhere: Item
) -> None:
    choice = choose_among(Item.objects.visible_to(alice), [three[0].pk, folder.pk])
    outcomes = services.move_items(actor=alice, choice=choice, parent=elsewhere)
    assert [one.code for one in outcomes] == ["done", "along"]
    assert places([three[0]]) == {folder.pk}


def test_a_folder_cannot_come_into_itself_and_the_others_can(
    alice: User, workspace: Workspace, folder: Item, elsewhere: Item
) -> None:
    choice = choose_among(Item.objects.visible_to(alice), [folder.pk, elsewhere.pk])
    outcomes = services.move_items(actor=alice, choice=choice, parent=folder)
    assert {one.item.name: one.code for one in outcomes if one.item} == {"Visit 2": "invalid", "Elsewhere": "done"}


def test_what_is_hidden_looks_like_what_is_not_there(
    alice: User, bob: User, workspace: Workspace, three: list[Item]
) -> None:
    give(workspace, "contributor", bob)
    exempt(three[0], "deny", Right.VIEW, bob)
    for id_ in (three[0].pk, uuid4()):
        answer = api(bob, workspace, deed="remove", items=[str(id_)]).json()
        assert answer["results"] == [
            {"item": str(id_), "code": "conflict", "sentence": "It is not there any more, or not for you."}
        ]


@pytest.mark.parametrize("deed", ["move", "remove"])
def test_no_page_names_what_is_hidden(bob: User, workspace: Workspace, three: list[Item], deed: str) -> None:
    give(workspace, "contributor", bob)
    exempt(three[0], "deny", Right.VIEW, bob)
    shown = browser(bob).get(address(deed, workspace, three, here="top")).content.decode()
    assert ("a.csv" in shown, "b.csv" in shown) == (False, True)


def test_things_of_another_workspace_are_not_reached(alice: User, workspace: Workspace, three: list[Item]) -> None:
    other = services.create_workspace(actor=alice, name="Other")
    assert send(alice, "remove", other, three).status_code == 409
    assert not Item.objects.filter(removed_at__isnull=False).exists()


def test_nothing_chosen_leads_back_with_a_sentence(alice: User, workspace: Workspace, folder: Item) -> None:
    answer = browser(alice).get(address("move", workspace, [], folder=folder.pk), follow=True)
    assert answer.redirect_chain[0][0] == reverse("workspaces:folder", args=[folder.pk])
    assert "Nothing was chosen" in answer.content.decode()


def test_a_zip_of_nothing_chosen_is_not_one_of_everything(alice: User, version: Version) -> None:
    workspace = version.file.workspace
    answer = browser(alice).get(reverse("workspaces:zip", args=[workspace.pk]) + "?chosen=yes")
    assert answer.status_code == 302


@pytest.mark.parametrize("items", [["no-id"], [uuid4() for _ in range(MOST + 1)]])
def test_nonsense_and_too_much_are_refused(alice: User, workspace: Workspace, items: list[Any]) -> None:
    assert browser(alice).get(address("remove", workspace, items)).status_code == 400


def test_the_picker_leads_through_folders_and_keeps_what_was_chosen(
    alice: User, workspace: Workspace, three: list[Item], elsewhere: Item
) -> None:
    shown = browser(alice).get(address("move", workspace, three)).content.decode()
    assert all(f'value="{one.pk}"' in shown for one in [*three, elsewhere])
    sure = browser(alice).get(address("move", workspace, three, here=elsewhere.pk)).content.decode()
    assert "Move 3 things" in sure


def test_a_list_can_have_all_of_its_page_chosen_without_a_script(
    alice: User, workspace: Workspace, folder: Item, three: list[Item]
) -> None:
    page = reverse("workspaces:folder", args=[folder.pk])
    assert browser(alice).get(page).content.decode().count(" checked>") == 0
    assert browser(alice).get(page + "?chosen=all").content.decode().count(" checked>") == 3


def test_an_archived_workspace_is_not_changed(alice: User, workspace: Workspace, three: list[Item]) -> None:
    services.archive_workspace(actor=alice, workspace=workspace)
    assert send(alice, "remove", workspace, three).status_code == 409
    assert not Item.objects.filter(removed_at__isnull=False).exists()


def test_programs_move_and_read_what_became_of_each(
    alice: User, workspace: Workspace, three: list[Item], elsewhere: Item
) -> None:
    ids = [str(one.pk) for one in three]
    answer = api(alice, workspace, deed="move", items=ids, to=str(elsewhere.pk)).json()
    assert (answer["done"], answer["refused"]) == (3, 0)
    assert places(three) == {elsewhere.pk}


def test_programs_can_ask_first(alice: User, workspace: Workspace, three: list[Item]) -> None:
    answer = api(alice, workspace, "?preview=true", deed="remove", items=[str(one.pk) for one in three]).json()
    assert answer["done"] == 3
    assert not Item.objects.filter(removed_at__isnull=False).exists()


@pytest.mark.parametrize(
    "said", [{}, {"deed": "burn", "items": [str(uuid4())]}, {"deed": "remove", "items": []}, {"deed": "remove"}]
)
def test_programs_must_say_what(alice: User, workspace: Workspace, said: dict[str, Any]) -> None:
    assert api(alice, workspace, **said).status_code == 400


def test_a_place_that_is_hidden_is_not_found(
    alice: User, bob: User, workspace: Workspace, three: list[Item], elsewhere: Item
) -> None:
    give(workspace, "contributor", bob)
    exempt(elsewhere, "deny", Right.VIEW, bob)
    assert api(bob, workspace, deed="move", items=[str(three[0].pk)], to=str(elsewhere.pk)).status_code == 404

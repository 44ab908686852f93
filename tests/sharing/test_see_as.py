"""A manager looks at a workspace as somebody else sees it: names and rights, never more than both see, and recorded."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.errors import Refused
from ledger_bridge.models import Entry
from sharing import services
from tests.conftest import make_person
from tests.sharing.conftest import exempt, give, last_entry, make_item
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def look(reader: User, person: User, workspace: Workspace, **query: Any) -> Any:
    return as_(reader).get(reverse("sharing:see_as", args=[workspace.pk, person.pk]), query)


def ask(reader: User, person: User, workspace: Workspace, **query: Any) -> Any:
    return as_(reader).get(reverse("sharing_api:see_as", args=[workspace.pk, person.pk]), query)


def seen(reader: User, person: User, workspace: Workspace, **query: Any) -> dict[str, list[str]]:
    return {row["name"]: row["rights"] for row in ask(reader, person, workspace, **query).json()["items"]}


def test_it_shows_what_the_person_sees_with_which_rights(
    alice: User, bob: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    make_item(workspace, None, "secret.pdf")
    give(workspace, "visitor", bob)
    exempt(Item.objects.get(name="secret.pdf"), "deny", Right.VIEW, bob)
    exempt(scan, "deny", Right.DOWNLOAD, bob)
    assert list(seen(alice, bob, workspace)) == ["Imaging"]
    assert seen(alice, bob, workspace, folder=imaging.pk) == {"scan.dcm": ["view", "hand_over"]}
    text = look(alice, bob, workspace, folder=imaging.pk).content.decode()
    assert "View, hand over sealed" in text
    assert "secret.pdf" not in text


def test_what_the_manager_does_not_see_stays_hidden(
    bob: User, charlie: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    give(workspace, "manager", bob)
    give(workspace, "visitor", charlie)
    exempt(imaging, "deny", Right.VIEW, bob)
    assert seen(bob, charlie, workspace) == {}
    assert "Imaging" not in look(bob, charlie, workspace).content.decode()
    for answer in (look, ask):
        assert answer(bob, charlie, workspace, folder=imaging.pk).status_code == 404


def test_a_folder_above_that_the_manager_does_not_see_is_not_named(
    bob: User, charlie: User, workspace: Workspace, imaging: Item
) -> None:
    give(workspace, "manager", bob)
    give(workspace, "visitor", charlie)
    inner = make_item(workspace, imaging, "Week 12", kind="folder")
    exempt(imaging, "deny", Right.VIEW, bob)
    exempt(inner, "allow", Right.VIEW, bob)
    text = look(bob, charlie, workspace, folder=inner.pk).content.decode()
    assert "Week 12" in text
    assert "Imaging" not in text


def test_whoever_was_let_in_to_one_file_finds_it_at_the_top(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    exempt(scan, "allow", Right.VIEW, bob)
    assert seen(alice, bob, workspace) == {"scan.dcm": ["view"]}


def test_a_stranger_sees_nothing_at_all(alice: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    assert seen(alice, charlie, workspace) == {}
    assert "as if it did not exist" in look(alice, charlie, workspace).content.decode()


def test_of_whoever_is_suspended_it_shows_nothing_any_more(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    exempt(scan, "allow", Right.VIEW, bob)
    bob.suspended_at = timezone.now()
    bob.save()
    assert seen(alice, bob, workspace) == {}


def test_every_look_is_recorded_before_anything_is_shown(
    alice: User, bob: User, workspace: Workspace, imaging: Item
) -> None:
    give(workspace, "visitor", bob)
    look(alice, bob, workspace)
    ask(alice, bob, workspace, folder=imaging.pk)
    assert [entry.kind for entry in Entry.objects.all()] == ["workspace.seen_as"] * 2
    assert (last_entry().person is not None, last_entry().item is not None) == (True, True)


def test_it_takes_the_right_to_manage(bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "contributor", bob)
    give(workspace, "visitor", charlie)
    assert look(bob, charlie, workspace).status_code == 403
    assert ask(bob, charlie, workspace).status_code == 403
    # Whether somebody could have access is not told either.
    assert look(bob, make_person("Dana Okafor", None, role="commission_admin"), workspace).status_code == 403
    assert "workspace.seen_as" not in Entry.objects.values_list("kind", flat=True)


def test_the_deed_itself_takes_the_right_to_manage(bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Refused):
        services.look_as(actor=bob, workspace=workspace, person=charlie)


def test_strangers_and_whoever_could_have_no_access_find_nothing(
    alice: User, bob: User, charlie: User, dana: User, workspace: Workspace
) -> None:
    assert look(charlie, bob, workspace).status_code == 404
    assert look(alice, dana, workspace).status_code == 404
    assert look(alice, bob, workspace, folder="nonsense").status_code == 404


def test_nothing_can_be_opened_from_it(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    exempt(scan, "allow", Right.VIEW, bob)
    text = look(alice, bob, workspace).content.decode()
    assert reverse("workspaces:file", args=[scan.pk]) not in text
    assert reverse("sharing:why_item", args=[scan.pk]) in text


def test_the_page_that_says_why_leads_there_for_managers(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    page = as_(alice).get(reverse("sharing:why_item", args=[scan.pk]), {"person": str(bob.pk)}).content.decode()
    assert reverse("sharing:see_as", args=[workspace.pk, bob.pk]) in page
    own = as_(bob).get(reverse("sharing:why_item", args=[scan.pk])).content.decode()
    assert "See the workspace as they do" not in own


def test_a_long_folder_is_paged(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    for number in range(51):
        make_item(workspace, None, f"{number:02}.txt")
    answer = ask(alice, bob, workspace, page=2).json()
    assert (answer["count"], answer["pages"], [row["name"] for row in answer["items"]]) == (51, 2, ["50.txt"])

"""What pages offer and list: a deed to those who may do it, a group to those in it, a folder to those who see it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from sharing.models import GroupProfile
from sharing.services import add_member, create_group, invite
from tests.sharing.conftest import exempt, give
from tests.sharing.test_asking import ask
from workspaces.models import Item, Workspace
from workspaces.permissions import Right
from workspaces.services import remove_item


@pytest.fixture
def readers(alice: User, bob: User) -> GroupProfile:
    made = create_group(actor=alice, name="Readers")
    add_member(actor=alice, profile=made, person=bob)
    return made


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(person: User, name: str, *arguments: Any) -> str:
    answer = as_(person).get(reverse(name, args=arguments))
    assert answer.status_code == 200
    return answer.content.decode()


def test_groups_are_made_by_contributors_and_offered_to_them(alice: User, dana: User) -> None:
    assert reverse("sharing:new_group") in page(alice, "sharing:groups")
    assert reverse("sharing:new_group") not in page(dana, "sharing:groups")


def test_a_group_is_listed_to_its_members_only(bob: User, charlie: User, readers: GroupProfile) -> None:
    assert "Readers" in page(bob, "sharing:groups")
    assert "Readers" not in page(charlie, "sharing:groups")


def test_a_program_lists_the_groups_of_its_owner_only(bob: User, charlie: User, readers: GroupProfile) -> None:
    assert "Readers" in page(bob, "sharing_api:groups")
    assert "Readers" not in page(charlie, "sharing_api:groups")


def test_something_is_given_to_ones_own_groups_only(
    alice: User, charlie: User, workspace: Workspace, readers: GroupProfile
) -> None:
    give(workspace, "manager", charlie)
    assert "Readers" in page(alice, "sharing:grant", workspace.pk)
    assert "Readers" not in page(charlie, "sharing:grant", workspace.pk)


def test_the_first_page_names_workspaces_that_one_is_in_or_invited_to(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    invite(actor=alice, workspace=workspace, email=bob.email, role="visitor")
    assert ["Site 12" in page(person, "home") for person in (alice, bob, charlie)] == [True, True, False]


def test_what_was_shared_and_lies_in_the_bin_is_not_listed(alice: User, bob: User, scan: Item) -> None:
    exempt(scan, "allow", Right.VIEW, bob)
    assert "scan.dcm" in page(bob, "sharing:shared_with_me")
    remove_item(actor=alice, item=Item.objects.get(pk=scan.pk))
    assert "scan.dcm" not in page(bob, "sharing:shared_with_me")


def test_a_member_is_not_offered_to_take_somebody_in(alice: User, bob: User, readers: GroupProfile) -> None:
    take_in = reverse("sharing:add_member", args=[readers.pk])
    assert take_in in page(alice, "sharing:group", readers.pk)
    assert take_in not in page(bob, "sharing:group", readers.pk)


def test_the_asker_is_not_offered_to_answer(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    request = ask(bob, scan)
    for answer in ("grant", "refuse"):
        offered = reverse(f"sharing:{answer}_request", args=[request.pk])
        assert offered in page(alice, "sharing:request", request.pk)
        assert offered not in page(bob, "sharing:request", request.pk)


def test_a_form_names_no_rule_about_a_right_that_one_has(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    form = reverse("sharing:ask_item", args=[scan.pk])
    rules = [as_(bob).get(f"{form}?right={right}").context["rule"] for right in ("edit", "view")]
    assert [bool(rule) for rule in rules] == [True, False]


def test_only_who_may_share_is_offered_to_ask_why_about_others(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    assert 'id="q"' in page(alice, "sharing:why_workspace", workspace.pk)
    assert 'id="q"' not in page(bob, "sharing:why_workspace", workspace.pk)


def test_workspaces_are_made_by_contributors_and_offered_to_them(alice: User, olga: User) -> None:
    assert reverse("workspaces:create") in page(alice, "workspaces:list")
    assert reverse("workspaces:create") not in page(olga, "workspaces:list")


def test_a_hidden_folder_is_no_place_to_move_to(bob: User, workspace: Workspace, imaging: Item, scan: Item) -> None:
    give(workspace, "contributor", bob)
    moved = Item.objects.get(pk=scan.pk)
    assert "Imaging" in page(bob, "workspaces:move", moved.pk)
    exempt(imaging, "deny", Right.VIEW, bob)
    exempt(moved, "allow", Right.VIEW, bob)
    exempt(moved, "allow", Right.EDIT, bob)
    assert "Imaging" not in page(bob, "workspaces:move", moved.pk)

"""Every right has a sentence that names the rule behind it, and nobody learns a name from it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from sharing.why.weighing import Verdict, why
from tests.sharing.conftest import exempt, give, house_of, make_item
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def verdict(person: User, right: Right, thing: Workspace | Item, *, reader: User | None = None) -> Verdict:
    [found] = [one for one in why(person, thing, reader=reader or person) if one.right == right]
    return found


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(reader: User, thing: Workspace | Item, **query: Any) -> Any:
    name = "why_item" if isinstance(thing, Item) else "why_workspace"
    return as_(reader).get(reverse(f"sharing:{name}", args=[thing.pk]), query)


def ask(reader: User, thing: Workspace | Item, **query: Any) -> Any:
    name = "why_item" if isinstance(thing, Item) else "why_workspace"
    return as_(reader).get(reverse(f"sharing_api:{name}", args=[thing.pk]), query)


def test_it_names_the_role_who_gave_it_and_until_when(bob: User, workspace: Workspace, scan: Item) -> None:
    grant = give(workspace, "visitor", bob, days=3)
    found = verdict(bob, Right.DOWNLOAD, scan)
    assert (found.allowed, found.cause.sentence) == (True, "The role Visitor in “Site 12” includes it.")
    assert (found.cause.given_by, found.cause.until) == ("Alice Brandt", grant.expires_at)


def test_it_names_the_role_that_lacks_a_right(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    found = verdict(bob, Right.UPLOAD, scan)
    assert (found.allowed, found.cause.sentence) == (False, "The role Visitor in “Site 12” does not include it.")


def test_it_names_the_exception_that_outranks_a_role_and_the_role_too(
    bob: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    exempt(imaging, "deny", Right.DOWNLOAD, bob)
    found = verdict(bob, Right.DOWNLOAD, scan)
    assert found.cause.sentence == "An exception on the folder “Imaging” denies “download” there and below."
    assert [other.sentence for other in found.others] == ["The role Visitor in “Site 12” includes it."]


def test_it_names_the_group_a_right_came_through(bob: User, workspace: Workspace, scan: Item) -> None:
    bob.groups.add(house_of(bob))
    give(workspace, "visitor", house_of(bob))
    sentence = "The role Visitor in “Site 12” includes it, through the group “Hôpital Necker, Paris”."
    assert verdict(bob, Right.VIEW, scan).cause.sentence == sentence


def test_without_view_nothing_else_counts(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    exempt(scan, "deny", Right.VIEW, bob)
    found = verdict(bob, Right.DOWNLOAD, scan)
    assert (found.allowed, found.cause.rule) == (False, 5)
    assert [other.allows for other in found.others] == [True]


def test_it_names_what_has_ended(bob: User, workspace: Workspace, scan: Item) -> None:
    grant = give(workspace, "visitor", bob, days=-1)
    found = verdict(bob, Right.VIEW, scan)
    assert found.cause.sentence == "The role Visitor in “Site 12”, which included it, has ended."
    assert found.cause.until == grant.expires_at


def test_it_names_an_allowance_that_has_ended(bob: User, scan: Item) -> None:
    exempt(scan, "allow", Right.VIEW, bob, days=-1)
    sentence = "The exception on the file “scan.dcm” that allowed “view” has ended."
    assert verdict(bob, Right.VIEW, scan, reader=scan.workspace.owner).cause.sentence == sentence


def test_it_tells_of_a_stranger_only_that(charlie: User, alice: User, workspace: Workspace) -> None:
    found = verdict(charlie, Right.VIEW, workspace, reader=alice)
    assert found.cause.sentence == "There is no role in “Site 12”, and no exception that allows it."


def test_it_names_ownership_and_standing(alice: User, bob: User, dana: User, workspace: Workspace, scan: Item) -> None:
    assert verdict(alice, Right.MANAGE, scan).cause.rule == 2
    give(workspace, "manager", bob)
    bob.suspended_at = timezone.now()
    assert verdict(bob, Right.VIEW, scan).cause.rule == 1
    assert "commission admin" in verdict(dana, Right.VIEW, scan).cause.sentence


def test_whoever_is_let_in_to_a_file_learns_why_they_see_the_workspace(
    bob: User, workspace: Workspace, scan: Item
) -> None:
    exempt(scan, "allow", Right.VIEW, bob)
    assert "view the file “scan.dcm”" in verdict(bob, Right.VIEW, workspace).cause.sentence
    assert "none allows “download”" in verdict(bob, Right.DOWNLOAD, scan).cause.sentence


def test_a_folder_that_the_reader_does_not_see_goes_unnamed(
    bob: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    give(workspace, "contributor", bob)
    for right in (Right.VIEW, Right.DOWNLOAD):
        exempt(imaging, "deny", right, bob)
    exempt(scan, "allow", Right.VIEW, bob)
    answers = [page(bob, scan), ask(bob, scan), as_(bob).get(reverse("sharing:item_access", args=[scan.pk]))]
    answers.append(as_(bob).get(reverse("sharing:ask_item", args=[scan.pk]) + "?right=download"))
    for answer in answers:
        assert answer.status_code == 200
        assert "Imaging" not in answer.content.decode()
        assert "folder above" in answer.content.decode()


def test_the_page_shows_every_right_of_oneself(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    text = page(bob, scan).content.decode()
    assert "View, download, hand over sealed" in text
    assert "see the trail, share, manage" in text
    assert "The role Visitor in “Site 12” does not include it." in text
    assert "Given by Alice Brandt" in text


def test_a_manager_may_ask_about_anybody_it_could_concern(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    bob.approved_until = timezone.now()
    bob.save()
    assert "suspended or has expired" in page(alice, scan, person=bob.pk).content.decode()
    assert "There is no role" in page(alice, workspace, person=charlie.pk).content.decode()


def test_a_member_may_not_ask_about_others(bob: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "contributor", bob)
    for thing in (workspace, scan):
        assert page(bob, thing, person=charlie.pk).status_code == 403
        assert ask(bob, thing, person=charlie.pk).json()["error"] == "Your role Contributor does not include “share”."


def test_whoever_could_have_no_access_is_not_found(alice: User, dana: User, scan: Item) -> None:
    for code in (str(dana.pk), "nonsense", "0"):
        assert page(alice, scan, person=code).status_code == 404


def test_a_stranger_finds_nothing(charlie: User, workspace: Workspace, scan: Item) -> None:
    for thing in (workspace, scan):
        assert page(charlie, thing).status_code == 404
        assert ask(charlie, thing).status_code == 404


def test_a_manager_finds_people_by_name(alice: User, bob: User, dana: User, scan: Item) -> None:
    assert f"?person={bob.pk}" in page(alice, scan, q="lefèvre").content.decode()
    assert "Nobody found" in page(alice, scan, q="Okafor").content.decode()
    assert "Nobody found" in page(alice, scan, q="%\0").content.decode()


def test_programs_get_the_same(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    answer = ask(bob, scan).json()
    by_right = {one["right"]: one for one in answer["verdicts"]}
    assert {right for right, one in by_right.items() if one["allowed"]} == {"view", "download", "hand_over"}
    assert by_right["view"]["cause"]["role"] == "visitor"
    assert by_right["view"]["cause"]["place"] == str(workspace.pk)


@pytest.mark.parametrize("many", [1, 6])
def test_it_takes_as_many_queries_however_much_is_said(
    bob: User, workspace: Workspace, imaging: Item, many: int
) -> None:
    give(workspace, "visitor", bob)
    folder = imaging
    for number in range(many):
        folder = make_item(workspace, folder, f"Deeper {number}", kind="folder")
        exempt(folder, "deny", Right.DOWNLOAD, bob)
    with CaptureQueriesContext(connection) as queries:
        why(bob, folder, reader=bob)
    assert len(queries) == 5

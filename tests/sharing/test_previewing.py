"""A preview says what a change would change, and changes nothing."""

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.errors import Conflict, Refused
from ledger_bridge.models import Entry
from sharing import services
from sharing.models import GroupProfile, ItemUserException, WorkspaceUserGrant
from sharing.why.likeness import stand_ins
from sharing.why.previewing import Count, Preview, people_behind, preview
from tests.conftest import make_person
from tests.sharing.conftest import exempt, give, house_of, in_days, make_item
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def said(found: Preview) -> list[tuple[str, list[str], list[str]]]:
    return [
        (change.person.name, [words(one) for one in change.gains], [words(one) for one in change.loses])
        for change in found.changes
    ]


def words(count: Count) -> str:
    return f"{count.right.label} ({count.where})"


def giving(actor: User, workspace: Workspace, role: str, person: User) -> Preview:
    return preview(
        lambda: services.grant_role(actor=actor, workspace=workspace, role=role, person=person),
        actor=actor,
        people=people_behind(person),
        workspaces=[workspace],
    )


def role_of(person: User, role: str = "visitor") -> dict[str, Any]:
    return {"role": role, "no_end": "on", "preview": "yes"}


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_it_counts_what_a_role_would_give(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    everywhere = "(2 files or folders and the workspace)"
    gains = [f"view {everywhere}", f"download {everywhere}", f"hand over sealed {everywhere}"]
    assert said(giving(alice, workspace, "visitor", bob)) == [("Bob Lefèvre", gains, [])]


def test_it_leaves_nothing_behind(
    alice: User, bob: User, workspace: Workspace, scan: Item, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        giving(alice, workspace, "visitor", bob)
    assert (WorkspaceUserGrant.objects.count(), Entry.objects.count()) == (0, 0)
    assert (callbacks, mail.outbox) == ([], [])


def test_the_deed_can_be_done_after_it(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    giving(alice, workspace, "visitor", bob)
    services.grant_role(actor=alice, workspace=workspace, role="visitor", person=bob)
    assert bob.has_perm(Right.VIEW, scan)
    assert Entry.objects.count() == 1


def test_it_refuses_what_the_deed_refuses(alice: User, bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    with pytest.raises(Conflict, match="has a role here already"):
        giving(alice, workspace, "visitor", bob)
    with pytest.raises(Refused):
        giving(bob, workspace, "visitor", charlie)


def test_an_exception_takes_only_what_lies_below_it(
    alice: User, bob: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    make_item(workspace, None, "protocol.pdf")
    give(workspace, "visitor", bob)
    found = preview(
        lambda: services.set_exception(actor=alice, item=imaging, right=Right.VIEW, effect="deny", person=bob),
        actor=alice,
        people=people_behind(bob),
        workspaces=[workspace],
        at=[imaging],
    )
    [(_, gains, loses)] = said(found)
    assert gains == []
    lost = "(2 files or folders)"
    assert loses == [f"view {lost}", f"download {lost}", f"hand over sealed {lost}"]


def test_what_an_exception_keeps_out_anyway_is_not_counted(
    alice: User, bob: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    exempt(scan, "deny", Right.VIEW, bob)
    [(_, gains, _)] = said(giving(alice, workspace, "visitor", bob))
    assert gains[0] == "view (1 file or folder and the workspace)"


def test_a_group_changes_something_for_each_of_its_members(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    house = house_of(bob)
    house.user_set.add(bob, charlie, make_person("Erik Sommer", None, role="auditor"))
    give(workspace, "visitor", charlie)
    found = preview(
        lambda: services.grant_role(actor=alice, workspace=workspace, role="visitor", group=house),
        actor=alice,
        people=people_behind(house),
        workspaces=[workspace],
    )
    assert [change.person for change in found.changes] == [bob]
    assert (found.weighed, found.people) == (3, 3)


def test_only_so_many_are_looked_at_and_it_says_so(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sharing.why.previewing.MOST_PEOPLE", 1)
    house = house_of(bob)
    house.user_set.add(bob, charlie)
    answer = as_(alice).post(f"{reverse('sharing:grant', args=[workspace.pk])}?group={house.pk}", role_of(bob))
    assert "The first 1 of 2 people in the group were looked at" in text_of(answer)


def test_what_the_manager_does_not_see_is_not_counted(
    alice: User, bob: User, charlie: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    give(workspace, "manager", bob)
    exempt(scan, "deny", Right.VIEW, bob)
    [(_, gains, _)] = said(giving(bob, workspace, "visitor", charlie))
    assert gains[0] == "view (1 file or folder and the workspace)"


def test_removed_items_are_not_counted(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    Item.objects.filter(pk=scan.pk).update(removed_at=in_days(-1))
    [(_, gains, _)] = said(giving(alice, workspace, "visitor", bob))
    assert gains[0] == "view (1 file or folder and the workspace)"


def test_rights_on_the_same_things_stand_in_one_line(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    [change] = giving(alice, workspace, "visitor", bob).changes
    assert change.gains_in_words == ["view, download, hand over sealed (2 files or folders and the workspace)"]


def test_the_form_shows_it_and_saves_nothing(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    answer = as_(alice).post(f"{reverse('sharing:grant', args=[workspace.pk])}?person={bob.pk}", role_of(bob))
    assert "(2 files or folders and the workspace)" in text_of(answer)
    assert "Nothing has been saved" in text_of(answer)
    assert not WorkspaceUserGrant.objects.exists()


def test_changing_a_role_can_be_previewed(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    grant = give(workspace, "contributor", bob)
    answer = as_(alice).post(reverse("sharing:change", args=[grant.pk]), role_of(bob))
    assert "(2 files or folders and the workspace)" in text_of(answer)
    grant.refresh_from_db()
    assert grant.permission.codename == "contributor"


def test_an_exception_can_be_previewed(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    form = {"right": "workspaces.download", "effect": "deny", "no_end": "on", "preview": "yes"}
    answer = as_(alice).post(f"{reverse('sharing:add_exception', args=[scan.pk])}?person={bob.pk}", form)
    assert "Download (1 file or folder)" in text_of(answer)
    assert not ItemUserException.objects.exists()


def test_taking_away_and_lifting_show_it_before_they_are_confirmed(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    grant, exception = give(workspace, "visitor", bob), exempt(scan, "deny", Right.DOWNLOAD, bob)
    lost = text_of(as_(alice).get(reverse("sharing:revoke", args=[grant.pk])))
    assert "(2 files or folders and the workspace)" in lost
    gained = text_of(as_(alice).get(reverse("sharing:lift_exception", args=[exception.pk])))
    assert "Download (1 file or folder)" in gained
    assert WorkspaceUserGrant.objects.exists()
    assert ItemUserException.objects.exists()


def test_a_page_that_asks_says_why_it_cannot_be_done(bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "manager", bob)
    answer = as_(bob).get(reverse("sharing:revoke", args=[grant.pk]))
    assert "Somebody else must decide about your own access" in text_of(answer)


@pytest.fixture
def readers(alice: User, workspace: Workspace) -> GroupProfile:
    profile = services.create_group(actor=alice, name="Readers")
    give(workspace, "visitor", profile.group)
    return profile


def test_joining_a_group_shows_what_it_brings(alice: User, bob: User, readers: GroupProfile, scan: Item) -> None:
    page = as_(alice).get(f"{reverse('sharing:add_member', args=[readers.pk])}?person={bob.pk}")
    assert "(2 files or folders and the workspace)" in text_of(page)
    assert not bob.groups.exists()


def test_leaving_a_group_shows_what_it_takes(alice: User, bob: User, readers: GroupProfile, scan: Item) -> None:
    bob.groups.add(readers.group)
    page = as_(alice).get(reverse("sharing:remove_member", args=[readers.pk, bob.pk]))
    assert "(2 files or folders and the workspace)" in text_of(page)


def test_workspaces_that_the_manager_of_a_group_does_not_see_are_not_named(
    bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    profile = services.create_group(actor=bob, name="Readers")
    give(workspace, "visitor", profile.group)
    bob.groups.clear()
    page = as_(bob).get(f"{reverse('sharing:add_member', args=[profile.pk])}?person={charlie.pk}")
    assert workspace.name not in text_of(page)


def test_programs_preview_with_the_same_call(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    url = reverse("sharing_api:grants", args=[workspace.pk]) + "?preview=true"
    asked = {"person": str(bob.pk), "role": "visitor", "expires_at": None}
    answer = as_(alice).post(url, asked, content_type="application/json")
    assert answer.status_code == 200
    [change] = answer.json()["changes"]
    assert change["person"] == str(bob.pk)
    assert change["gains"][0] == {"right": "view", "items": 2, "workspace": True}
    assert not WorkspaceUserGrant.objects.exists()


def test_programs_preview_every_other_change(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    grant, exception = give(workspace, "visitor", bob), exempt(scan, "deny", Right.DOWNLOAD, bob)
    client, query = as_(alice), "?preview=true"
    one = reverse("sharing_api:grant", args=[grant.pk]) + query
    asked: list[Any] = [
        client.put(one, {"role": "contributor", "expires_at": None}, content_type="application/json"),
        client.delete(one),
        client.delete(reverse("sharing_api:exception", args=[exception.pk]) + query),
        client.post(
            reverse("sharing_api:exceptions", args=[scan.pk]) + query,
            {"person": str(bob.pk), "right": "view", "effect": "deny", "expires_at": None},
            content_type="application/json",
        ),
    ]
    assert [len(answer.json()["changes"]) for answer in asked] == [1, 1, 1, 1]
    grant.refresh_from_db()
    assert (grant.permission.codename, ItemUserException.objects.count()) == ("visitor", 1)


def test_programs_take_in_and_out_of_groups_and_preview_it(
    alice: User, bob: User, readers: GroupProfile, scan: Item
) -> None:
    client, url = as_(alice), reverse("sharing_api:member", args=[readers.pk, bob.pk])
    assert client.put(url + "?preview=true").json()["changes"][0]["gains"][0]["items"] == 2
    assert not bob.groups.exists()
    assert client.put(url).status_code == 204
    assert [group["members"] for group in client.get(reverse("sharing_api:groups")).json()] == [2]
    assert client.delete(url + "?preview=true").json()["changes"][0]["loses"][0]["items"] == 2
    assert client.delete(url).status_code == 204
    assert not bob.groups.exists()


def test_an_unclear_preview_changes_nothing(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob)
    assert as_(alice).delete(reverse("sharing_api:grant", args=[grant.pk]) + "?preview=yes").status_code == 400
    assert WorkspaceUserGrant.objects.exists()


def test_one_stands_for_all_of_whom_the_same_is_said(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    erik, olga = make_person("Erik Sommer", None), make_person("Olga Winter", None, role="auditor")
    bob.groups.add(house_of(bob))
    charlie.groups.add(house_of(charlie), house_of(alice))
    people = [alice, bob, charlie, erik, olga]
    assert {person.name: stands.name for person, stands in named(people, workspace).items()} == {
        "Alice Brandt": "Alice Brandt",
        "Bob Lefèvre": "Bob Lefèvre",
        "Charlie Moreau": "Bob Lefèvre",
        "Erik Sommer": "Bob Lefèvre",
        "Olga Winter": "Olga Winter",
    }
    exempt(scan, "deny", Right.VIEW, house_of(charlie))
    give(workspace, "visitor", erik)
    assert [stands.name for stands in named(people, workspace).values()] == [
        "Alice Brandt", "Bob Lefèvre", "Bob Lefèvre", "Erik Sommer", "Olga Winter"
    ]  # fmt: skip
    exempt(scan, "allow", Right.VIEW, charlie)
    assert named(people, workspace)[charlie] == charlie


def named(people: list[User], workspace: Workspace) -> dict[User, User]:
    found = stand_ins(people, workspace)
    return {person: found[person.pk] for person in people}


def test_too_many_questions_leave_people_out_and_it_says_so(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sharing.why.previewing._MOST_QUESTIONS", 1)
    house = house_of(bob)
    house.user_set.add(bob, charlie, make_person("Erik Sommer", house.institution))
    exempt(scan, "allow", Right.VIEW, charlie)
    found = preview(
        lambda: services.grant_role(actor=alice, workspace=workspace, role="visitor", group=house),
        actor=alice,
        people=people_behind(house),
        workspaces=[workspace],
    )
    assert [change.person for change in found.changes] == [bob]
    assert (found.weighed, found.people, found.left_out) == (1, 3, 2)


def test_it_takes_as_many_queries_for_a_large_group_as_for_a_small_one(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    house = house_of(bob)
    counts = []
    for number in range(3):
        house.user_set.add(make_person(f"Member{number} Someone", house.institution))
        with CaptureQueriesContext(connection) as queries:
            preview(
                lambda: services.grant_role(actor=alice, workspace=workspace, role="visitor", group=house),
                actor=alice,
                people=people_behind(house),
                workspaces=[workspace],
            )
        counts.append(len(queries))
    assert counts[1] == counts[2]

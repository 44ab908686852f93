"""One page with everything that somebody was given and has given."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from sharing.selectors.grants import GrantRow, my_grants, rows_for
from sharing.services import grant_role
from tests.conftest import make_person
from tests.sharing.conftest import exempt, give, house_of, in_days, make_item
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(person: User, **query: Any) -> str:
    return as_(person).get(reverse("sharing:my_grants"), query).content.decode()


def rows(person: User, which: str, **more: str) -> list[GrantRow]:
    return rows_for(person, my_grants(person, which, **more))


def words(person: User, which: str, **more: str) -> list[tuple[str, str, str]]:
    return [(row.what, row.place, row.holder_name) for row in rows(person, which, **more)]


@pytest.fixture
def given(bob: User, workspace: Workspace, scan: Item) -> dict[str, Any]:
    bob.groups.add(house_of(bob))
    return {
        "role": give(workspace, "visitor", bob, days=5),
        "house": give(workspace, "contributor", house_of(bob)),
        "allow": exempt(scan, "allow", Right.EDIT, bob, days=50),
        "deny": exempt(scan, "deny", Right.UPLOAD, house_of(bob), days=-1),
    }


def test_it_lists_what_was_given_the_first_to_end_first(bob: User, given: dict[str, Any]) -> None:
    assert words(bob, "received") == [
        ("Upload denied", "scan.dcm", "Hôpital Necker, Paris"),
        ("Role Visitor", "Site 12", "Bob Lefèvre"),
        ("Edit allowed", "scan.dcm", "Bob Lefèvre"),
        ("Role Contributor", "Site 12", "Hôpital Necker, Paris"),
    ]


def test_it_lists_what_one_gave(alice: User, bob: User, given: dict[str, Any]) -> None:
    assert len(rows(alice, "given")) == 4
    assert (rows(alice, "received"), rows(bob, "given")) == ([], [])


@pytest.mark.parametrize(
    ("narrowed", "left"),
    [
        ({"state": "current"}, ["role", "allow", "house"]),
        ({"state": "ending"}, ["role"]),
        ({"state": "over"}, ["deny"]),
        ({"state": "endless"}, ["house"]),
        ({"kind": "role"}, ["role", "house"]),
        ({"kind": "allow"}, ["allow"]),
        ({"kind": "deny"}, ["deny"]),
        ({"query": "SCAN"}, ["deny", "allow"]),
        ({"query": "site 12"}, ["role", "house"]),
        ({"query": "brandt"}, ["deny", "role", "allow", "house"]),
        ({"query": "nobody"}, []),
        ({"sort": "newest"}, ["deny", "allow", "house", "role"]),
    ],
)
def test_it_can_be_narrowed_and_sorted(
    bob: User, given: dict[str, Any], narrowed: dict[str, str], left: list[str]
) -> None:
    assert [row.id for row in rows(bob, "received", **narrowed)] == [given[name].pk for name in left]


def test_what_one_does_not_see_is_neither_named_nor_found(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    exempt(scan, "deny", Right.VIEW, bob)
    [row] = rows(bob, "received", kind="deny")
    assert (row.place, row.within, row.url, row.item) == ("", "", "", None)
    assert rows(bob, "received", query="scan") == []
    assert "scan.dcm" not in page(bob)
    assert "Something that you do not see" in page(bob)


def test_what_one_gave_where_one_was_shut_out_since_is_neither_named_nor_found(
    bob: User, charlie: User, workspace: Workspace
) -> None:
    own = give(workspace, "manager", bob)
    grant_role(actor=bob, workspace=workspace, role="visitor", person=charlie)
    assert [row.place for row in rows(bob, "given", query="Site")] == ["Site 12"]
    own.delete()
    assert [row.place for row in rows(bob, "given")] == [""]
    assert rows(bob, "given", query="Site") == []


def test_what_lies_in_the_bin_is_left_out(alice: User, given: dict[str, Any], scan: Item) -> None:
    Item.objects.filter(pk=scan.pk).update(removed_at=in_days(-1))
    assert {row.kind for row in rows(alice, "given")} == {"role"}


def test_whoever_lost_a_role_still_reads_of_which_workspace_it_was(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob, days=-1)
    [row] = rows(bob, "received")
    assert (row.place, row.url, row.is_over) == ("Site 12", "", True)


def test_it_offers_to_renew_to_whoever_could(alice: User, bob: User, given: dict[str, Any]) -> None:
    assert {row.id for row in rows(alice, "given") if row.may_renew} == {
        given[name].pk for name in ("role", "allow", "deny")
    }
    assert not any(row.may_renew for row in rows(bob, "received"))
    assert "Renew until" in page(alice, list="given")


def test_a_manager_who_lacks_a_right_is_not_offered_to_renew_it(
    bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "manager", bob)
    exempt(scan, "deny", Right.EDIT, bob)
    exception = exempt(scan, "allow", Right.EDIT, charlie, days=3)
    type(exception).objects.filter(pk=exception.pk).update(granted_by=bob)
    assert [row.may_renew for row in rows(bob, "given")] == [False]


def test_it_leads_to_asking_again(bob: User, workspace: Workspace, scan: Item, given: dict[str, Any]) -> None:
    ending = [row for row in rows(bob, "received") if row.ends_soon]
    assert [row.ask_url for row in ending] == [reverse("sharing:ask_workspace", args=[workspace.pk]) + "?role=visitor"]
    form = as_(bob).get(ending[0].ask_url).content.decode()
    assert 'value="visitor"' in form
    assert "Ask again" in page(bob)


def test_the_home_page_renews_and_leads_to_asking_again(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob, days=5)
    exempt(scan, "allow", Right.EDIT, bob, days=6)
    assert as_(alice).get(reverse("home")).content.decode().count("Renew until") == 2
    mine = as_(bob).get(reverse("home")).content.decode()
    assert "Your access to scan.dcm ends soon" in mine
    assert mine.count("Ask again") == 2


def test_the_home_page_says_that_a_denial_ends_to_those_who_manage(alice: User, bob: User, scan: Item) -> None:
    exempt(scan, "deny", Right.EDIT, bob, days=6)
    assert "An exception for Bob Lefèvre on scan.dcm ends soon" in as_(alice).get(reverse("home")).content.decode()
    assert "ends soon" not in as_(bob).get(reverse("home")).content.decode()


def test_programs_get_the_same(alice: User, bob: User, workspace: Workspace, given: dict[str, Any]) -> None:
    answer = as_(alice).get(reverse("sharing_api:my_grants"), {"list": "given", "kind": "role"}).json()
    assert (answer["count"], answer["pages"]) == (2, 1)
    assert [(row["code"], row["workspace"]) for row in answer["grants"]] == [
        ("visitor", str(workspace.pk)),
        ("contributor", str(workspace.pk)),
    ]


def test_nonsense_in_the_address_shows_everything(bob: User, given: dict[str, Any]) -> None:
    text = page(bob, list="x", state="y", kind="z", sort="w", page="minus one", q="\0")
    assert "Role Visitor" in text


def test_nothing_yet_says_so(charlie: User) -> None:
    assert "You were given nothing" in page(charlie)
    assert "You have given nothing" in page(charlie, list="given")
    assert "Nothing found" in page(charlie, q="x")


def test_it_takes_as_many_queries_for_many_as_for_one(alice: User, workspace: Workspace, scan: Item) -> None:
    counts = []
    for number in range(3):
        guest = make_person(f"Guest{number} Someone", None)
        guest.groups.add(house_of(alice))
        give(Workspace.objects.create(name=f"Site {number}", owner=alice), "visitor", guest, days=3)
        exempt(make_item(workspace, None, f"{number}.pdf"), "allow", Right.VIEW, house_of(alice), days=3)
        with CaptureQueriesContext(connection) as queries:
            rows(alice, "given")
        counts.append(len(queries))
    assert counts[0] == counts[-1] <= 4

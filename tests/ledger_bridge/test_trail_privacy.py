"""What a trail gives away: nothing about what its reader may not see, neither in rows nor in numbers nor in names."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.errors import Refused
from ledger_bridge.access import entries_visible_to, may_see_entry
from ledger_bridge.events import AccessRefused
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Entry
from ledger_bridge.recording import record
from ledger_bridge.selectors import TrailPage
from ledger_bridge.services import view_trail
from ledger_bridge.subjects import Subject
from sharing.models import WorkspaceUserGrant
from tests.conftest import make_person
from tests.sharing.conftest import exempt, give, house_of, make_item
from workspaces.events import VersionOpened, WorkspaceArchived
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

OPENED = VersionOpened(name="x", number=1)


@pytest.fixture
def workspace(alice: User, bob: User) -> Workspace:
    """Alice's workspace, in which Bob is a contributor."""
    made = Workspace.objects.create(name="Site 12", owner=alice)
    give(made, "contributor", bob)
    return made


@pytest.fixture
def hidden(alice: User, bob: User, workspace: Workspace) -> Item:
    """A file in a folder that an exception hides from Bob, with something recorded about it."""
    folder = make_item(workspace, None, "Unblinding", kind="folder")
    exempt(folder, "deny", Right.VIEW, bob)
    item = make_item(workspace, folder, "arm-of-patient-7.csv")
    record(OPENED, actor=alice, subject=item)
    return item


@pytest.fixture
def elsewhere(charlie: User) -> Item:
    """A file in a workspace that neither Alice nor Bob may see, with something recorded about both."""
    other = Workspace.objects.create(name="Site 99 oncology", owner=charlie)
    item = make_item(other, None, "tumour-board.pdf")
    record(WorkspaceArchived(), actor=charlie, subject=other)
    record(OPENED, actor=charlie, subject=item)
    return item


def page(person: User, path: str, query: dict[str, str] | None) -> str:
    client = Client()
    client.force_login(person)
    return client.get(path, query).content.decode()


def own(person: User, query: dict[str, str] | None = None) -> str:
    return page(person, reverse("ledger:my_trail"), query)


def of_workspace(person: User, workspace: Workspace, query: dict[str, str] | None = None) -> str:
    return page(person, reverse("workspaces:trail", args=[workspace.id]), query)


def looked_at(person: User, workspace: Workspace) -> TrailPage:
    return view_trail(actor=person, filters=TrailFilters(), subject=workspace, right=Right.TRAIL)


@pytest.mark.parametrize("person", ["bob", "dana"])
def test_one_s_own_trail_offers_no_workspace_that_is_not_in_it(
    person: str, elsewhere: Item, request: pytest.FixtureRequest
) -> None:
    assert "Site 99" not in own(request.getfixturevalue(person))


@pytest.mark.parametrize(
    ("field", "there", "missing"),
    [
        ("item", "tumour-board.pdf", "no-such-file.pdf"),
        ("item", "tumour", "no-suc"),
        ("workspace", "Site 99 oncology", "Site 98 urology"),
        ("workspace", "Site 99", "Site 98"),
        ("institution", "Hôpital Necker, Paris", "Nowhere, Atlantis"),
    ],
)
def test_a_name_from_elsewhere_answers_like_one_that_nobody_has(
    alice: User, elsewhere: Item, field: str, there: str, missing: str
) -> None:
    answers = [own(alice, {field: name}).replace(name, "NAME") for name in (there, missing)]
    assert "Nothing in this trail has this name" in answers[0]
    assert answer(answers[0]) == answer(answers[1])


def test_a_person_from_elsewhere_answers_like_one_whom_nobody_knows(
    bob: User, workspace: Workspace, elsewhere: Item
) -> None:
    answers = [
        of_workspace(bob, workspace, {"person": name}).replace(name, "NAME") for name in ("Charlie Moreau", "Nobody")
    ]
    assert "Nothing in this trail has this name" in answers[0]
    assert answer(answers[0]) == answer(answers[1])


def test_an_id_from_elsewhere_answers_like_one_that_nobody_has(alice: User, elsewhere: Item) -> None:
    missing = "01930000-0000-7000-8000-000000000000"
    answers = [own(alice, {"item": one}).replace(one, "ID") for one in (str(elsewhere.id), missing)]
    assert answer(answers[0]) == answer(answers[1])


def test_looking_at_one_s_own_trail_leaves_nothing_in_another_s(alice: User, bob: User, workspace: Workspace) -> None:
    item = make_item(workspace, None, "doses.csv")
    record(OPENED, actor=bob, subject=item)
    own(bob, {"item": "doses.csv"})
    entry = Entry.objects.filter(kind="trail.viewed").get()
    assert (entry.workspace, entry.item, entry.person) == (None, None, None)


def test_what_is_in_one_s_own_trail_is_found_by_name(bob: User, workspace: Workspace) -> None:
    record(OPENED, actor=bob, subject=make_item(workspace, None, "doses.csv"))
    record(OPENED, actor=bob, subject=make_item(workspace, None, "visits.csv"))
    found = own(bob, {"item": "doses"})
    assert "doses.csv" in found
    assert "visits.csv" not in found


def test_one_s_own_deeds_do_not_tell_the_new_name_of_what_was_taken_away(bob: User, hidden: Item) -> None:
    record(OPENED, actor=bob, subject=hidden)
    assert "arm-of-patient-7" not in own(bob)
    assert "Nothing in this trail has this name" in own(bob, {"item": "arm-of-patient-7.csv"})


def test_a_workspace_s_trail_offers_only_the_people_in_it(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    record(WorkspaceArchived(), actor=alice, subject=workspace)
    offered = of_workspace(bob, workspace)
    assert "Alice Brandt" in offered
    assert "Charlie Moreau" not in offered


def test_a_filter_that_cannot_be_used_offers_no_names_to_those_without_the_right(
    alice: User, charlie: User, workspace: Workspace
) -> None:
    record(WorkspaceArchived(), actor=alice, subject=workspace)
    give(workspace, "visitor", charlie)
    assert "Alice Brandt" not in of_workspace(charlie, workspace, {"since": "yesterday"})


def test_entries_about_hidden_items_are_not_shown(bob: User, workspace: Workspace, hidden: Item) -> None:
    seen = of_workspace(bob, workspace)
    assert "opened version" not in seen
    assert "arm-of-patient-7" not in seen


def test_the_owner_sees_them(alice: User, workspace: Workspace, hidden: Item) -> None:
    assert "opened version" in of_workspace(alice, workspace)


def test_they_are_not_counted(bob: User, workspace: Workspace, hidden: Item) -> None:
    seen = looked_at(bob, workspace)
    assert seen.count == 1  # this very look
    assert sum(bar["value"] for bar in seen.bars) == 1


def test_their_names_are_not_found(bob: User, workspace: Workspace, hidden: Item) -> None:
    answers = [
        of_workspace(bob, workspace, {"item": name}).replace(name, "NAME")
        for name in ("arm-of-patient-7.csv", "none.csv")
    ]
    assert answer(answers[0]) == answer(answers[1])


def test_people_who_only_worked_on_them_are_not_offered(bob: User, workspace: Workspace, hidden: Item) -> None:
    assert "Alice Brandt" not in datalist(of_workspace(bob, workspace))


def test_whoever_may_not_see_trails_gets_none(charlie: User, workspace: Workspace) -> None:
    give(workspace, "visitor", charlie)
    with pytest.raises(Refused):
        looked_at(charlie, workspace)


def test_many_hidden_items_cost_no_more_queries(alice: User, bob: User, workspace: Workspace, hidden: Item) -> None:
    looked_at(bob, workspace)
    with CaptureQueriesContext(connection) as few:
        looked_at(bob, workspace)
    for number in range(20):
        item = make_item(workspace, None, f"file {number}")
        record(OPENED, actor=alice, subject=item)
        exempt(item, "deny", Right.TRAIL, bob)
        record(OPENED, actor=alice, subject=make_item(workspace, None, f"other {number}"))
    with CaptureQueriesContext(connection) as many:
        seen = looked_at(bob, workspace)
    assert seen.count == 23  # three looks and what happened to the twenty others
    assert len(many) <= len(few) + 1  # items have names now, and there were none before


def test_one_entry_and_all_entries_get_the_same_answer(
    alice: User, bob: User, charlie: User, olga: User, dana: User, workspace: Workspace, hidden: Item, elsewhere: Item
) -> None:
    open_file, closed = make_item(workspace, None, "open"), make_item(workspace, None, "closed")
    exempt(closed, "deny", Right.TRAIL, house_of(bob))
    exempt(closed, "allow", Right.TRAIL, charlie)
    exempt(open_file, "allow", Right.VIEW, charlie)
    exempt(open_file, "allow", Right.TRAIL, charlie)
    suspended = make_person("Sam Suspended", None)
    give(workspace, "manager", suspended)
    User.objects.filter(pk=suspended.pk).update(role="applicant")
    suspended.refresh_from_db()
    # Whoever asks for an address that is nothing to them is refused with the item alone, and no workspace.
    alone = [Subject(item=str(item.pk)) for item in (open_file, closed, hidden, elsewhere)]
    for subject in (workspace, open_file, closed, hidden, elsewhere, bob, None):
        record(OPENED, actor=alice, subject=subject)
    for item_alone in alone:
        record(AccessRefused(right="workspaces.view", rule="no"), actor=None, subject=item_alone)
    for person in (alice, bob, charlie, olga, dana, suspended):
        one_by_one = {entry.id for entry in Entry.objects.all() if may_see_entry(person, entry)}
        at_once = set(Entry.objects.filter(entries_visible_to(person)).values_list("id", flat=True))
        assert at_once == one_by_one, person.name


def test_the_visitor_of_a_trail_is_recorded_with_it(bob: User, workspace: Workspace) -> None:
    of_workspace(bob, workspace)
    assert Entry.objects.get(kind="trail.viewed").workspace == workspace.id


def answer(text: str) -> str:
    """Return the page's own part: what stands around it differs between any two answers."""
    return text[text.index("<main") : text.index("</main>")]


def datalist(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "<datalist" in line)


def test_a_filter_on_a_hidden_item_finds_nothing(alice: User, bob: User, hidden: Item) -> None:
    within = TrailFilters(items=(str(hidden.pk),))
    about_it = Entry.objects.filter(item=hidden.pk)
    assert about_it.filter(entries_visible_to(alice, within=within)).exists()
    assert not about_it.filter(entries_visible_to(bob, within=within)).exists()


def test_one_s_own_deeds_do_not_tell_the_new_name_of_a_workspace_that_was_left(bob: User, workspace: Workspace) -> None:
    record(WorkspaceArchived(), actor=bob, subject=workspace)
    assert workspace.name in own(bob)
    WorkspaceUserGrant.objects.filter(user=bob).delete()
    Workspace.objects.filter(pk=workspace.pk).update(name="Renamed since")
    assert "Renamed since" not in own(bob)

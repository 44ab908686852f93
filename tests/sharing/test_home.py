import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from ledger_bridge.recording import record
from sharing.services import ask_for_access, grant_role, invite, lift_exception, set_exception, share_item
from tests.conftest import make_person
from tests.sharing.conftest import exempt, give, in_days
from workspaces.events import VersionOpened
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def home(person: User) -> str:
    client = Client()
    client.force_login(person)
    return client.get(reverse("home")).content.decode()


def test_a_visitor_from_outside_is_told_what_it_is(client: Client, db: None) -> None:
    page = client.get(reverse("home"))
    assert page.status_code == 200
    assert "Apply to contribute" in page.content.decode()


def test_a_newcomer_is_told_how_to_begin(bob: User) -> None:
    page = home(bob)
    assert "No workspace yet" in page
    assert "Nothing yet" in page
    assert "No file yet" in page


@pytest.mark.parametrize(
    ("role", "place"),
    [("applicant", "accounts:application"), ("commission_admin", "accounts:review"), ("auditor", "ledger:trail")],
)
def test_others_start_where_their_work_is(bob: User, client: Client, role: str, place: str) -> None:
    bob.role = role
    bob.save()
    client.force_login(bob)
    assert client.get(reverse("home"))["Location"] == reverse(place)


def test_it_shows_invitations(alice: User, bob: User, workspace: Workspace) -> None:
    invite(actor=alice, workspace=workspace, email=bob.email, role="visitor")
    assert "Invitation to Site 12" in home(bob)


def test_it_warns_both_sides_before_access_ends(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob, days=3)
    assert "Your access to Site 12 ends soon" in home(bob)
    assert "The access of Bob Lefèvre to Site 12 ends soon" in home(alice)


def test_it_says_what_happened_to_those_who_may_see_the_trail(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    grant_role(actor=alice, workspace=workspace, role="visitor", person=bob)
    give(workspace, "contributor", charlie)
    assert "gave Bob Lefèvre the role Visitor" in home(charlie)
    assert "the role Visitor" not in home(bob)


def test_it_leads_back_to_what_was_opened_while_it_may_be_seen(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    record(opened(), actor=bob, subject=scan)
    assert "scan.dcm" in home(bob)
    exempt(scan, "deny", Right.VIEW, bob)
    assert "scan.dcm" not in home(bob)


def opened() -> VersionOpened:
    return VersionOpened(name="x", number=1)


def test_a_line_about_an_exception_names_the_file_and_the_right(alice: User, bob: User, scan: Item) -> None:
    set_exception(actor=alice, item=scan, right=Right.VIEW, effect="allow", person=bob)
    page = home(bob)
    assert "made an exception for you on" in page
    assert "“scan.dcm”</a>: to view is allowed" in page


def test_it_names_neither_to_whom_the_file_is_closed(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    set_exception(actor=alice, item=scan, right=Right.VIEW, effect="deny", person=bob)
    page = home(bob)
    assert "made an exception about you" in page
    assert "scan.dcm" not in page


def test_it_does_not_name_a_workspace_that_was_closed_again(alice: User, bob: User, scan: Item) -> None:
    exception = set_exception(actor=alice, item=scan, right=Right.VIEW, effect="allow", person=bob)
    assert "Site 12" in home(bob)
    lift_exception(actor=alice, exception=exception)
    assert "lifted an exception about you" in home(bob)
    assert "Site 12" not in home(bob)


def test_a_line_about_a_file_that_was_shared_says_as_what(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    share_item(actor=alice, item=scan, role="look_only", person=bob)
    assert "“scan.dcm”</a>: Look only" in home(bob)


def test_a_request_that_cannot_be_granted_leads_to_why(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    ask_for_access(actor=bob, thing=scan, rights=[Right.PRINT], days=30, purpose="Board")
    assert "Grant as asked" in home(alice)
    exempt(scan, "deny", Right.PRINT, bob)
    page = home(alice)
    assert "Grant as asked" not in page
    assert "See what stands against it" in page


def test_nobody_is_offered_to_grant_more_than_they_have(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    give(workspace, "manager", charlie)
    exempt(scan, "deny", Right.PRINT, charlie)
    request = ask_for_access(actor=bob, thing=scan, rights=[Right.PRINT, Right.COPY], days=30, purpose="Board")
    assert "you may not print there yourself" in home(charlie)
    assert "Grant as asked" in home(alice)
    client = Client()
    client.force_login(charlie)
    page = client.get(reverse("sharing:request", args=[request.pk])).content.decode()
    assert "Grant as asked" not in page
    assert "Grant less" in page


def test_whoever_is_suspended_is_told(bob: User) -> None:
    bob.suspended_at = timezone.now()
    bob.save()
    client = Client()
    client.force_login(bob)
    assert "suspended" in client.get(reverse("home"), follow=True).content.decode()


def test_it_takes_as_many_queries_for_many_workspaces_as_for_one(alice: User, workspace: Workspace) -> None:
    share_with_guest(workspace, 0)
    few = count_queries(alice)
    for number in range(1, 6):
        share_with_guest(Workspace.objects.create(name=f"Site {number}", owner=alice), number)
    assert count_queries(alice) == few <= 20


def share_with_guest(workspace: Workspace, number: int) -> None:
    guest = make_person(f"Guest{number} Someone", None)
    grant_role(actor=workspace.owner, workspace=workspace, role="visitor", person=guest, expires_at=in_days(3))


def count_queries(person: User) -> int:
    client = Client()
    client.force_login(person)
    client.get(reverse("home"))
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("home"))
    return len(queries)

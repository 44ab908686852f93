"""Access is renewed by whoever could give it, for as long as before, and its end is announced once."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.access import Service
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from sharing import services
from sharing.models import WorkspaceUserGrant
from tests.sharing.conftest import exempt, give, house_of, in_days, last_entry
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def given_ago(grant: Any, days: int) -> Any:
    type(grant).objects.filter(pk=grant.pk).update(granted_at=in_days(-days))
    grant.refresh_from_db()
    return grant


def test_a_role_is_renewed_for_as_long_as_it_was_given(alice: User, bob: User, workspace: Workspace) -> None:
    grant = given_ago(give(workspace, "visitor", bob, days=10), 20)
    old = grant.expires_at
    renewed = services.renew_grant(actor=alice, grant=grant)
    assert renewed.expires_at == old + (old - grant.granted_at)
    assert (renewed.renewed_by, renewed.granted_by) == (alice, alice)


def test_what_has_ended_begins_again_at_once(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    grant = given_ago(give(workspace, "visitor", bob, days=-1), 11)
    services.renew_grant(actor=alice, grant=grant)
    assert bob.has_perm(Right.VIEW, scan)
    grant.refresh_from_db()
    assert timedelta(days=9) < grant.expires_at - timezone.now() < timedelta(days=11)
    assert grant.end_recorded_at is None


def test_nothing_is_renewed_for_more_than_a_year(alice: User, bob: User, workspace: Workspace) -> None:
    grant = given_ago(give(workspace, "visitor", bob, days=-1), 2000)
    assert services.renew_grant(actor=alice, grant=grant).expires_at <= in_days(366)


def test_an_exception_is_renewed_too(alice: User, bob: User, scan: Item) -> None:
    exception = exempt(scan, "allow", Right.VIEW, bob, days=3)
    end = in_days(30)
    assert services.renew_grant(actor=alice, grant=exception, expires_at=end).expires_at == end
    entry = last_entry()
    assert entry.kind == "exception.renewed"
    assert entry.detail["right"] == "view"


def test_it_is_recorded_and_the_person_is_told(
    alice: User, bob: User, workspace: Workspace, django_capture_on_commit_callbacks: Any
) -> None:
    grant = give(workspace, "visitor", bob, days=3)
    with django_capture_on_commit_callbacks(execute=True):
        services.renew_grant(actor=alice, grant=grant)
    entry = last_entry()
    assert (entry.kind, entry.detail["role"]) == ("grant.renewed", "visitor")
    assert [message.to for message in mail.outbox] == [[bob.email]]
    assert "Site 12" not in mail.outbox[0].body


def test_it_takes_the_right_to_give_it(bob: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "contributor", charlie)
    for grant in (give(workspace, "visitor", bob, days=3), exempt(scan, "allow", Right.VIEW, bob, days=3)):
        with pytest.raises(Refused):
            services.renew_grant(actor=charlie, grant=grant)


def test_nobody_renews_what_they_do_not_have(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "manager", bob)
    exempt(scan, "deny", Right.DOWNLOAD, bob)
    exception = exempt(scan, "allow", Right.DOWNLOAD, charlie, days=3)
    with pytest.raises(Refused, match="more than they have"):
        services.renew_grant(actor=bob, grant=exception)


def test_nobody_renews_their_own(bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "manager", bob, days=3)
    with pytest.raises(InvalidInput, match="Somebody else must decide"):
        services.renew_grant(actor=bob, grant=grant)


def test_what_has_no_end_is_not_renewed(alice: User, bob: User, workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match="no end"):
        services.renew_grant(actor=alice, grant=give(workspace, "visitor", bob))


def test_whoever_is_suspended_is_given_nothing(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob, days=3)
    User.objects.filter(pk=bob.pk).update(suspended_at=timezone.now())
    with pytest.raises(InvalidInput, match="Only approved contributors"):
        services.renew_grant(actor=alice, grant=WorkspaceUserGrant.objects.get(pk=grant.pk))


def test_two_clicks_renew_once(alice: User, bob: User, workspace: Workspace) -> None:
    grant, end = give(workspace, "visitor", bob, days=3), in_days(9)
    services.renew_grant(actor=alice, grant=grant, expires_at=end)
    with pytest.raises(Conflict, match="that long already"):
        services.renew_grant(actor=alice, grant=grant, expires_at=end)


def test_what_was_taken_away_in_the_meantime_stays_away(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob, days=3)
    WorkspaceUserGrant.objects.all().delete()
    with pytest.raises(Conflict, match="taken away"):
        services.renew_grant(actor=alice, grant=grant)


def test_one_click_on_the_page_renews(alice: User, bob: User, workspace: Workspace) -> None:
    alice.institution = bob.institution
    alice.save()
    grant, end = give(workspace, "visitor", bob, days=3), in_days(40)
    answer = as_(alice).post(reverse("sharing:renew", args=[grant.pk]), {"expires_at": end.isoformat(), "back": "home"})
    assert answer["Location"] == reverse("home")
    grant.refresh_from_db()
    assert grant.expires_at == end


def test_a_page_that_sends_nonsense_changes_nothing(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob, days=3)
    for text in ("tomorrow", "2027-01-01", "2027-13-01T00:00:00Z", "2027-01-01T00:00:00"):
        page = as_(alice).post(reverse("sharing:renew", args=[grant.pk]), {"expires_at": text}, follow=True)
        assert "This is no end that access could have" in page.content.decode()
    old, _ = grant.expires_at, grant.refresh_from_db()
    assert grant.expires_at == old


def test_programs_renew(alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    exception = exempt(scan, "allow", Right.VIEW, bob, days=3)
    url = reverse("sharing_api:renew", args=[exception.pk])
    answer = as_(alice).post(url, {"expires_at": in_days(9).isoformat()}, content_type="application/json")
    assert (answer.status_code, answer.json()["id"]) == (200, str(exception.pk))
    assert as_(charlie).post(url, content_type="application/json").status_code == 404


def test_an_end_is_announced_once_to_both_sides(
    alice: User, bob: User, workspace: Workspace, scan: Item, django_capture_on_commit_callbacks: Any
) -> None:
    given_ago(give(workspace, "visitor", bob, days=5), 60)
    given_ago(exempt(scan, "allow", Right.EDIT, bob, days=5), 60)
    with django_capture_on_commit_callbacks(execute=True):
        assert services.announce_ends() == 2
        assert services.announce_ends() == 0
    assert sorted(message.to[0] for message in mail.outbox) == [alice.email, bob.email]
    assert all("in 2 cases" in message.body for message in mail.outbox)
    assert not any(name in message.body for message in mail.outbox for name in ("Site 12", "scan.dcm"))
    assert sorted(Entry.objects.values_list("kind", flat=True)) == ["exception.end_announced", "grant.end_announced"]


@pytest.mark.parametrize(("ago", "ahead", "announced"), [(60, 15, 0), (60, 13, 1), (6, 4, 0), (8, 2, 1), (60, -1, 0)])
def test_it_is_said_in_the_last_quarter_and_the_last_two_weeks(
    bob: User, workspace: Workspace, ago: int, ahead: int, announced: int
) -> None:
    given_ago(give(workspace, "visitor", bob, days=ahead), ago)
    assert services.announce_ends() == announced


def test_a_new_end_is_announced_again(alice: User, bob: User, workspace: Workspace) -> None:
    grant = given_ago(give(workspace, "visitor", bob, days=1), 60)
    assert services.announce_ends() == 1
    services.change_role(actor=alice, grant=grant, role="visitor", expires_at=in_days(2))
    assert services.announce_ends() == 1


def test_the_end_of_a_denial_is_said_to_those_who_made_it_only(
    alice: User, bob: User, scan: Item, django_capture_on_commit_callbacks: Any
) -> None:
    given_ago(exempt(scan, "deny", Right.VIEW, bob, days=1), 60)
    with django_capture_on_commit_callbacks(execute=True):
        services.announce_ends()
    assert [message.to for message in mail.outbox] == [[alice.email]]


def test_for_a_giver_who_left_the_owner_is_told(
    alice: User, bob: User, charlie: User, workspace: Workspace, django_capture_on_commit_callbacks: Any
) -> None:
    grant = given_ago(give(workspace, "visitor", house_of(bob), days=1), 60)
    type(grant).objects.update(granted_by=charlie)
    with django_capture_on_commit_callbacks(execute=True):
        services.announce_ends()
    assert [message.to for message in mail.outbox] == [[alice.email]]


def test_only_the_clock_announces(db: None) -> None:
    with pytest.raises(Refused):
        services.announce_ends(actor=Service("somebody"))

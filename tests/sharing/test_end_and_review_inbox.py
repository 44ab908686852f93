"""What the inbox says about access that ends soon, and about reviews of access."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.inbox.kinds import Line
from accounts.inbox.models import Notice
from accounts.inbox.selectors import rows_for
from accounts.models import User
from sharing import services
from sharing.models import AccessReview, ReviewPlan, WorkspaceUserGrant
from tests.sharing.conftest import exempt, give, house_of
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


@pytest.fixture(autouse=True)
def _mail_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.mail.transaction.on_commit", lambda send: send())


def line_for(person: User, kind: str) -> Line | None:
    [row] = rows_for(person, list(Notice.objects.filter(person=person, kind=kind)))
    return row.line


def let_end_soon(grant: Any) -> None:
    """Let it have been given a while ago and end tomorrow, and announce that."""
    moment = timezone.now()
    times = {"granted_at": moment - timedelta(days=60), "expires_at": moment + timedelta(days=1)}
    type(grant).objects.filter(pk=grant.pk).update(**times)
    services.announce_ends()


def test_whose_access_ends_and_who_could_renew_it_are_told(alice: User, bob: User, workspace: Workspace) -> None:
    let_end_soon(give(workspace, "visitor", bob))
    own, others = line_for(bob, "access.ends"), line_for(alice, "access.can_be_renewed")
    assert own is not None
    assert others is not None
    assert own.words.startswith("says that your role Visitor ends on ")
    assert (own.place, own.url, own.who) == (workspace.name, reverse("sharing:my_grants"), "The installation")
    assert f"the role Visitor of {bob.name} ends on " in others.words
    assert not Notice.objects.filter(mail=Notice.Mail.DUE).exists()


def test_an_allowance_on_a_file_is_named_to_who_sees_it(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    let_end_soon(exempt(scan, "allow", Right.EDIT, bob))
    line = line_for(bob, "access.ends")
    assert line is not None
    assert f"your allowance “edit” on “{scan.name}”" in line.words
    exempt(scan, "deny", Right.VIEW, bob)
    hidden = line_for(bob, "access.ends")
    assert hidden is not None
    assert scan.name not in hidden.words


def test_a_group_is_not_told_but_who_could_renew_it_is(alice: User, bob: User, workspace: Workspace) -> None:
    let_end_soon(give(workspace, "visitor", house_of(bob)))
    assert not Notice.objects.filter(person=bob).exists()
    assert line_for(alice, "access.can_be_renewed") is not None


def test_renewing_takes_the_lines_away(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob)
    let_end_soon(grant)
    services.renew_grant(actor=alice, grant=WorkspaceUserGrant.objects.get(pk=grant.pk))
    assert not Notice.objects.filter(kind__in=["access.ends", "access.can_be_renewed"]).exists()


def test_what_was_taken_away_ends_no_more(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob)
    let_end_soon(grant)
    services.revoke_role(actor=alice, grant=WorkspaceUserGrant.objects.get(pk=grant.pk))
    assert line_for(bob, "access.ends") is None
    assert line_for(alice, "access.can_be_renewed") is None


def test_who_may_not_share_any_more_is_told_nothing_of_others(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    managing = give(workspace, "manager", charlie)
    grant = give(workspace, "visitor", bob)
    WorkspaceUserGrant.objects.filter(pk=grant.pk).update(granted_by=charlie)
    let_end_soon(grant)
    assert line_for(charlie, "access.can_be_renewed") is not None
    managing.delete()
    assert line_for(charlie, "access.can_be_renewed") is None


@pytest.fixture
def review(alice: User, bob: User, charlie: User, workspace: Workspace) -> AccessReview:
    """Alice began it; Charlie manages the workspace as well."""
    give(workspace, "visitor", bob)
    give(workspace, "manager", charlie)
    return services.start_review(actor=alice, workspace=workspace)


def test_managers_are_told_of_a_review_that_began(
    alice: User, bob: User, charlie: User, workspace: Workspace, review: AccessReview
) -> None:
    [row] = rows_for(charlie, list(Notice.objects.filter(person=charlie)))
    assert row.line is not None
    assert (row.who, row.place) == (alice.name, workspace.name)
    assert "began a review of access: 2 left to answer until " in row.line.words
    assert row.url == reverse("sharing:review", args=[workspace.pk])
    assert not Notice.objects.filter(person__in=[alice, bob]).exists()


def test_a_review_that_the_clock_began_is_told_to_all_managers(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    ReviewPlan.objects.create(workspace=workspace, every_days=90, next_at=timezone.now())
    services.watch_reviews()
    [row] = rows_for(alice, list(Notice.objects.filter(person=alice)))
    assert (row.who, row.notice.mail) == ("The installation", "none")


def test_a_reminder_takes_the_place_of_the_first_line(
    alice: User, charlie: User, review: AccessReview, settings: Any
) -> None:
    for _ in range(2):
        long_ago = timezone.now() - timedelta(days=settings.ACCESS_REVIEW_REMIND_DAYS + 1)
        AccessReview.objects.update(started_at=long_ago, reminded_at=long_ago)
        services.watch_reviews()
    [row] = rows_for(charlie, list(Notice.objects.filter(person=charlie)))
    assert row.words.startswith("reminds you of a review of access")
    assert Notice.objects.filter(person=alice, kind="access_review.reminded").count() == 1


def test_a_finished_review_leaves_no_line(alice: User, charlie: User, review: AccessReview) -> None:
    WorkspaceUserGrant.objects.all().delete()
    services.watch_reviews()
    assert not Notice.objects.exists()


def test_who_manages_no_more_reads_nothing_of_a_review(charlie: User, review: AccessReview) -> None:
    WorkspaceUserGrant.objects.filter(user=charlie).delete()
    assert line_for(charlie, "access_review.begun") is None

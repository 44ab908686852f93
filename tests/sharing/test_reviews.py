"""Access is looked through from time to time: a manager keeps or takes away each of it, and all of it is recorded."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.access import Service
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from sharing import services
from sharing.models import AccessReview, ItemUserException, ReviewLine, ReviewPlan, WorkspaceUserGrant
from tests.sharing.conftest import exempt, give, house_of, in_days, last_entry
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def kinds() -> list[str]:
    return list(Entry.objects.order_by("recorded_at").values_list("kind", flat=True))


def line_of(review: AccessReview, grant: Any) -> ReviewLine:
    return ReviewLine.objects.select_related("review__workspace").get(review=review, grant=grant.pk)


def page(person: User, workspace: Workspace) -> str:
    return as_(person).get(reverse("sharing:review", args=[workspace.pk])).content.decode()


@pytest.fixture
def given(bob: User, workspace: Workspace) -> WorkspaceUserGrant:
    grant: WorkspaceUserGrant = give(workspace, "visitor", bob)
    return grant


@pytest.fixture
def review(alice: User, workspace: Workspace, given: WorkspaceUserGrant) -> AccessReview:
    return services.start_review(actor=alice, workspace=workspace)


def test_it_asks_about_everything_that_lets_somebody_in(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    role, group = give(workspace, "visitor", bob), give(workspace, "visitor", house_of(bob), days=5)
    allowed = exempt(scan, "allow", Right.VIEW, charlie)
    give(workspace, "visitor", charlie, days=-1)
    exempt(scan, "deny", Right.DOWNLOAD, bob)
    review = services.start_review(actor=alice, workspace=workspace)
    assert set(review.lines.values_list("grant", flat=True)) == {role.pk, group.pk, allowed.pk}
    entry = last_entry()
    assert (entry.kind, entry.detail["grants"]) == ("access_review.started", 3)


def test_keeping_changes_nothing_and_is_recorded(
    alice: User, bob: User, review: AccessReview, given: WorkspaceUserGrant
) -> None:
    line = services.keep_grant(actor=alice, line=line_of(review, given))
    assert (line.answer, line.answered_by) == ("kept", alice)
    assert bob.has_perm(Right.VIEW, given.content_object)
    assert kinds() == ["access_review.started", "access_review.kept", "access_review.finished"]


def test_taking_away_takes_away_and_is_recorded(
    alice: User, bob: User, review: AccessReview, given: WorkspaceUserGrant
) -> None:
    services.take_grant(actor=alice, line=line_of(review, given))
    assert not bob.has_perm(Right.VIEW, review.workspace)
    assert kinds()[1:] == ["access_review.taken", "grant.revoked", "access_review.finished"]


def test_an_allowance_is_taken_away_too(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    allowed = exempt(scan, "allow", Right.VIEW, bob)
    review = services.start_review(actor=alice, workspace=workspace)
    services.take_grant(actor=alice, line=line_of(review, allowed))
    assert not ItemUserException.objects.exists()
    assert "exception.lifted" in kinds()


def test_what_goes_along_with_a_role_is_not_asked_about_any_more(
    alice: User, bob: User, given: WorkspaceUserGrant, workspace: Workspace, scan: Item
) -> None:
    exempt(scan, "allow", Right.EDIT, bob)
    review = services.start_review(actor=alice, workspace=workspace)
    services.take_grant(actor=alice, line=line_of(review, given))
    assert sorted(review.lines.values_list("answer", flat=True)) == ["gone", "taken"]
    entry = last_entry()
    assert (entry.kind, entry.detail["taken"], entry.detail["gone"]) == ("access_review.finished", 1, 1)


def test_it_stays_open_until_everything_is_answered(
    alice: User, charlie: User, given: WorkspaceUserGrant, workspace: Workspace
) -> None:
    give(workspace, "visitor", charlie)
    review = services.start_review(actor=alice, workspace=workspace)
    services.keep_grant(actor=alice, line=line_of(review, given))
    review.refresh_from_db()
    assert review.finished_at is None


def test_nothing_is_answered_twice(alice: User, review: AccessReview, given: WorkspaceUserGrant) -> None:
    line = line_of(review, given)
    services.keep_grant(actor=alice, line=line)
    with pytest.raises(Conflict, match="answered already: kept"):
        services.take_grant(actor=alice, line=line)


def test_what_is_gone_is_not_answered(alice: User, review: AccessReview, given: WorkspaceUserGrant) -> None:
    line = line_of(review, given)
    given.delete()
    with pytest.raises(Conflict, match="ended in the meantime"):
        services.keep_grant(actor=alice, line=line)


def test_nobody_answers_about_their_own(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "manager", bob)
    review = services.start_review(actor=bob, workspace=workspace)
    for deed in (services.keep_grant, services.take_grant):
        with pytest.raises(InvalidInput, match="Somebody else must decide"):
            deed(actor=bob, line=line_of(review, grant))
    assert "Somebody else decides about yours" in page(bob, workspace)
    services.keep_grant(actor=alice, line=line_of(review, grant))


def test_only_managers_review(
    bob: User, charlie: User, review: AccessReview, given: WorkspaceUserGrant, workspace: Workspace
) -> None:
    give(workspace, "contributor", charlie)
    line = line_of(review, given)
    with pytest.raises(Refused):
        services.start_review(actor=charlie, workspace=workspace)
    with pytest.raises(Refused):
        services.plan_reviews(actor=charlie, workspace=workspace, every_days=90)
    for deed in (services.keep_grant, services.take_grant):
        with pytest.raises(Refused):
            deed(actor=charlie, line=line)


def test_one_review_at_a_time(alice: User, review: AccessReview, workspace: Workspace) -> None:
    with pytest.raises(Conflict, match="under way already"):
        services.start_review(actor=alice, workspace=workspace)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessReview.objects.create(workspace=workspace, due_at=in_days(1))


def test_where_nothing_was_given_there_is_nothing_to_review(alice: User, workspace: Workspace) -> None:
    with pytest.raises(Conflict, match="nothing to review"):
        services.start_review(actor=alice, workspace=workspace)


def test_planning_is_recorded_and_can_be_undone(alice: User, workspace: Workspace) -> None:
    services.plan_reviews(actor=alice, workspace=workspace, every_days=90)
    plan = ReviewPlan.objects.get()
    assert (plan.every_days, plan.next_at.date()) == (90, in_days(90).date())
    services.plan_reviews(actor=alice, workspace=workspace, every_days=None)
    assert not ReviewPlan.objects.exists()
    assert kinds() == ["access_review.planned"] * 2
    with pytest.raises(InvalidInput, match="between 7 and 731"):
        services.plan_reviews(actor=alice, workspace=workspace, every_days=3)


def test_the_clock_begins_what_is_planned_once(
    alice: User, given: WorkspaceUserGrant, workspace: Workspace, django_capture_on_commit_callbacks: Any
) -> None:
    ReviewPlan.objects.create(workspace=workspace, every_days=90, next_at=in_days(-1))
    with django_capture_on_commit_callbacks(execute=True):
        services.watch_reviews()
        services.watch_reviews()
    [review] = AccessReview.objects.all()
    assert review.started_by is None
    assert ReviewPlan.objects.get().next_at > in_days(89)
    assert [message.to for message in mail.outbox] == [[alice.email]]
    assert "Site 12" not in mail.outbox[0].body
    assert "one grant waits" in mail.outbox[0].body


def test_managers_are_reminded_while_it_is_open(
    alice: User, bob: User, review: AccessReview, workspace: Workspace, django_capture_on_commit_callbacks: Any
) -> None:
    WorkspaceUserGrant.objects.all().delete()
    give(workspace, "manager", bob)
    ReviewLine.objects.update(grant=WorkspaceUserGrant.objects.get().pk)
    AccessReview.objects.update(started_at=in_days(-40), due_at=in_days(-10))
    with django_capture_on_commit_callbacks(execute=True):
        assert services.watch_reviews() == 1
        assert services.watch_reviews() == 0
    assert sorted(message.to[0] for message in mail.outbox) == [alice.email, bob.email]
    assert mail.outbox[0].subject == "A review of access is late"
    assert kinds()[-1] == "access_review.reminded"
    AccessReview.objects.update(reminded_at=timezone.now() - timedelta(days=8))
    assert services.watch_reviews() == 1


def test_the_clock_closes_what_nothing_is_left_of(review: AccessReview, given: WorkspaceUserGrant) -> None:
    given.delete()
    services.watch_reviews()
    review.refresh_from_db()
    assert review.finished_at is not None
    assert list(review.lines.values_list("answer", flat=True)) == ["gone"]


def test_what_went_into_the_bin_needs_no_answer(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    exempt(scan, "allow", Right.VIEW, bob)
    review = services.start_review(actor=alice, workspace=workspace)
    Item.objects.filter(pk=scan.pk).update(removed_at=timezone.now())
    assert "Nothing is left to look at" in page(alice, workspace)
    services.watch_reviews()
    review.refresh_from_db()
    assert review.finished_at is not None


def test_only_the_clock_watches(db: None) -> None:
    with pytest.raises(Refused):
        services.watch_reviews(actor=Service("somebody"))


def test_the_pages_lead_from_the_first_line_to_the_end(
    alice: User, given: WorkspaceUserGrant, workspace: Workspace, scan: Item
) -> None:
    client, address = as_(alice), reverse("sharing:review", args=[workspace.pk])
    assert "No review is under way" in page(alice, workspace)
    client.post(reverse("sharing:start_review", args=[workspace.pk]))
    assert "1 of 1 without an answer" in page(alice, workspace)
    assert "Review of access to Site 12" in client.get(reverse("home")).content.decode()
    take = reverse("sharing:take_grant", args=[ReviewLine.objects.get().pk])
    assert "(2 files or folders and the workspace)" in client.get(take).content.decode()
    assert WorkspaceUserGrant.objects.exists()
    assert client.post(take)["Location"] == address
    assert not WorkspaceUserGrant.objects.exists()
    assert "Alice Brandt" in page(alice, workspace)
    assert "Review of access to Site 12" not in client.get(reverse("home")).content.decode()


def test_keeping_is_one_click_and_the_second_says_so(
    alice: User, review: AccessReview, given: WorkspaceUserGrant
) -> None:
    keep = reverse("sharing:keep_grant", args=[line_of(review, given).pk])
    assert "It stays as it is" in as_(alice).post(keep, follow=True).content.decode()
    assert "answered already" in as_(alice).post(keep, follow=True).content.decode()


def test_the_plan_is_made_on_the_page(alice: User, workspace: Workspace) -> None:
    url = reverse("sharing:plan_reviews", args=[workspace.pk])
    assert "The next one begins on" in as_(alice).post(url, {"every_days": 180}, follow=True).content.decode()
    assert as_(alice).post(url, {"every_days": 3}).status_code == 400
    assert "Nothing is planned" in as_(alice).post(url, {"every_days": 0}, follow=True).content.decode()


def test_strangers_find_nothing_and_members_are_refused(
    bob: User, charlie: User, review: AccessReview, given: WorkspaceUserGrant, workspace: Workspace
) -> None:
    line = line_of(review, given).pk
    for person, status in ((charlie, 404), (bob, 403)):
        assert as_(person).get(reverse("sharing:review", args=[workspace.pk])).status_code == status
        assert as_(person).post(reverse("sharing:keep_grant", args=[line])).status_code == status
        assert as_(person).post(reverse("sharing_api:review_line", args=[line])).status_code == status


def test_the_name_of_a_hidden_file_stays_hidden_in_a_review(
    bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "manager", bob)
    exempt(scan, "allow", Right.VIEW, charlie)
    exempt(scan, "deny", Right.VIEW, bob)
    services.start_review(actor=bob, workspace=workspace)
    assert "something that you do not see" in page(bob, workspace)
    assert "scan.dcm" not in page(bob, workspace)


def test_programs_review_too(alice: User, given: WorkspaceUserGrant, workspace: Workspace) -> None:
    client, url = as_(alice), reverse("sharing_api:review", args=[workspace.pk])
    assert client.put(url, {"every_days": 90}, content_type="application/json").status_code == 204
    begun = client.post(url).json()
    assert (begun["review"]["total"], begun["every_days"]) == (1, 90)
    [line] = begun["lines"]
    assert line["grant"]["code"] == "visitor"
    answer = reverse("sharing_api:review_line", args=[line["id"]])
    assert client.post(answer, {"answer": "perhaps"}, content_type="application/json").status_code == 400
    assert client.post(answer, {"answer": "taken"}, content_type="application/json").status_code == 204
    assert client.get(url).json()["review"] is None
    assert not WorkspaceUserGrant.objects.exists()

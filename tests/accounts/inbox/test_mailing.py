"""Mails about notices: when they come, what they say, and that none is lost."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPException
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts import services
from accounts.inbox import mailing
from accounts.inbox.mailing import mail_notices
from accounts.models import Notice, User
from ledger_bridge.models import Entry
from tests.accounts.inbox.conftest import say
from tests.workspaces.conftest import exempt
from workspaces import services as workspaces
from workspaces.models import Version, Workspace
from workspaces.permissions import Right

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.fixture
def at_noon() -> Any:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def told(alice: User, visitor: User, version: Version, at_noon: Any) -> User:
    """Charlie, of whom Alice asked something at noon."""
    User.objects.update(approved_until=NOON + timedelta(days=365))
    say(alice, version.file, f"@{visitor.name}, look at row 3.")
    visitor.refresh_from_db()
    return visitor


def test_at_once_means_at_once(told: User) -> None:
    services.choose_mail(actor=told, how="immediate")
    assert mail_notices() == 1
    [message] = mail.outbox
    assert (message.to, message.subject) == ([told.email], "Something new for you")
    assert mail_notices() == 0


def test_once_a_day_means_the_next_morning(told: User, at_noon: Any) -> None:
    assert mail_notices() == 0
    at_noon.move_to(datetime(2026, 12, 1, 6, 59, tzinfo=UTC))
    assert mail_notices() == 0
    at_noon.move_to(datetime(2026, 12, 1, 7, 0, 1, tzinfo=UTC))
    assert mail_notices() == 1


def test_whoever_waits_for_the_morning_costs_nothing_until_then(told: User, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(2):
        assert mail_notices() == 0


def test_morning_is_where_the_person_is(told: User, at_noon: Any) -> None:
    User.objects.filter(pk=told.pk).update(time_zone="Asia/Tokyo")
    at_noon.move_to(datetime(2026, 11, 30, 22, 0, 1, tzinfo=UTC))
    assert mail_notices() == 1


def test_never_means_never(told: User, at_noon: Any) -> None:
    services.choose_mail(actor=told, how="off")
    at_noon.shift(timedelta(days=3))
    assert mail_notices() == 0
    services.choose_mail(actor=told, how="immediate")
    assert mail_notices() == 0


def test_a_workspace_may_be_louder_than_the_rest(told: User, workspace: Workspace) -> None:
    services.choose_mail(actor=told, how="off")
    services.choose_mail(actor=told, how="immediate", workspace=workspace.pk)
    assert mail_notices() == 1


def test_what_was_read_is_not_mailed(told: User, at_noon: Any) -> None:
    services.mark_all_read(actor=told)
    at_noon.shift(timedelta(days=1))
    assert mail_notices() == 0


def test_several_notices_are_one_mail(alice: User, told: User, version: Version) -> None:
    say(alice, version.file, f"@{told.name}, and at row 4.")
    services.choose_mail(actor=told, how="immediate")
    assert mail_notices() == 1
    assert mail.outbox[0].subject == "2 things are new for you"


def test_a_mail_names_no_file_no_place_and_no_word_of_it(told: User) -> None:
    services.choose_mail(actor=told, how="immediate")
    mail_notices()
    body = mail.outbox[0].body
    assert "Alice Brandt mentioned you in a comment\n" in body
    assert not [word for word in ("doses", "Site 12", "row 3") if word in body]


def test_it_names_them_where_the_workspace_allows_it(alice: User, told: User, workspace: Workspace) -> None:
    workspaces.allow_names_in_mails(actor=alice, workspace=workspace, allowed=True)
    assert Entry.objects.get(kind="workspace.mail_names_set").detail == {"allowed": "yes"}
    services.choose_mail(actor=told, how="immediate")
    mail_notices()
    body = mail.outbox[0].body
    assert "Alice Brandt mentioned you in a comment on “doses.csv”, in “Site 12”" in body
    assert "row 3" not in body


def test_it_leads_to_where_such_mails_are_ended(told: User) -> None:
    services.choose_mail(actor=told, how="immediate")
    mail_notices()
    [message] = mail.outbox
    assert isinstance(message, EmailMessage)
    assert message.extra_headers["List-Unsubscribe"] == "<http://localhost:8000/account/mails/>"
    assert "http://localhost:8000/account/mails/" in message.body


def test_what_somebody_may_not_see_any_more_is_not_mailed(told: User, version: Version) -> None:
    services.choose_mail(actor=told, how="immediate")
    exempt(version.file, "deny", Right.VIEW, told)
    assert mail_notices() == 0
    assert mail.outbox == []


def test_nobody_is_mailed_while_their_approval_is_over(told: User) -> None:
    services.choose_mail(actor=told, how="immediate")
    User.objects.filter(pk=told.pk).update(suspended_at=timezone.now())
    assert mail_notices() == 0


def test_access_is_mailed_by_itself_and_not_twice(alice: User, bob: User, workspace: Workspace, at_noon: Any) -> None:
    from sharing.services import grant_role

    User.objects.update(approved_until=NOON + timedelta(days=365))
    bob.refresh_from_db()
    alice.refresh_from_db()
    grant_role(actor=alice, workspace=workspace, role="visitor", person=bob)
    services.choose_mail(actor=bob, how="immediate")
    assert Notice.objects.get(person=bob).mail == "none"
    assert mail_notices() == 0


def test_a_mail_server_that_is_down_costs_time_only(told: User, at_noon: Any, monkeypatch: Any) -> None:
    services.choose_mail(actor=told, how="immediate")

    def down(message: EmailMessage) -> None:
        raise SMTPException("try later")

    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", down)
        assert mail_notices() == 0
    assert mail_notices() == 0, "held for some minutes"
    at_noon.shift(mailing.HELD_FOR)
    assert mail_notices() == 1


def test_dying_between_sending_and_marking_repeats_and_never_loses(told: User, at_noon: Any, monkeypatch: Any) -> None:
    services.choose_mail(actor=told, how="immediate")

    class Killed(BaseException):
        pass

    def die(notices: Any, state: Notice.Mail) -> None:
        if state == Notice.Mail.SENT:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(mailing, "_mark", die)
        with pytest.raises(Killed):
            mail_notices()
    assert len(mail.outbox) == 1
    at_noon.shift(mailing.HELD_FOR)
    assert mail_notices() == 1
    assert len(mail.outbox) == 2
    assert mail_notices() == 0


def test_dying_before_sending_loses_nothing(told: User, at_noon: Any, monkeypatch: Any) -> None:
    services.choose_mail(actor=told, how="immediate")

    class Killed(BaseException):
        pass

    def die(message: EmailMessage) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", die)
        with pytest.raises(Killed):
            mail_notices()
    at_noon.shift(mailing.HELD_FOR)
    assert mail_notices() == 1


def test_what_another_process_is_mailing_is_left_to_it(told: User) -> None:
    services.choose_mail(actor=told, how="immediate")
    Notice.objects.update(held_until=timezone.now() + timedelta(minutes=1))
    assert mail_notices() == 0


def test_allowing_names_takes_the_right_to_manage(colleague: User, workspace: Workspace) -> None:
    from core.errors import Refused

    with pytest.raises(Refused, match="does not include “manage”"):
        workspaces.allow_names_in_mails(actor=colleague, workspace=workspace, allowed=True)

"""Whoever may be the second person of a removal is told when the first asks, by mail and in the inbox."""

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.backends import _ROLE_RIGHTS
from accounts.models import Notice, User
from tests.accounts.inbox.conftest import lines
from tests.workspaces.conftest import exempt, give, put
from workspaces import services
from workspaces.models import Item, Removal, Version, Workspace
from workspaces.permissions import Right

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def second(workspace: Workspace, bob: User) -> User:
    give(workspace, "manager", bob)
    return bob


@pytest.fixture
def binned(alice: User, version: Version) -> Item:
    return services.remove_item(actor=alice, item=version.file)


def ask(actor: User, item: Item) -> Removal:
    return services.ask_for_removal(actor=actor, item=item, reason="Sent to us by mistake.")


def test_the_other_manager_reads_it_in_the_inbox(alice: User, second: User, binned: Item) -> None:
    ask(alice, binned)
    assert lines(second) == ["Alice Brandt asks you to confirm that “doses.csv” is removed for good"]
    assert lines(alice) == []


def test_the_other_manager_gets_a_mail_that_names_nothing(
    alice: User, second: User, workspace: Workspace, binned: Item, mailoutbox: list[EmailMessage]
) -> None:
    removal = ask(alice, binned)
    assert [mail.to for mail in mailoutbox] == [[second.email]]
    said = f"{mailoutbox[0].subject}\n{mailoutbox[0].body}"
    assert f"/workspaces/removals/{removal.pk}/" in said
    assert not any(word in said for word in ("doses", workspace.name, "by mistake"))


def test_the_mail_is_not_sent_twice(alice: User, second: User, binned: Item) -> None:
    ask(alice, binned)
    assert Notice.objects.get(person=second).mail == Notice.Mail.NONE


def test_an_admin_is_told_where_there_is_no_second_manager_and_reads_no_name(
    alice: User, dana: User, binned: Item, mailoutbox: list[EmailMessage]
) -> None:
    ask(alice, binned)
    assert lines(dana) == ["Alice Brandt asks you to confirm that something is removed for good"]
    assert [mail.to for mail in mailoutbox] == [[dana.email]]


def test_an_admin_is_not_told_where_there_is_a_second_manager(
    alice: User, second: User, dana: User, binned: Item
) -> None:
    ask(alice, binned)
    assert lines(dana) == []


def test_an_admin_who_may_not_confirm_is_told_nothing(
    alice: User, dana: User, workspace: Workspace, binned: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = services.remove_item(actor=alice, item=put(alice, workspace, "a.csv", b"1").file)
    ask(alice, binned)
    monkeypatch.setitem(_ROLE_RIGHTS, "commission_admin", frozenset())
    ask(alice, other)
    assert Notice.objects.filter(person=dana).count() == 1
    assert not any("removed for good" in line for line in lines(dana))


def test_a_visitor_is_not_told(alice: User, second: User, charlie: User, workspace: Workspace, binned: Item) -> None:
    give(workspace, "visitor", charlie)
    ask(alice, binned)
    assert lines(charlie) == []


def test_a_manager_from_whom_it_is_kept_reads_no_name(
    alice: User, second: User, version: Version, binned: Item
) -> None:
    exempt(version.file, "deny", Right.VIEW, second)
    ask(alice, binned)
    assert lines(second) == ["Alice Brandt asks you to confirm that something is removed for good"]


def test_an_answer_takes_the_notices_away(alice: User, second: User, binned: Item) -> None:
    services.decline_removal(actor=second, removal=ask(alice, binned), answer="We need it.")
    assert lines(second) == []


def test_whoever_lost_the_right_to_answer_reads_nothing_of_it(
    alice: User, second: User, workspace: Workspace, binned: Item
) -> None:
    ask(alice, binned)
    second.role = User.Role.AUDITOR
    second.save()
    assert not any("removed for good" in line for line in lines(second))


def test_many_of_them_are_read_with_as_few_questions_as_one(
    alice: User, second: User, workspace: Workspace, binned: Item, django_assert_max_num_queries: Any
) -> None:
    ask(alice, binned)
    with CaptureQueriesContext(connection) as one:
        assert len(lines(second)) == 1
    for name in ("a.csv", "b.csv"):
        ask(alice, services.remove_item(actor=alice, item=put(alice, workspace, name, b"1").file))
    with django_assert_max_num_queries(len(one)):
        assert len(lines(second)) == 3

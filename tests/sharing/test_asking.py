"""Asking for access: by whoever sees it and lacks something, once at a time."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from sharing.models import AccessRequest, ItemUserException
from sharing.requests.asking import offered_rights
from sharing.services import ask_for_access, withdraw_request
from sharing.services.requests import MOST_A_DAY
from tests.sharing.conftest import exempt, give, in_days, last_entry, make_item
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def ask(person: User, thing: Workspace | Item, **more: Any) -> AccessRequest:
    """Ask for what visitors lack, where nothing else is said."""
    usual = {"role": "contributor"} if isinstance(thing, Workspace) else {"rights": [Right.EDIT]}
    return ask_for_access(actor=person, thing=thing, **{"days": 30, "purpose": "Second reading", **usual, **more})


def test_a_reader_asks_for_rights_on_a_file(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    request = ask(bob, scan, rights=[Right.EDIT, Right.UPLOAD], message="For the\r\nWednesday board")
    assert (request.asker, request.item, request.rights) == (bob, scan, ["edit", "upload"])
    assert (request.state, request.addressed_to, request.message) == ("open", alice, "For the\nWednesday board")


def test_a_reader_asks_for_a_higher_role(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    assert (ask(bob, workspace).role, ask_gives(bob, Right.UPLOAD, workspace)) == ("contributor", False)


def ask_gives(person: User, right: Right, thing: Any) -> bool:
    return person.has_perm(right, thing)


def test_whoever_was_let_in_to_one_file_may_ask_to_look_at_all(bob: User, workspace: Workspace, scan: Item) -> None:
    exempt(scan, "allow", Right.VIEW, bob)
    assert ask(bob, workspace, role="look_only").role == "look_only"


def test_what_ends_is_offered_when_it_ends_soon_or_is_named(bob: User, workspace: Workspace, scan: Item) -> None:
    exception = exempt(scan, "allow", Right.VIEW, bob, days=90)
    assert Right.VIEW not in offered_rights(bob, scan)
    assert offered_rights(bob, scan, Right.VIEW)[Right.VIEW] == exception.expires_at
    ItemUserException.objects.update(expires_at=in_days(10))
    assert Right.VIEW in offered_rights(bob, scan)


def test_what_a_role_gives_beyond_that_end_is_not_asked_for(bob: User, workspace: Workspace, scan: Item) -> None:
    exempt(scan, "allow", Right.VIEW, bob, days=10)
    give(workspace, "visitor", bob)
    assert Right.VIEW not in offered_rights(bob, scan, Right.VIEW)
    with pytest.raises(InvalidInput, match="you do not have"):
        ask(bob, scan, rights=[Right.VIEW])


def test_it_is_recorded_with_its_purpose_and_without_the_message(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    request = ask(bob, scan, message="Private words")
    entry = last_entry()
    assert (entry.kind, entry.actor, entry.item, entry.purpose) == (
        "access_request.made", bob.pk, scan.pk, "Second reading",
    )  # fmt: skip
    assert entry.detail == {"request": str(request.pk), "what": "edit", "how_long": "30 days"}


def test_a_stranger_may_not(charlie: User, workspace: Workspace, scan: Item) -> None:
    for thing in (workspace, scan):
        with pytest.raises(Refused, match="You are not in this workspace"):
            ask(charlie, thing)


def test_nor_whoever_it_is_hidden_from(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    exempt(scan, "deny", Right.VIEW, bob)
    with pytest.raises(Refused):
        ask(bob, scan)
    assert not AccessRequest.objects.exists()


@pytest.mark.parametrize("rights", [[], [Right.VIEW], [Right.EDIT, Right.DOWNLOAD], [Right.SHARE], [Right.TRAIL]])
def test_what_one_has_or_what_no_exception_gives_is_no_request(
    bob: User, workspace: Workspace, scan: Item, rights: list[Right]
) -> None:
    give(workspace, "visitor", bob)
    with pytest.raises(InvalidInput, match="at least one right that you do not have"):
        ask(bob, scan, rights=rights)


@pytest.mark.parametrize("role", ["visitor", "emperor", ""])
def test_nor_is_a_role_that_gives_no_more(bob: User, workspace: Workspace, role: str) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(InvalidInput, match="role"):
        ask(bob, workspace, role=role)


def test_the_owner_has_nothing_to_ask_for(alice: User, workspace: Workspace) -> None:
    with pytest.raises(InvalidInput):
        ask(alice, workspace, role="manager")


def test_what_ends_can_be_asked_for_again(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob, days=3)
    exempt(scan, "allow", Right.EDIT, bob, days=3)
    assert ask(bob, workspace, role="visitor").role == "visitor"
    assert ask(bob, scan, rights=[Right.EDIT]).rights == ["edit"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"purpose": "  \n"}, "purpose"),
        ({"purpose": "x" * 501}, "purpose"),
        ({"message": "x" * 1001}, "message"),
        ({"days": 0}, "days"),
        ({"days": 367}, "days"),
    ],
)
def test_bad_input_is_refused_at_its_field(
    bob: User, workspace: Workspace, scan: Item, more: dict[str, Any], field: str
) -> None:
    give(workspace, "visitor", bob)
    with pytest.raises(InvalidInput) as error:
        ask(bob, scan, **more)
    assert error.value.field == field
    assert not AccessRequest.objects.exists()


def test_a_deceptive_character_shows(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    assert ask(bob, scan, purpose="To \u202eread").purpose == "To \ufffdread"


def test_one_waits_at_a_time_for_each_thing(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    first = ask(bob, scan)
    with pytest.raises(Conflict, match="asked about this already"):
        ask(bob, scan, rights=[Right.UPLOAD])
    ask(bob, workspace)
    withdraw_request(actor=bob, request=first)
    assert ask(bob, scan).is_waiting


def test_the_database_keeps_to_it_too(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    for thing in (workspace, scan):
        request = ask(bob, thing)
        request.pk, request._state.adding = None, True
        with pytest.raises(IntegrityError), transaction.atomic():
            request.save()


def test_one_that_ran_out_makes_room_and_is_recorded(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    old = ask(bob, scan)
    AccessRequest.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    assert ask(bob, scan).is_waiting
    old.refresh_from_db()
    assert old.state == "expired"


def test_nobody_floods_the_managers(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    for number in range(MOST_A_DAY):
        ask(bob, make_item(workspace, None, f"{number}"))
    with pytest.raises(Conflict, match="within a day"):
        ask(bob, make_item(workspace, None, "one more"))


def test_whoever_let_them_in_is_asked_while_they_manage(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    manager = give(workspace, "manager", charlie)
    grant = give(workspace, "visitor", bob)
    type(grant).objects.filter(pk=grant.pk).update(granted_by=charlie)
    request = ask(bob, workspace)
    assert request.addressed_to == charlie
    withdraw_request(actor=bob, request=request)
    manager.delete()
    assert ask(bob, workspace).addressed_to == alice


def test_the_mail_names_who_asks_and_nothing_inside(
    alice: User, bob: User, workspace: Workspace, scan: Item, django_capture_on_commit_callbacks: Any
) -> None:
    give(workspace, "visitor", bob)
    with django_capture_on_commit_callbacks(execute=True):
        request = ask(bob, scan, purpose="For Léa's case", message="See Imaging")
    [sent] = mail.outbox
    assert sent.to == [alice.email]
    assert "Bob Lefèvre (Hôpital Necker, Paris) asked for access" in sent.body
    assert str(request.pk) in sent.body
    assert not any(word in f"{sent.subject}{sent.body}" for word in (workspace.name, scan.name, "Léa", "Imaging"))


def test_only_the_asker_withdraws(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    request = ask(bob, workspace)
    with pytest.raises(Refused, match="Only whoever asked"):
        withdraw_request(actor=alice, request=request)
    withdraw_request(actor=bob, request=request)
    assert (last_entry().kind, AccessRequest.objects.get().state) == ("access_request.withdrawn", "withdrawn")
    with pytest.raises(Conflict, match="withdrawn"):
        withdraw_request(actor=bob, request=request)

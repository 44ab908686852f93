"""Answering a request: as asked, less, or no; and what stands against an answer."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from sharing.models import AccessRequest, ItemUserException, WorkspaceUserGrant
from sharing.services import grant_request, refuse_request, revoke_role, withdraw_request
from tests.sharing.conftest import exempt, give, house_of, last_entry
from tests.sharing.test_asking import ask
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


@pytest.fixture
def visitor(bob: User, workspace: Workspace) -> User:
    give(workspace, "visitor", bob)
    return bob


def days_left(end: datetime) -> int:
    return round((end - timezone.now()) / timedelta(days=1))


def test_as_asked_on_a_file(alice: User, visitor: User, scan: Item) -> None:
    request = grant_request(actor=alice, request=ask(visitor, scan, rights=[Right.EDIT, Right.UPLOAD], days=7))
    assert visitor.has_perm(Right.EDIT, scan)
    assert visitor.has_perm(Right.UPLOAD, scan)
    assert (request.state, request.answered_by, request.given_rights) == ("granted", alice, ["edit", "upload"])
    ends = ItemUserException.objects.values_list("expires_at", "purpose", "granted_by", "effect")
    assert [(days_left(end), *more) for end, *more in ends] == [(7, "Second reading", alice.pk, "allow")] * 2


def test_as_asked_in_a_workspace_beside_the_role_that_is_there(
    alice: User, visitor: User, workspace: Workspace
) -> None:
    grant_request(actor=alice, request=ask(visitor, workspace, days=7))
    assert visitor.has_perm(Right.UPLOAD, workspace)
    rows = {grant.permission.codename: grant.expires_at for grant in WorkspaceUserGrant.objects.all()}
    assert rows["visitor"] is None
    assert days_left(rows["contributor"]) == 7


def test_it_is_the_same_deed_as_every_grant_and_says_so(alice: User, visitor: User, scan: Item) -> None:
    request = grant_request(actor=alice, request=ask(visitor, scan), reason="Gladly")
    given, answered = Entry.objects.filter(actor=alice.pk).order_by("recorded_at")
    assert (given.kind, given.person, given.purpose) == ("exception.set", visitor.pk, "Second reading")
    assert (answered.kind, answered.person, answered.item) == ("access_request.granted", visitor.pk, scan.pk)
    assert answered.detail["request"] == str(request.pk)
    assert (answered.detail["measure"], answered.detail["what"]) == ("asked", "edit")
    assert answered.detail["reason"] == "Gladly"


def test_less_is_fewer_rights_and_fewer_days(alice: User, visitor: User, scan: Item) -> None:
    request = ask(visitor, scan, rights=[Right.EDIT, Right.UPLOAD])
    grant_request(actor=alice, request=request, rights=[Right.EDIT], days=2)
    assert not visitor.has_perm(Right.UPLOAD, scan)
    assert days_left(ItemUserException.objects.get().expires_at) == 2
    assert last_entry().detail["measure"] == "less"


def test_less_is_a_lower_role(alice: User, visitor: User, workspace: Workspace) -> None:
    grant_request(actor=alice, request=ask(visitor, workspace, role="manager"), role="contributor")
    assert visitor.has_perm(Right.UPLOAD, workspace)
    assert not visitor.has_perm(Right.SHARE, workspace)
    assert (last_entry().detail["measure"], last_entry().detail["what"]) == ("less", "contributor")


@pytest.mark.parametrize("more", [{"rights": [Right.EDIT, Right.UPLOAD]}, {"days": 31}, {"role": "visitor"}])
def test_more_is_no_answer(alice: User, visitor: User, scan: Item, more: dict[str, Any]) -> None:
    request = ask(visitor, scan)
    with pytest.raises(InvalidInput):
        grant_request(actor=alice, request=request, **more)
    assert AccessRequest.objects.get().is_waiting
    assert not ItemUserException.objects.exists()


@pytest.mark.parametrize("more", [{"role": "manager"}, {"rights": [Right.EDIT]}, {"days": 0}])
def test_nor_is_more_in_a_workspace(alice: User, visitor: User, workspace: Workspace, more: dict[str, Any]) -> None:
    request = ask(visitor, workspace)
    with pytest.raises(InvalidInput):
        grant_request(actor=alice, request=request, **more)
    assert WorkspaceUserGrant.objects.count() == 1


def test_no_has_a_reason_that_is_kept_and_recorded(alice: User, visitor: User, scan: Item) -> None:
    request = ask(visitor, scan)
    with pytest.raises(InvalidInput, match="Say why"):
        refuse_request(actor=alice, request=request, reason=" ")
    refuse_request(actor=alice, request=request, reason="The reading is over")
    assert not visitor.has_perm(Right.EDIT, scan)
    assert (AccessRequest.objects.get().state, AccessRequest.objects.get().reason) == ("refused", "The reading is over")
    entry = last_entry()
    assert (entry.kind, entry.person, entry.detail["reason"]) == (
        "access_request.refused", visitor.pk, "The reading is over",
    )  # fmt: skip


def test_it_takes_the_right_to_share(charlie: User, visitor: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "contributor", charlie)
    request = ask(visitor, scan)
    with pytest.raises(Refused, match="Your role Contributor does not include “share”"):
        grant_request(actor=charlie, request=request)
    with pytest.raises(Refused, match="Your role Contributor does not include “share”"):
        refuse_request(actor=charlie, request=request, reason="No")
    assert not visitor.has_perm(Right.EDIT, scan)


def test_nobody_answers_their_own_even_as_a_manager_by_now(visitor: User, workspace: Workspace, scan: Item) -> None:
    request = ask(visitor, scan)
    give(workspace, "manager", visitor)
    with pytest.raises(Refused, match="Somebody else must decide about your own access"):
        grant_request(actor=visitor, request=request)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessRequest.objects.update(state="refused", reason="x", answered_by=visitor, closed_at=timezone.now())


def test_a_manager_from_whom_the_file_is_kept_does_not_answer(
    charlie: User, visitor: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "manager", charlie)
    request = ask(visitor, scan)
    assert request in AccessRequest.objects.answerable_by(charlie)
    exempt(scan, "deny", Right.VIEW, charlie)
    assert request not in AccessRequest.objects.visible_to(charlie)
    with pytest.raises(Refused):
        grant_request(actor=charlie, request=request)


def test_who_finds_it(alice: User, charlie: User, dana: User, visitor: User, workspace: Workspace) -> None:
    request = ask(visitor, workspace)
    found = {person.name for person in (alice, visitor, charlie, dana) if _finds(person, request)}
    assert found == {alice.name, visitor.name}
    assert request not in AccessRequest.objects.answerable_by(visitor)


def _finds(person: User, request: AccessRequest) -> bool:
    return AccessRequest.objects.visible_to(person).filter(pk=request.pk).exists()


def test_the_second_answer_is_a_conflict(alice: User, visitor: User, scan: Item) -> None:
    request = ask(visitor, scan)
    grant_request(actor=alice, request=request)
    with pytest.raises(Conflict, match="granted"):
        grant_request(actor=alice, request=request)
    with pytest.raises(Conflict, match="granted"):
        refuse_request(actor=alice, request=request, reason="No")
    with pytest.raises(Conflict, match="granted"):
        withdraw_request(actor=visitor, request=request)
    assert AccessRequest.objects.get().state == "granted"


def test_an_answer_comes_too_late(alice: User, visitor: User, scan: Item) -> None:
    request = ask(visitor, scan)
    AccessRequest.objects.update(expires_at=timezone.now())
    with pytest.raises(Conflict, match="not answered in time"):
        grant_request(actor=alice, request=request)


def test_whoever_was_taken_out_does_not_come_back_by_an_old_request(
    alice: User, visitor: User, workspace: Workspace, scan: Item
) -> None:
    requests = [ask(visitor, scan), ask(visitor, workspace)]
    revoke_role(actor=alice, grant=WorkspaceUserGrant.objects.get())
    for request in requests:
        with pytest.raises(Conflict, match="has been shut out since they asked"):
            grant_request(actor=alice, request=request)
        refuse_request(actor=alice, request=request, reason="You left the study")


def test_nor_does_whoever_it_was_hidden_from(alice: User, visitor: User, workspace: Workspace, scan: Item) -> None:
    request = ask(visitor, scan)
    WorkspaceUserGrant.objects.update(expires_at=timezone.now())
    exempt(scan, "deny", Right.VIEW, visitor)
    with pytest.raises(Conflict, match="shut out"):
        grant_request(actor=alice, request=request)


def test_a_role_that_ended_meanwhile_can_be_given_again(alice: User, visitor: User, workspace: Workspace) -> None:
    WorkspaceUserGrant.objects.update(expires_at=timezone.now() + timedelta(days=1))
    request = ask(visitor, workspace, role="visitor")
    WorkspaceUserGrant.objects.update(expires_at=timezone.now())
    grant_request(actor=alice, request=request)
    assert visitor.has_perm(Right.VIEW, workspace)


def test_rights_that_ended_meanwhile_come_back_with_view(
    alice: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    view = exempt(scan, "allow", Right.VIEW, charlie, days=1)
    request = ask(charlie, scan, rights=[Right.DOWNLOAD])
    ItemUserException.objects.filter(pk=view.pk).update(expires_at=timezone.now())
    granted = grant_request(actor=alice, request=request)
    assert charlie.has_perm(Right.DOWNLOAD, scan)
    assert granted.given_rights == ["download", "view"]


def test_what_lasts_already_is_prolonged_and_never_shortened(
    alice: User, visitor: User, workspace: Workspace, scan: Item
) -> None:
    exempt(scan, "allow", Right.EDIT, visitor, days=5)
    request = ask(visitor, scan, days=3)
    with pytest.raises(Conflict, match="as long or longer"):
        grant_request(actor=alice, request=request)
    withdraw_request(actor=visitor, request=request)
    grant_request(actor=alice, request=ask(visitor, scan, days=9))
    assert days_left(ItemUserException.objects.get().expires_at) == 9


def test_an_ending_role_is_prolonged(alice: User, visitor: User, workspace: Workspace) -> None:
    WorkspaceUserGrant.objects.update(expires_at=timezone.now() + timedelta(days=2))
    grant_request(actor=alice, request=ask(visitor, workspace, role="visitor", days=60))
    assert days_left(WorkspaceUserGrant.objects.get().expires_at) == 60
    assert Entry.objects.filter(kind="grant.changed", person=visitor.pk).exists()


def test_a_denial_above_is_outranked_for_a_time(alice: User, visitor: User, imaging: Item, scan: Item) -> None:
    exempt(imaging, "deny", Right.DOWNLOAD, visitor)
    grant_request(actor=alice, request=ask(visitor, scan, rights=[Right.DOWNLOAD]))
    assert visitor.has_perm(Right.DOWNLOAD, scan)
    ItemUserException.objects.filter(effect="allow").update(expires_at=timezone.now())
    assert not visitor.has_perm(Right.DOWNLOAD, scan)


def test_a_denial_on_the_very_item_is_not_replaced_by_something_that_ends(
    alice: User, visitor: User, scan: Item
) -> None:
    exempt(scan, "deny", Right.DOWNLOAD, visitor)
    request = ask(visitor, scan, rights=[Right.DOWNLOAD])
    with pytest.raises(Conflict, match="would leave nothing in its place"):
        grant_request(actor=alice, request=request)
    assert ItemUserException.objects.get().effect == "deny"


def test_nor_is_a_denial_of_a_group_there_outranked(alice: User, visitor: User, scan: Item) -> None:
    visitor.groups.add(house_of(visitor))
    exempt(scan, "deny", Right.DOWNLOAD, house_of(visitor))
    request = ask(visitor, scan, rights=[Right.DOWNLOAD])
    with pytest.raises(Conflict, match="outranks any allowance"):
        grant_request(actor=alice, request=request)
    assert Group.objects.filter(pk=house_of(visitor).pk).exists()


def test_nothing_is_granted_to_whoever_lost_their_approval(alice: User, visitor: User, scan: Item) -> None:
    request = ask(visitor, scan)
    User.objects.filter(pk=visitor.pk).update(suspended_at=timezone.now())
    with pytest.raises(Conflict, match="not an approved contributor"):
        grant_request(actor=alice, request=request)


def test_nothing_is_granted_in_the_bin(alice: User, visitor: User, scan: Item) -> None:
    request = ask(visitor, scan)
    Item.objects.filter(pk=scan.pk).update(removed_at=timezone.now())
    with pytest.raises(Conflict, match="in the bin"):
        grant_request(actor=alice, request=request)
    assert not AccessRequest.objects.answerable_by(alice).exists()


@pytest.mark.parametrize(("outcome", "word"), [("grant", "granted"), ("refuse", "refused")])
def test_the_asker_is_told_by_one_mail_that_names_nothing(
    alice: User, visitor: User, scan: Item, outcome: str, word: str, django_capture_on_commit_callbacks: Any
) -> None:
    request = ask(visitor, scan, rights=[Right.EDIT, Right.UPLOAD], purpose="For Léa")
    with django_capture_on_commit_callbacks(execute=True):
        if outcome == "grant":
            grant_request(actor=alice, request=request, reason="Because of Léa")
        else:
            refuse_request(actor=alice, request=request, reason="Because of Léa")
    [sent] = mail.outbox
    assert sent.to == [visitor.email]
    assert f"Alice Brandt (Charité, Berlin) has {word}" in sent.body
    assert not any(name in f"{sent.subject}{sent.body}" for name in ("Site 12", scan.name, "Léa"))

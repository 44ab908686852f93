from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from sharing.mail import send_invitations
from sharing.models import Invitation
from sharing.services import accept_invitation, decline_invitation, invite, withdraw_invitation
from sharing.services.invitations import MAX_WAITING
from tests.sharing.conftest import give, in_days, last_entry
from workspaces.models import Workspace
from workspaces.permissions import Right


@pytest.fixture
def invitation(alice: User, bob: User, workspace: Workspace) -> Invitation:
    return invite(actor=alice, workspace=workspace, email="Bob@Example.org", role="visitor")


def test_accepting_lets_in(bob: User, workspace: Workspace, invitation: Invitation) -> None:
    accept_invitation(actor=bob, invitation=invitation)
    assert bob.has_perm(Right.VIEW, workspace)
    assert last_entry().kind == "invitation.accepted"


def test_the_offered_end_is_kept(alice: User, bob: User, workspace: Workspace) -> None:
    end = in_days(30)
    offered = invite(actor=alice, workspace=workspace, email=bob.email, role="visitor", grant_expires_at=end)
    assert accept_invitation(actor=bob, invitation=offered).expires_at == end


def test_declining_lets_nobody_in(bob: User, workspace: Workspace, invitation: Invitation) -> None:
    decline_invitation(actor=bob, invitation=invitation)
    assert not bob.has_perm(Right.VIEW, workspace)
    assert last_entry().kind == "invitation.declined"


def test_it_is_recorded_without_the_address(invitation: Invitation) -> None:
    entry = last_entry()
    assert entry.kind == "invitation.sent"
    assert "bob" not in str(entry.detail).lower()


def test_only_the_invited_person_can_answer(charlie: User, invitation: Invitation) -> None:
    for answer in (accept_invitation, decline_invitation):
        with pytest.raises(Refused, match="person it was sent to"):
            answer(actor=charlie, invitation=invitation)


def test_an_applicant_cannot_accept_yet(bob: User, invitation: Invitation) -> None:
    bob.role = "applicant"
    with pytest.raises(Refused, match="Only contributors"):
        accept_invitation(actor=bob, invitation=invitation)


def test_it_runs_out_after_two_weeks(bob: User, invitation: Invitation) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=15)), pytest.raises(Conflict, match="has run out"):
        accept_invitation(actor=bob, invitation=invitation)


def test_an_answered_invitation_stays_answered(bob: User, invitation: Invitation) -> None:
    decline_invitation(actor=bob, invitation=invitation)
    with pytest.raises(Conflict, match="declined already"):
        accept_invitation(actor=bob, invitation=invitation)


def test_it_lets_nobody_in_once_the_inviter_is_out(bob: User, charlie: User, workspace: Workspace) -> None:
    grant = give(workspace, "manager", charlie)
    invitation = invite(actor=charlie, workspace=workspace, email=bob.email, role="visitor")
    grant.delete()
    with pytest.raises(Conflict, match="may no longer"):
        accept_invitation(actor=bob, invitation=invitation)


def test_it_requires_the_right_to_share(bob: User, workspace: Workspace) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Refused):
        invite(actor=bob, workspace=workspace, email="new@example.org", role="visitor")


def test_the_answer_is_the_same_with_and_without_an_account(alice: User, dana: User, workspace: Workspace) -> None:
    for email in ("nobody@example.org", dana.email):
        assert invite(actor=alice, workspace=workspace, email=email, role="visitor").is_waiting


def test_it_refuses_what_is_not_an_address(alice: User, workspace: Workspace) -> None:
    for email in ("bob", "bob@example.org\nBcc: eve@example.org", ""):
        with pytest.raises(InvalidInput, match="e-mail address"):
            invite(actor=alice, workspace=workspace, email=email, role="visitor")


def test_it_refuses_a_second_open_one(alice: User, workspace: Workspace, invitation: Invitation) -> None:
    with pytest.raises(Conflict, match="invited already"):
        invite(actor=alice, workspace=workspace, email="BOB@example.org", role="manager")


def test_one_that_ran_out_makes_room(alice: User, workspace: Workspace, invitation: Invitation) -> None:
    Invitation.objects.update(expires_at=in_days(-1))
    assert invite(actor=alice, workspace=workspace, email="bob@example.org", role="visitor").is_waiting


def test_it_refuses_members(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    with pytest.raises(Conflict, match="has a role here"):
        invite(actor=alice, workspace=workspace, email=bob.email, role="visitor")


def test_there_is_an_end_to_the_mail(alice: User, workspace: Workspace) -> None:
    Invitation.objects.bulk_create(
        Invitation(
            workspace=workspace, email=f"{n}@example.org", role="visitor", invited_by=alice, expires_at=in_days(1)
        )
        for n in range(MAX_WAITING)
    )
    with pytest.raises(Conflict, match="waiting for an answer"):
        invite(actor=alice, workspace=workspace, email="one.more@example.org", role="visitor")


def test_withdrawing_ends_it(alice: User, bob: User, invitation: Invitation) -> None:
    withdraw_invitation(actor=alice, invitation=invitation)
    assert last_entry().kind == "invitation.withdrawn"
    with pytest.raises(Conflict, match="withdrawn already"):
        accept_invitation(actor=bob, invitation=invitation)


def test_withdrawing_requires_the_right_to_share(bob: User, workspace: Workspace, invitation: Invitation) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Refused):
        withdraw_invitation(actor=bob, invitation=invitation)


def test_the_mail_goes_out_once_and_names_no_workspace(invitation: Invitation) -> None:
    assert (send_invitations(), send_invitations()) == (1, 0)
    [message] = mail.outbox
    assert message.to == ["bob@example.org"]
    assert "Alice Brandt" in message.body
    assert "Site 12" not in f"{message.subject}{message.body}"

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from sharing.models import Invitation
from sharing.services import invite
from workspaces.models import Workspace
from workspaces.permissions import Right


@pytest.fixture
def invitation(alice: User, bob: User, workspace: Workspace) -> Invitation:
    return invite(actor=alice, workspace=workspace, email=bob.email, role="visitor", message="For the second read")


def test_it_shows_who_invites_to_what(bob: User, invitation: Invitation, client: Client) -> None:
    client.force_login(bob)
    page = client.get(reverse("sharing:invitations")).content.decode()
    assert "Site 12" in page
    assert "For the second read" in page


def test_accepting_leads_into_the_workspace(
    bob: User, workspace: Workspace, invitation: Invitation, client: Client
) -> None:
    client.force_login(bob)
    answer = client.post(reverse("sharing:accept", args=[invitation.pk]))
    assert answer["Location"] == reverse("workspaces:detail", args=[workspace.pk])
    assert bob.has_perm(Right.VIEW, workspace)


def test_an_answer_needs_a_post(bob: User, invitation: Invitation, client: Client) -> None:
    client.force_login(bob)
    for name in ("sharing:accept", "sharing:decline"):
        assert client.get(reverse(name, args=[invitation.pk])).status_code == 405


def test_nobody_finds_the_invitation_of_another(charlie: User, invitation: Invitation, client: Client) -> None:
    client.force_login(charlie)
    for name in ("sharing:accept", "sharing:decline"):
        assert client.post(reverse(name, args=[invitation.pk])).status_code == 404


def test_a_late_answer_says_so(bob: User, invitation: Invitation, client: Client) -> None:
    client.force_login(bob)
    client.post(reverse("sharing:decline", args=[invitation.pk]))
    page = client.post(reverse("sharing:accept", args=[invitation.pk]), follow=True).content.decode()
    assert "declined already" in page


def test_the_owner_withdraws_it(alice: User, bob: User, workspace: Workspace, invitation: Invitation) -> None:
    client = Client()
    client.force_login(alice)
    client.post(reverse("sharing:withdraw", args=[workspace.pk, invitation.pk]))
    invitation.refresh_from_db()
    assert invitation.state == Invitation.State.WITHDRAWN


def test_inviting_says_the_same_whether_or_not_there_is_an_account(
    alice: User, bob: User, workspace: Workspace, client: Client
) -> None:
    client.force_login(alice)
    url = reverse("sharing:invite", args=[workspace.pk])
    answers = []
    for email in (bob.email, "nobody@example.org"):
        data = {"email": email, "role": "visitor", "no_end": "on"}
        answers.append([str(message) for message in client.post(url, data, follow=True).context["messages"]])
    assert answers[0] == answers[1] != []

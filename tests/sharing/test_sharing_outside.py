"""Sharing outside one's institution asks again for a factor, on pages and for programs."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.models import Institution, User
from sharing.models import GroupProfile, Invitation, ItemUserException, WorkspaceUserGrant
from sharing.services import add_member, ask_for_access, create_group
from tests.conftest import make_person
from tests.sharing.conftest import give, house_of
from workspaces.models import Item, Workspace


@pytest.fixture
def stale(alice: User) -> Client:
    """Alice, who proved her factor long ago."""
    client = Client()
    client.force_login(alice)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 0}]
    session.save()
    return client


@pytest.fixture
def colleague(charite: Institution) -> User:
    return make_person("Carla Weiss", charite)


def grant_page(workspace: Workspace, receiver: User | Group) -> str:
    name = "person" if isinstance(receiver, User) else "group"
    return f"{reverse('sharing:grant', args=[workspace.pk])}?{name}={receiver.pk}"


def asks_for_a_factor(answer: Any) -> bool:
    return answer.status_code == 302 and "reauthenticate" in answer["Location"]


def test_letting_in_somebody_from_elsewhere_asks(stale: Client, bob: User, workspace: Workspace) -> None:
    assert asks_for_a_factor(stale.post(grant_page(workspace, bob), {"role": "visitor", "no_end": "on"}))
    assert not WorkspaceUserGrant.objects.exists()


def test_letting_in_a_colleague_does_not(stale: Client, colleague: User, workspace: Workspace) -> None:
    stale.post(grant_page(workspace, colleague), {"role": "visitor", "no_end": "on"})
    assert WorkspaceUserGrant.objects.get().user == colleague


def test_the_group_of_another_institution_is_outside(
    stale: Client, alice: User, bob: User, workspace: Workspace
) -> None:
    assert asks_for_a_factor(stale.get(grant_page(workspace, house_of(bob))))
    assert not asks_for_a_factor(stale.get(grant_page(workspace, house_of(alice))))


def test_a_group_with_somebody_from_elsewhere_is_outside(
    stale: Client, alice: User, bob: User, workspace: Workspace
) -> None:
    readers = create_group(actor=alice, name="Readers")
    assert not asks_for_a_factor(stale.get(grant_page(workspace, readers.group)))
    bob.groups.add(readers.group)
    assert asks_for_a_factor(stale.get(grant_page(workspace, readers.group)))


def test_taking_somebody_from_elsewhere_into_a_group_asks(stale: Client, alice: User, bob: User) -> None:
    readers: GroupProfile = create_group(actor=alice, name="Readers")
    assert asks_for_a_factor(stale.post(f"{reverse('sharing:add_member', args=[readers.pk])}?person={bob.pk}"))
    assert bob not in readers.group.user_set.all()


def test_an_exception_for_somebody_from_elsewhere_asks(stale: Client, bob: User, scan: Item) -> None:
    asked = {"effect": "allow", "right": "workspaces.view", "no_end": "on"}
    assert asks_for_a_factor(stale.post(f"{reverse('sharing:add_exception', args=[scan.pk])}?person={bob.pk}", asked))
    assert not ItemUserException.objects.exists()


def test_changing_a_role_of_somebody_from_elsewhere_asks(stale: Client, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob)
    assert asks_for_a_factor(stale.post(reverse("sharing:change", args=[grant.pk]), {"role": "manager"}))


def test_inviting_asks(stale: Client, workspace: Workspace) -> None:
    asked = {"email": "new@example.org", "role": "visitor", "no_end": "on"}
    assert asks_for_a_factor(stale.post(reverse("sharing:invite", args=[workspace.pk]), asked))
    assert not Invitation.objects.exists()


def test_taking_access_away_never_asks(stale: Client, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob)
    stale.post(reverse("sharing:revoke", args=[grant.pk]))
    assert not WorkspaceUserGrant.objects.exists()


def test_programs_are_told_to_prove_a_factor(stale: Client, bob: User, workspace: Workspace, scan: Item) -> None:
    grant = give(workspace, "visitor", bob)
    end = {"expires_at": None}
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("post", reverse("sharing_api:grants", args=[workspace.pk]), {"person": str(bob.pk), "role": "visitor", **end}),
        ("put", reverse("sharing_api:grant", args=[grant.pk]), {"role": "manager", **end}),
        (
            "post",
            reverse("sharing_api:exceptions", args=[scan.pk]),
            {"person": str(bob.pk), "right": "view", "effect": "allow", **end},
        ),
        (
            "post",
            reverse("sharing_api:invitations", args=[workspace.pk]),
            {"email": "new@example.org", "role": "visitor", "grant_expires_at": None},
        ),
    ]
    for method, url, body in calls:
        answer = getattr(stale, method)(url, body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "recent_authentication_required"), url
    assert not Invitation.objects.exists()
    assert not ItemUserException.objects.exists()


def test_programs_share_inside_without(stale: Client, colleague: User, workspace: Workspace) -> None:
    url = reverse("sharing_api:grants", args=[workspace.pk])
    body = {"person": str(colleague.pk), "role": "visitor", "expires_at": None}
    assert stale.post(url, body, content_type="application/json").status_code == 201


def test_who_asks_for_access_is_refused_to_grant_it_before_a_factor_is_asked_for(workspace: Workspace) -> None:
    nora = make_person("Nora Lind", None)
    give(workspace, "visitor", nora)
    request = ask_for_access(actor=nora, thing=workspace, days=7, purpose="Reading", role="contributor")
    client = Client()
    client.force_login(nora)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 0}]
    session.save()
    assert client.post(reverse("sharing:grant_request", args=[request.pk])).status_code == 403


def test_who_may_take_nobody_into_a_group_is_not_asked_for_a_factor_first(
    stale: Client, alice: User, bob: User, charlie: User
) -> None:
    readers = create_group(actor=bob, name="Readers")
    add_member(actor=bob, profile=readers, person=alice)
    answer = stale.put(reverse("sharing_api:member", args=[readers.pk, charlie.pk]))
    assert (answer.status_code, answer.json()["code"]) == (403, "refused")

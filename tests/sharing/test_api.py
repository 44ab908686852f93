"""The same deeds for programs."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from ledger_bridge.models import Entry
from sharing.models import WorkspaceUserGrant
from tests.sharing.conftest import exempt, give, in_days
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def post(who: User, name: str, pk: object, /, **data: Any) -> Any:
    url = reverse(f"sharing_api:{name}", args=[pk])
    return as_(who).post(url, data, content_type="application/json")


def test_giving_changing_and_taking_a_role(alice: User, bob: User, workspace: Workspace) -> None:
    end = in_days(9).isoformat()
    made = post(alice, "grants", workspace.pk, person=str(bob.pk), role="visitor", expires_at=end)
    assert made.status_code == 201
    url = reverse("sharing_api:grant", args=[made.json()["id"]])
    changed = as_(alice).put(url, {"role": "contributor", "expires_at": None}, content_type="application/json")
    assert changed.status_code == 204
    assert bob.has_perm(Right.UPLOAD, workspace)
    assert as_(alice).delete(url).status_code == 204
    assert not bob.has_perm(Right.VIEW, workspace)


def test_an_end_must_be_said(alice: User, bob: User, workspace: Workspace) -> None:
    answer = post(alice, "grants", workspace.pk, person=str(bob.pk), role="visitor")
    assert (answer.status_code, list(answer.json())) == (400, ["expires_at"])


def test_a_stranger_finds_nothing(alice: User, charlie: User, bob: User, workspace: Workspace, scan: Item) -> None:
    grant = give(workspace, "visitor", bob)
    exception = exempt(scan, "deny", Right.EDIT, bob)
    for name, pk in (("grants", workspace.pk), ("invitations", workspace.pk), ("exceptions", scan.pk)):
        assert as_(charlie).get(reverse(f"sharing_api:{name}", args=[pk])).status_code == 404
    for name, pk in (("grant", grant.pk), ("exception", exception.pk)):
        assert as_(charlie).delete(reverse(f"sharing_api:{name}", args=[pk])).status_code == 404


def test_a_visitor_is_refused_by_name_of_the_rule(bob: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    grant = give(workspace, "visitor", bob)
    answers = [
        post(bob, "grants", workspace.pk, person=str(charlie.pk), role="visitor", expires_at=None),
        post(bob, "exceptions", scan.pk, person=str(charlie.pk), right="view", effect="allow", expires_at=None),
        post(bob, "invitations", workspace.pk, email="a@example.org", role="visitor", grant_expires_at=None),
        as_(bob).delete(reverse("sharing_api:grant", args=[grant.pk])),
    ]
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [
        (403, "Your role Visitor does not include “share”.")
    ] * 4
    assert Entry.objects.filter(kind="access.refused", actor=bob.pk).count() == 4


def test_members_see_each_other(bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    give(workspace, "visitor", charlie)
    listed = as_(bob).get(reverse("sharing_api:grants", args=[workspace.pk])).json()
    assert [row["name"] for row in listed] == ["Bob Lefèvre", "Charlie Moreau"]


def test_setting_and_lifting_an_exception(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    made = post(alice, "exceptions", scan.pk, person=str(bob.pk), right="download", effect="deny", expires_at=None)
    assert not bob.has_perm(Right.DOWNLOAD, scan)
    assert len(as_(alice).get(reverse("sharing_api:exceptions", args=[scan.pk])).json()) == 1
    as_(alice).delete(reverse("sharing_api:exception", args=[made.json()["id"]]))
    assert bob.has_perm(Right.DOWNLOAD, scan)


def test_inviting(alice: User, workspace: Workspace) -> None:
    made = post(alice, "invitations", workspace.pk, email="a@example.org", role="visitor", grant_expires_at=None)
    assert made.status_code == 201
    listed = as_(alice).get(reverse("sharing_api:invitations", args=[workspace.pk])).json()
    assert [row["email"] for row in listed] == ["a@example.org"]


@pytest.mark.parametrize(
    "data",
    [
        {"role": "emperor", "expires_at": None},
        {"role": ["visitor"], "expires_at": None},
        {"role": "visitor", "expires_at": "tomorrow"},
        {"role": "visitor", "expires_at": None, "person": "abc"},
        {"role": "visitor", "expires_at": None, "group": 1.5},
        {"role": "visitor", "expires_at": "2001-01-01T00:00:00Z"},
        {"role": "visitor", "expires_at": "9999-12-31T23:59:59Z"},
        {"role": "visitor", "expires_at": None, "purpose": "NUL \x00"},
    ],
)
def test_bad_input_changes_nothing(alice: User, bob: User, workspace: Workspace, data: dict[str, Any]) -> None:
    answer = post(alice, "grants", workspace.pk, **{"person": str(bob.pk), **data})
    assert answer.status_code == 400
    assert not WorkspaceUserGrant.objects.exists()


def test_a_person_or_a_group_must_be_named(alice: User, workspace: Workspace) -> None:
    answer = post(alice, "grants", workspace.pk, role="visitor", expires_at=None)
    assert (answer.status_code, answer.json()["error"]) == (400, "Choose a person or a group.")


def test_more_than_the_fields_changes_nothing_more(alice: User, bob: User, charlie: User, workspace: Workspace) -> None:
    post(
        alice, "grants", workspace.pk,
        person=str(bob.pk), role="visitor", expires_at=None, granted_by=str(charlie.pk), permission=1,
    )  # fmt: skip
    assert WorkspaceUserGrant.objects.get().granted_by == alice

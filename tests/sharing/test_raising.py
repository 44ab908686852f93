"""A role may be raised for a time: the higher one ends, and the lower one was there all the while."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.errors import Conflict
from sharing.models import WorkspaceUserGrant
from sharing.services import change_role, grant_role, leave_workspace, revoke_role
from tests.sharing.conftest import exempt, give, in_days, last_entry
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def test_a_higher_role_that_ends_stands_beside_the_lower_one(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    raised = grant_role(actor=alice, workspace=workspace, role="contributor", person=bob, expires_at=in_days(7))
    assert bob.has_perm(Right.UPLOAD, workspace)
    WorkspaceUserGrant.objects.filter(pk=raised.pk).update(expires_at=in_days(-1))
    assert not bob.has_perm(Right.UPLOAD, workspace)
    assert bob.has_perm(Right.VIEW, workspace)


@pytest.mark.parametrize(("role", "days"), [("contributor", None), ("visitor", 7), ("contributor", 7)])
def test_anything_else_is_a_change_of_the_role(
    alice: User, bob: User, workspace: Workspace, role: str, days: int | None
) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Conflict, match="has a role here already"):
        grant_role(actor=alice, workspace=workspace, role=role, person=bob, expires_at=in_days(days) if days else None)


def test_taking_the_higher_one_leaves_the_lower_and_what_lets_in(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    exempt(scan, "allow", Right.EDIT, bob)
    assert revoke_role(actor=alice, grant=give(workspace, "contributor", bob, days=7)) == 0
    assert bob.has_perm(Right.EDIT, scan)
    assert not bob.has_perm(Right.UPLOAD, workspace)


def test_taking_the_last_one_that_holds_lifts_what_lets_in(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "contributor", bob, days=-1)
    exempt(scan, "allow", Right.EDIT, bob)
    assert revoke_role(actor=alice, grant=give(workspace, "visitor", bob)) == 1
    assert not bob.has_perm(Right.VIEW, scan)


def test_the_page_says_what_stays(alice: User, bob: User, workspace: Workspace, client: Client) -> None:
    give(workspace, "visitor", bob)
    client.force_login(alice)
    raised = give(workspace, "contributor", bob, days=7)
    page = client.get(reverse("sharing:revoke", args=[raised.pk])).content.decode()
    assert "The role Visitor stays." in page


def test_leaving_gives_up_both(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    give(workspace, "contributor", bob, days=7)
    leave_workspace(actor=bob, workspace=workspace)
    assert not WorkspaceUserGrant.objects.exists()
    assert last_entry().detail["role"] in {"visitor, contributor", "contributor, visitor"}


def test_a_role_is_not_changed_into_one_that_is_there(alice: User, bob: User, workspace: Workspace) -> None:
    lower, higher = give(workspace, "visitor", bob), give(workspace, "contributor", bob, days=7)
    with pytest.raises(Conflict, match="has the role Contributor here already"):
        change_role(actor=alice, grant=lower, role="contributor")
    WorkspaceUserGrant.objects.filter(pk=higher.pk).update(expires_at=in_days(-1))
    change_role(actor=alice, grant=lower, role="contributor")
    assert WorkspaceUserGrant.objects.get() == lower


def test_migrating_back_keeps_the_role_that_lasts_longest(bob: User, workspace: Workspace) -> None:
    from importlib import import_module

    from django.db import connection

    kept = give(workspace, "visitor", bob)
    give(workspace, "contributor", bob, days=7)
    migration = import_module("sharing.migrations.0004_roles_raised_for_a_time")
    with connection.cursor() as cursor:
        cursor.execute(migration._KEEP_ONE)
    assert WorkspaceUserGrant.objects.get() == kept

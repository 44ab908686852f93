from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from core.access import rights_on_each
from sharing.rules import functions, items_with_right
from tests.sharing.conftest import exempt, give, house_of, make_item
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right


def test_the_owner_has_every_right(alice: User, scan: Item) -> None:
    assert rights_on_each(alice, [scan])[scan.pk] == frozenset(Right)


def test_a_stranger_has_none_and_sees_nothing(charlie: User, scan: Item, workspace: Workspace) -> None:
    assert not any(charlie.has_perm(right, thing) for right in Right for thing in (scan, workspace))
    assert not Item.objects.visible_to(charlie).exists()
    assert not Workspace.objects.visible_to(charlie).exists()


@pytest.mark.parametrize("platform_role", ["commission_admin", "auditor", "applicant"])
def test_a_grant_gives_nothing_to_another_platform_role(bob: User, workspace: Workspace, platform_role: str) -> None:
    give(workspace, "manager", bob)
    bob.role = platform_role
    assert not bob.has_perm(Right.VIEW, workspace)
    assert not Workspace.objects.visible_to(bob).exists()


def test_a_superuser_has_no_right(charlie: User, scan: Item) -> None:
    charlie.is_superuser = charlie.is_staff = True
    assert not charlie.has_perm(Right.VIEW, scan)
    assert not Item.objects.visible_to(charlie).exists()


def test_a_suspended_owner_has_nothing(alice: User, workspace: Workspace) -> None:
    alice.suspended_at = timezone.now()
    assert not alice.has_perm(Right.VIEW, workspace)


def test_a_role_ends_on_its_day(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob, days=3)
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        assert not bob.has_perm(Right.VIEW, scan)
        assert not Item.objects.visible_to(bob).exists()


def test_a_group_of_the_institution_brings_its_role(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", house_of(bob))
    assert not bob.has_perm(Right.VIEW, scan)
    bob.groups.add(house_of(bob))
    assert bob.has_perm(Right.DOWNLOAD, scan)


def test_a_denial_on_a_folder_reaches_below(bob: User, workspace: Workspace, imaging: Item, scan: Item) -> None:
    give(workspace, "visitor", bob)
    exempt(imaging, "deny", Right.DOWNLOAD, bob)
    assert bob.has_perm(Right.VIEW, scan)
    assert not bob.has_perm(Right.DOWNLOAD, scan)


def test_the_most_specific_exception_wins(bob: User, workspace: Workspace, imaging: Item, scan: Item) -> None:
    give(workspace, "visitor", bob)
    exempt(imaging, "deny", Right.VIEW, bob)
    exempt(scan, "allow", Right.VIEW, bob)
    assert list(Item.objects.visible_to(bob)) == [scan]


def test_at_equal_depth_deny_wins(bob: User, scan: Item) -> None:
    bob.groups.add(house_of(bob))
    exempt(scan, "allow", Right.VIEW, bob)
    exempt(scan, "deny", Right.VIEW, house_of(bob))
    assert not bob.has_perm(Right.VIEW, scan)


def test_who_may_not_view_may_not_download_either(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    exempt(scan, "deny", Right.VIEW, bob)
    assert not bob.has_perm(Right.DOWNLOAD, scan)


def test_an_exception_lets_see_the_workspace_but_not_its_other_items(
    bob: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    exempt(scan, "allow", Right.VIEW, bob)
    assert list(Workspace.objects.visible_to(bob)) == [workspace]
    assert list(Item.objects.visible_to(bob)) == [scan]
    assert not bob.has_perm(Right.UPLOAD, workspace)


def test_an_exception_on_a_removed_item_lets_nobody_into_the_workspace(
    bob: User, workspace: Workspace, scan: Item
) -> None:
    exempt(scan, "allow", Right.VIEW, bob)
    Item.objects.filter(pk=scan.pk).update(removed_at=timezone.now())
    assert not Workspace.objects.visible_to(bob).exists()
    assert not bob.has_perm(Right.VIEW, workspace)


def test_rights_on_a_removed_item_can_still_be_asked(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "contributor", bob)
    Item.objects.filter(pk=scan.pk).update(removed_at=timezone.now())
    assert bob.has_perm(Right.EDIT, scan)
    assert scan not in Item.objects.visible_to(bob)


def test_a_version_is_decided_at_its_file(bob: User, workspace: Workspace, scan: Item) -> None:
    version = Version(file=scan)
    assert not bob.has_perm(Right.VIEW, version)
    give(workspace, "visitor", bob)
    assert bob.has_perm(Right.VIEW, version)


def test_a_revoked_right_is_gone_at_the_next_question(bob: User, workspace: Workspace, scan: Item) -> None:
    grant = give(workspace, "visitor", bob)
    assert bob.has_perm(Right.VIEW, scan)
    grant.delete()
    assert not bob.has_perm(Right.VIEW, scan)


def test_one_check_takes_one_query(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        bob.has_perm(Right.VIEW, scan)
    assert len(queries) == 1


def test_a_page_takes_two_queries_however_long_it_is(bob: User, workspace: Workspace, imaging: Item) -> None:
    give(workspace, "visitor", bob)
    for number in range(30):
        make_item(workspace, imaging, f"{number}.dcm")
    with CaptureQueriesContext(connection) as queries:
        rights_on_each(bob, Item.objects.in_folder(workspace, imaging).visible_to(bob))
    assert len(queries) == 2


@pytest.mark.parametrize("name", list(functions()))
def test_the_functions_in_the_database_are_the_ones_in_the_rules(name: str, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [name])
        assert cursor.fetchone()[0] == functions()[name]


def test_what_may_not_be_viewed_is_in_no_list_by_another_right(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "contributor", bob)
    assert scan in items_with_right(Item.objects.all(), bob, Right.TRAIL)
    exempt(scan, "deny", Right.VIEW, bob)
    assert scan not in items_with_right(Item.objects.all(), bob, Right.TRAIL)

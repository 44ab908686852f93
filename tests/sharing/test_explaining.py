"""A refusal names the rule that refused."""

from django.utils import timezone

from accounts.models import User
from core.access import explain_refusal
from tests.sharing.conftest import exempt, give, house_of
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right


def test_it_names_the_exception_and_where_it_stands(bob: User, workspace: Workspace, imaging: Item, scan: Item) -> None:
    give(workspace, "visitor", bob)
    exempt(imaging, "deny", Right.DOWNLOAD, bob)
    assert explain_refusal(bob, Right.DOWNLOAD, scan) == (
        "An exception on the folder “Imaging” denies download to you."
    )


def test_it_names_the_group_that_an_exception_came_through(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    bob.groups.add(house_of(bob))
    exempt(scan, "deny", Right.VIEW, house_of(bob))
    assert explain_refusal(bob, Right.DOWNLOAD, Version(file=scan)) == (
        "An exception denies view to your group “Hôpital Necker, Paris”."
    )


def test_it_does_not_name_a_folder_that_is_denied(bob: User, workspace: Workspace, imaging: Item, scan: Item) -> None:
    give(workspace, "visitor", bob)
    exempt(imaging, "deny", Right.VIEW, bob)
    for thing in (imaging, scan):
        assert explain_refusal(bob, Right.EDIT, thing) == "An exception denies view to you."


def test_it_names_the_role(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    assert explain_refusal(bob, Right.UPLOAD, workspace) == "Your role Visitor does not include “upload”."


def test_it_names_the_day_the_access_ended(bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob, days=-1)
    day = grant.expires_at
    assert explain_refusal(bob, Right.VIEW, workspace) == f"Your access expired on {day:%-d %B %Y}."


def test_it_tells_somebody_let_in_by_an_exception(bob: User, scan: Item) -> None:
    exempt(scan, "allow", Right.VIEW, bob)
    assert explain_refusal(bob, Right.DOWNLOAD, scan) == (
        "You were let in here by an exception, which does not include “download”."
    )


def test_it_tells_a_stranger_only_that(charlie: User, scan: Item) -> None:
    assert explain_refusal(charlie, Right.VIEW, scan) == "You are not in this workspace."


def test_it_tells_a_commission_admin(dana: User, scan: Item) -> None:
    assert explain_refusal(dana, Right.VIEW, scan) == (
        "Only contributors have rights in workspaces; your role is commission admin."
    )


def test_it_tells_whoever_is_suspended(bob: User, scan: Item) -> None:
    bob.suspended_at = timezone.now()
    assert explain_refusal(bob, Right.VIEW, scan) == (
        "Your approval is suspended or has expired. A commission admin can renew it."
    )

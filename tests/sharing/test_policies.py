"""Whoever may see a trail may see its entries."""

from accounts.models import User
from ledger_bridge.access import may_see_entry
from ledger_bridge.models import Entry
from sharing.services import grant_role, set_exception
from tests.sharing.conftest import exempt, give
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def test_an_entry_is_seen_with_the_trail_of_its_workspace(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    grant_role(actor=alice, workspace=workspace, role="contributor", person=charlie)
    entry = Entry.objects.get(kind="grant.given")
    assert not may_see_entry(bob, entry)
    give(workspace, "contributor", bob)
    assert may_see_entry(bob, entry)


def test_an_entry_about_a_hidden_item_is_not(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "contributor", bob)
    set_exception(actor=alice, item=scan, right=Right.VIEW, effect="allow", person=charlie)
    entry = Entry.objects.get(kind="exception.set")
    assert may_see_entry(bob, entry)
    exempt(scan, "deny", Right.VIEW, bob)
    assert not may_see_entry(bob, entry)

from accounts.models import User
from ledger_bridge.models import Entry
from sharing.services import record_expired_grants
from tests.sharing.conftest import exempt, give
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def test_it_records_every_end_once(bob: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    grant = give(workspace, "visitor", bob, days=-2)
    exempt(scan, "allow", Right.VIEW, charlie, days=-1)
    assert (record_expired_grants(), record_expired_grants()) == (2, 0)
    entry = Entry.objects.get(kind="grant.expired")
    assert (entry.person, entry.actor_kind, entry.occurred_at) == (bob.pk, "service", grant.expires_at)


def test_it_leaves_what_still_holds(bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob, days=2)
    give(workspace, "visitor", charlie)
    assert record_expired_grants() == 0

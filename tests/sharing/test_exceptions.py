import pytest

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from sharing.models import ItemUserException
from sharing.services import lift_exception, set_exception
from tests.sharing.conftest import exempt, give, last_entry
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def test_it_denies_one_right_below_a_folder(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    assert scan.parent is not None
    set_exception(actor=alice, item=scan.parent, right=Right.DOWNLOAD, effect="deny", person=bob)
    assert not bob.has_perm(Right.DOWNLOAD, scan)
    assert bob.has_perm(Right.VIEW, scan)


def test_it_lets_somebody_see_one_file(alice: User, charlie: User, scan: Item) -> None:
    set_exception(actor=alice, item=scan, right=Right.VIEW, effect="allow", person=charlie)
    assert list(Item.objects.visible_to(charlie)) == [scan]


def test_it_is_recorded_at_the_item(alice: User, bob: User, scan: Item) -> None:
    set_exception(actor=alice, item=scan, right=Right.VIEW, effect="allow", person=bob, purpose="Second read")
    entry = last_entry()
    assert (entry.kind, entry.item, entry.person, entry.purpose) == (
        "exception.set", scan.pk, bob.pk, "Second read",
    )  # fmt: skip
    assert entry.detail == {"effect": "allow", "right": "view", "to": "a person", "until": "no end"}


def test_it_replaces_the_one_before(alice: User, bob: User, scan: Item) -> None:
    set_exception(actor=alice, item=scan, right=Right.VIEW, effect="allow", person=bob)
    set_exception(actor=alice, item=scan, right=Right.VIEW, effect="deny", person=bob)
    assert ItemUserException.objects.get().effect == "deny"


def test_it_requires_the_right_to_share(bob: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Refused):
        set_exception(actor=bob, item=scan, right=Right.VIEW, effect="allow", person=charlie)


def test_nobody_gives_what_they_do_not_have(bob: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "manager", bob)
    exempt(scan, "deny", Right.DOWNLOAD, bob)
    with pytest.raises(Refused, match="more than they have"):
        set_exception(actor=bob, item=scan, right=Right.DOWNLOAD, effect="allow", person=charlie)


def test_it_does_not_touch_the_owner(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "manager", bob)
    with pytest.raises(InvalidInput, match="The owner"):
        set_exception(actor=bob, item=scan, right=Right.VIEW, effect="deny", person=alice)


def test_it_is_only_about_rights_of_an_item(alice: User, bob: User, scan: Item) -> None:
    with pytest.raises(
        InvalidInput, match="view, download, print, copy text, hand over sealed, upload, edit or comment"
    ):
        set_exception(actor=alice, item=scan, right=Right.SHARE, effect="allow", person=bob)


def test_it_either_allows_or_denies(alice: User, bob: User, scan: Item) -> None:
    with pytest.raises(InvalidInput, match="allows or denies"):
        set_exception(actor=alice, item=scan, right=Right.VIEW, effect="perhaps", person=bob)


def test_lifting_lets_the_role_decide_again(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    lift_exception(actor=alice, exception=exempt(scan, "deny", Right.VIEW, bob))
    assert bob.has_perm(Right.VIEW, scan)
    assert last_entry().kind == "exception.lifted"


def test_nobody_lifts_what_was_decided_about_them(bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "manager", bob)
    with pytest.raises(InvalidInput, match="Somebody else"):
        lift_exception(actor=bob, exception=exempt(scan, "deny", Right.DOWNLOAD, bob))


def test_lifting_requires_the_right_to_share(bob: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Refused):
        lift_exception(actor=bob, exception=exempt(scan, "deny", Right.VIEW, charlie))


def test_lifting_twice_is_a_conflict(alice: User, bob: User, scan: Item) -> None:
    exception = exempt(scan, "deny", Right.VIEW, bob)
    lift_exception(actor=alice, exception=exception)
    with pytest.raises(Conflict):
        lift_exception(actor=alice, exception=exception)

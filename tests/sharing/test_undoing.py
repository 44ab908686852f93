"""Undoing the end of a role or an exception: it is given again as it was, by whoever took it, and is recorded."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from sharing import services
from sharing.conditions.models import EVERY_DAY, Condition
from sharing.models import ItemGroupException, ItemUserException, WorkspaceUserGrant
from tests.sharing.conftest import exempt, give, house_of
from tests.workspaces.conftest import browser
from workspaces import services as keeping
from workspaces.models import Item, UndoableDeed, Workspace
from workspaces.permissions import Right


def undo(actor: User) -> None:
    keeping.undo_deed(actor=actor, deed=newest())


def newest() -> UndoableDeed:
    return UndoableDeed.objects.order_by("pk").last()  # type: ignore[return-value]


def said_of(grant: Any) -> tuple[Any, ...]:
    return (grant.permission.codename, grant.expires_at, grant.purpose)


def test_a_role_comes_back_as_it_was(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "contributor", bob, days=9)
    before = said_of(grant)
    services.revoke_role(actor=alice, grant=grant)
    undo(alice)
    again = WorkspaceUserGrant.objects.get(user=bob)
    assert said_of(again) == before
    assert again.granted_by == alice


def test_the_exceptions_that_ended_with_it_come_back(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    grant = give(workspace, "visitor", bob)
    exempt(scan, "allow", Right.EDIT, bob)
    services.revoke_role(actor=alice, grant=grant)
    undo(alice)
    assert bob.has_perm(Right.EDIT, scan)


@pytest.mark.parametrize("effect", ["allow", "deny"])
def test_an_exception_comes_back(alice: User, bob: User, workspace: Workspace, scan: Item, effect: str) -> None:
    exception = exempt(scan, effect, Right.EDIT, bob, days=5)
    before = said_of(exception)
    services.lift_exception(actor=alice, exception=exception)
    undo(alice)
    again = ItemUserException.objects.get()
    assert (said_of(again), again.effect) == (before, effect)


def test_so_does_that_of_a_group(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    exception = exempt(scan, "deny", Right.EDIT, house_of(bob))
    services.lift_exception(actor=alice, exception=exception)
    undo(alice)
    assert ItemGroupException.objects.get().group == house_of(bob)


def test_it_is_recorded_as_a_giving_and_as_an_undoing(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob)
    services.revoke_role(actor=alice, grant=grant)
    revoked = Entry.objects.get(kind="grant.revoked")
    undo(alice)
    assert Entry.objects.filter(kind="grant.given", person=bob.pk).count() == 1
    assert Entry.objects.get(kind="deed.undone").detail["entry"] == str(revoked.pk)


def test_a_role_that_somebody_gave_since_stays(alice: User, bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "manager", charlie)
    services.revoke_role(actor=alice, grant=give(workspace, "contributor", bob))
    services.grant_role(actor=charlie, workspace=workspace, role="visitor", person=bob)
    with pytest.raises(Conflict):
        undo(alice)
    assert WorkspaceUserGrant.objects.get(user=bob).permission.codename == "visitor"


def test_an_exception_that_somebody_made_since_stays(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    services.lift_exception(actor=alice, exception=exempt(scan, "allow", Right.EDIT, bob))
    exempt(scan, "deny", Right.EDIT, bob)
    with pytest.raises(Conflict, match="made an exception about the same"):
        undo(alice)


def test_who_may_share_no_more_gives_nothing_back(bob: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    own = give(workspace, "manager", bob)
    services.lift_exception(actor=bob, exception=exempt(scan, "allow", Right.VIEW, charlie))
    own.delete()
    give(workspace, "contributor", bob)
    with pytest.raises(Refused):
        undo(bob)
    assert not ItemUserException.objects.exists()


def test_who_may_share_no_more_is_not_told_what_others_gave_since(
    bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    own, deeds = give(workspace, "manager", bob), []
    services.lift_exception(actor=bob, exception=exempt(scan, "deny", Right.EDIT, charlie))
    deeds.append(newest())
    services.revoke_role(actor=bob, grant=give(workspace, "visitor", charlie))
    deeds.append(newest())
    own.delete()
    give(workspace, "contributor", bob)
    exempt(scan, "deny", Right.EDIT, charlie)
    give(workspace, "visitor", charlie)
    for deed in deeds:
        with pytest.raises(Refused):
            keeping.undo_deed(actor=bob, deed=deed)


def test_who_lost_their_approval_is_given_nothing_back(alice: User, bob: User, workspace: Workspace) -> None:
    services.revoke_role(actor=alice, grant=give(workspace, "visitor", bob))
    User.objects.filter(pk=bob.pk).update(approved_until=timezone.now())
    with pytest.raises(InvalidInput):
        undo(alice)


def test_a_group_that_is_no_more_is_given_nothing_back(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    group = Group.objects.create(name="Readers")
    services.lift_exception(actor=alice, exception=exempt(scan, "deny", Right.EDIT, group))
    group.delete()
    with pytest.raises(Conflict, match="not here any more"):
        undo(alice)


def test_what_lies_in_the_bin_by_now_gets_no_exception(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    services.lift_exception(actor=alice, exception=exempt(scan, "allow", Right.VIEW, bob))
    deed = newest()
    Item.objects.filter(pk=scan.pk).update(removed_at="2026-01-01T00:00Z")
    with pytest.raises(Conflict, match="removed since"):
        keeping.undo_deed(actor=alice, deed=deed)


def test_giving_back_to_another_institution_asks_for_a_factor(
    alice: User, bob: User, workspace: Workspace, settings: Any
) -> None:
    services.revoke_role(actor=alice, grant=give(workspace, "visitor", bob))
    client, address = browser(alice), reverse("workspaces:undo", args=[newest().together])
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
    answer = client.post(address)
    assert answer.status_code == 302
    assert "reauthenticate" in answer.url
    assert not WorkspaceUserGrant.objects.filter(user=bob).exists()


def test_the_pages_offer_it(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    client = browser(alice)
    exception = exempt(scan, "allow", Right.EDIT, bob)
    answer = client.post(reverse("sharing:lift_exception", args=[exception.pk]), follow=True)
    address = reverse("workspaces:undo", args=[newest().together])
    assert f'action="{address}"' in answer.content.decode()
    assert client.post(address).url == reverse("sharing:item_access", args=[scan.pk])


def test_programs_find_the_address_in_a_header(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob)
    answer = browser(alice).delete(reverse("sharing_api:grant", args=[grant.pk]))
    assert browser(alice).post(answer["Ithaca-Undo"]).json()["done"] == 1
    assert WorkspaceUserGrant.objects.filter(user=bob).exists()


def test_what_held_under_a_condition_comes_back_under_it(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    condition = Condition.objects.create(
        workspace=workspace, name="Clinic", networks=["10.0.0.0/8"], days=EVERY_DAY, made_by=alice
    )
    grant, exception = give(workspace, "visitor", bob), exempt(scan, "allow", Right.EDIT, bob)
    for given in (grant, exception):
        type(given).objects.filter(pk=given.pk).update(condition=condition)
    services.lift_exception(actor=alice, exception=ItemUserException.objects.get())
    undo(alice)
    assert ItemUserException.objects.get().condition == condition
    services.revoke_role(actor=alice, grant=WorkspaceUserGrant.objects.get(user=bob))
    undo(alice)
    assert WorkspaceUserGrant.objects.get(user=bob).condition == condition
    assert ItemUserException.objects.get().condition == condition


def test_nothing_comes_back_without_the_condition_it_held_under(alice: User, bob: User, workspace: Workspace) -> None:
    condition = Condition.objects.create(
        workspace=workspace, name="Clinic", networks=["10.0.0.0/8"], days=EVERY_DAY, made_by=alice
    )
    grant = give(workspace, "visitor", bob)
    WorkspaceUserGrant.objects.filter(pk=grant.pk).update(condition=condition)
    services.revoke_role(actor=alice, grant=WorkspaceUserGrant.objects.get(pk=grant.pk))
    condition.delete()
    with pytest.raises(Conflict):
        undo(alice)


def test_a_lower_role_that_somebody_gave_since_is_not_raised(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    give(workspace, "manager", charlie)
    services.revoke_role(actor=alice, grant=give(workspace, "contributor", bob, days=9))
    deed = newest()
    services.grant_role(actor=charlie, workspace=workspace, role="visitor", person=bob)
    with pytest.raises(Conflict):
        keeping.undo_deed(actor=alice, deed=deed)
    assert WorkspaceUserGrant.objects.get(user=bob).permission.codename == "visitor"

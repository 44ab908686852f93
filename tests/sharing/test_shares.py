"""Sharing one folder or file by one choice."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from ledger_bridge.sentences import sentence_of
from sharing.models import Condition, GroupProfile, ItemUserException
from sharing.services import Shared, grant_role, lift_exception, set_exception, share_item
from tests.sharing.conftest import exempt, give, house_of, in_days, last_entry
from tests.sharing.test_pages import as_
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

LOOK = (Right.VIEW,)
BEYOND_LOOKING = {Right.DOWNLOAD, Right.PRINT, Right.COPY, Right.HAND_OVER, Right.UPLOAD, Right.EDIT, Right.COMMENT}


def look_only(alice: User, item: Item, person: User, **more: object) -> Shared:
    return share_item(actor=alice, item=item, role="look_only", person=person, **more)  # type: ignore[arg-type]


def rights_of(person: User, item: Item) -> set[Right]:
    return {right for right in Right if person.has_perm(right, item)}


def test_a_stranger_is_let_in_to_look_and_nothing_is_denied_to_them(alice: User, charlie: User, scan: Item) -> None:
    shared = look_only(alice, scan, charlie, expires_at=in_days(90))
    assert (shared.allowed, shared.denied, shared.before, shared.now) == (LOOK, (), (), LOOK)
    assert rights_of(charlie, scan) == {Right.VIEW}


@pytest.mark.parametrize("role", ["visitor", "contributor"])
def test_whoever_has_a_role_is_left_nothing_but_looking(
    alice: User, bob: User, workspace: Workspace, scan: Item, role: str
) -> None:
    give(workspace, role, bob)
    look_only(alice, scan, bob)
    assert rights_of(bob, scan) - {Right.TRAIL} == {Right.VIEW}


def test_everywhere_else_the_role_goes_on(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    look_only(alice, scan, bob)
    assert scan.parent is not None
    assert bob.has_perm(Right.DOWNLOAD, scan.parent)


def test_it_is_one_entry_that_says_what_it_took(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    before = Entry.objects.count()
    look_only(alice, scan, bob, expires_at=in_days(90), purpose="Second read")
    assert Entry.objects.count() == before + 1
    entry = last_entry()
    assert (entry.kind, entry.item, entry.person, entry.purpose) == ("item.shared", scan.pk, bob.pk, "Second read")
    assert entry.detail["denied"] == "download, hand_over"
    said = sentence_of(entry.kind, entry.detail)
    assert "as Look only" in said
    assert "not allowed: download, hand over sealed" in said


def test_what_is_denied_does_not_end_by_itself(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    look_only(alice, scan, bob, expires_at=in_days(90))
    assert set(ItemUserException.objects.filter(effect="deny").values_list("expires_at", flat=True)) == {None}


def test_looking_is_allowed_where_the_role_ends_before(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob, days=10)
    assert look_only(alice, scan, bob, expires_at=in_days(90)).allowed == LOOK


def test_a_role_that_lasts_is_enough_to_look(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    assert look_only(alice, scan, bob, expires_at=in_days(90)).allowed == ()


def test_what_was_allowed_before_is_denied_and_a_denial_of_looking_is_replaced(
    alice: User, bob: User, scan: Item
) -> None:
    exempt(scan, "allow", Right.DOWNLOAD, bob)
    exempt(scan, "deny", Right.VIEW, bob)
    look_only(alice, scan, bob)
    assert rights_of(bob, scan) == {Right.VIEW}


def test_a_denial_that_would_end_becomes_one_without_an_end(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    exempt(scan, "deny", Right.DOWNLOAD, bob, days=3)
    assert Right.DOWNLOAD in look_only(alice, scan, bob).denied


def test_a_role_through_a_group_is_cut_back_too(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    bob.groups.add(house_of(bob))
    give(workspace, "contributor", house_of(bob))
    look_only(alice, scan, bob)
    assert rights_of(bob, scan) - {Right.TRAIL} == {Right.VIEW}


def test_a_role_under_a_condition_is_cut_back_too(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    clinic = Condition.objects.create(
        workspace=workspace, name="Clinic", networks=["10.0.0.0/8"], days=[1, 2, 3, 4, 5], zone="UTC", made_by=alice
    )
    grant_role(actor=alice, workspace=workspace, role="visitor", person=bob, condition=clinic)
    shared = look_only(alice, scan, bob)
    assert set(shared.denied) == {Right.DOWNLOAD, Right.HAND_OVER}
    assert shared.allowed == (), "looking stays under the condition"


def test_it_holds_below_a_folder(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "contributor", bob)
    assert scan.parent is not None
    look_only(alice, scan.parent, bob)
    assert not any(bob.has_perm(right, scan) for right in BEYOND_LOOKING)


def test_sharing_with_a_group_allows_and_takes_only_what_the_group_has(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    readers = Group.objects.create(name="Readers")
    readers.user_set.add(bob, charlie)
    give(workspace, "visitor", readers)
    give(workspace, "contributor", charlie)
    readers_only = GroupProfile.objects.create(group=readers, created_by=alice)
    readers_only.managers.add(alice)
    shared = share_item(actor=alice, item=scan, role="look_only", group=readers)
    assert (set(shared.denied), shared.before) == ({Right.DOWNLOAD, Right.HAND_OVER}, None)
    assert rights_of(bob, scan) == {Right.VIEW}
    assert charlie.has_perm(Right.PRINT, scan), "what somebody may by themselves stays, but for what the group had"


def test_a_second_time_with_the_same_end_is_a_conflict(alice: User, bob: User, scan: Item) -> None:
    end = in_days(9)
    look_only(alice, scan, bob, expires_at=end)
    with pytest.raises(Conflict, match="already"):
        look_only(alice, scan, bob, expires_at=end)


def test_a_second_time_with_another_end_moves_it(alice: User, bob: User, scan: Item) -> None:
    look_only(alice, scan, bob, expires_at=in_days(90))
    end = in_days(9)
    look_only(alice, scan, bob, expires_at=end)
    assert ItemUserException.objects.get().expires_at == end


def test_more_can_be_chosen_later(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "contributor", bob)
    look_only(alice, scan, bob)
    share_item(actor=alice, item=scan, role="visitor", person=bob)
    assert rights_of(bob, scan) - {Right.TRAIL} == {Right.VIEW, Right.DOWNLOAD, Right.HAND_OVER}


def test_a_denial_through_a_group_stands_against_it_and_nothing_is_half_done(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "contributor", bob)
    bob.groups.add(house_of(bob))
    exempt(scan, "deny", Right.VIEW, house_of(bob))
    with pytest.raises(Conflict, match=house_of(bob).name):
        look_only(alice, scan, bob)
    assert not ItemUserException.objects.exists()


@pytest.mark.parametrize("role", ["contributor", "manager"])
def test_a_role_with_rights_of_a_whole_workspace_is_refused(alice: User, bob: User, scan: Item, role: str) -> None:
    with pytest.raises(InvalidInput, match="whole workspace"):
        share_item(actor=alice, item=scan, role=role, person=bob)


def test_it_requires_the_right_to_share(bob: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Refused):
        look_only(bob, scan, charlie)


def test_nobody_gives_what_they_do_not_have(bob: User, charlie: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "manager", bob)
    exempt(scan, "deny", Right.DOWNLOAD, bob)
    with pytest.raises(Refused, match="more than they have"):
        share_item(actor=bob, item=scan, role="visitor", person=charlie)


def test_nobody_decides_about_themselves_or_the_owner(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "manager", bob)
    for person in (alice, bob):
        with pytest.raises(InvalidInput):
            look_only(bob, scan, person)


def test_lifting_what_was_denied_gives_the_role_its_say_again(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    look_only(alice, scan, bob)
    for exception in scan.user_exceptions.all():
        lift_exception(actor=alice, exception=exception)
    assert bob.has_perm(Right.DOWNLOAD, scan)


# The page.


def page_of(item: Item, person: User) -> str:
    return f"{reverse('sharing:share', args=[item.pk])}?person={person.pk}"


def test_one_press_shares_a_file_to_look_only(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    page = as_(alice).get(page_of(scan, bob)).content.decode()
    assert "may here now: view, download, hand over sealed." in page
    assert page.count(" checked") == 1, "look only is chosen already"
    day = in_days(30).date().isoformat()
    answer = as_(alice).post(page_of(scan, bob), {"role": "look_only", "expires_on": day}, follow=True)
    assert (
        "Before, they could: view, download, hand over sealed. Now: view. It has been recorded."
        in answer.content.decode()
    )
    assert rights_of(bob, scan) == {Right.VIEW}


def test_the_page_says_what_stays_open_further_down(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    exempt(scan, "allow", Right.DOWNLOAD, bob)
    assert scan.parent is not None
    answer = as_(alice).post(page_of(scan.parent, bob), {"role": "look_only", "no_end": "on"}, follow=True)
    assert "1 thing in it has exceptions that let them do more there; they stay." in answer.content.decode()


def test_it_can_be_previewed(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    answer = as_(alice).post(page_of(scan, bob), {"role": "look_only", "no_end": "on", "preview": "yes"})
    assert "Download, hand over sealed (1 file or folder)" in answer.content.decode()
    assert bob.has_perm(Right.DOWNLOAD, scan)


def test_what_cannot_be_done_stands_on_the_form(alice: User, bob: User, scan: Item) -> None:
    answer = as_(alice).post(page_of(scan, bob), {"role": "manager", "expires_on": "2001-01-01"})
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == {"role"}
    answer = as_(alice).post(page_of(scan, bob), {"role": "look_only", "expires_on": "2001-01-01"})
    assert answer.context["form"].errors["expires_on"] == ["Access must end in the future."]


def test_strangers_find_no_page_and_others_are_refused(
    bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "contributor", bob)
    url = reverse("sharing:share", args=[scan.pk])
    assert (as_(charlie).get(url).status_code, as_(bob).get(url).status_code) == (404, 403)


# For programs.


def asked(person: User, **more: object) -> dict[str, object]:
    return {"person": str(person.pk), "role": "look_only", "expires_at": None, **more}


def post(alice: User, item: Item, body: dict[str, object], query: str = "") -> object:
    url = reverse("sharing_api:shares", args=[item.pk]) + query
    return as_(alice).post(url, body, content_type="application/json")


def test_a_program_shares_and_is_told_what_changed(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    answer = post(alice, scan, asked(bob))
    assert (answer.status_code, answer.json()) == (  # type: ignore[attr-defined]
        201,
        {
            "role": "look_only",
            "allowed": [],
            "denied": ["download", "hand_over"],
            "before": ["view", "download", "hand_over"],
            "now": ["view"],
        },
    )


def test_a_program_can_ask_before(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    answer = post(alice, scan, asked(bob), "?preview=true")
    assert answer.status_code == 200  # type: ignore[attr-defined]
    assert bob.has_perm(Right.DOWNLOAD, scan)


def test_a_program_is_told_what_is_wrong(alice: User, bob: User, scan: Item, client: Client) -> None:
    assert post(alice, scan, asked(bob, role="manager")).status_code == 400  # type: ignore[attr-defined]
    assert post(alice, scan, {"role": "look_only", "expires_at": None}).status_code == 400  # type: ignore[attr-defined]


def test_whoever_may_only_look_in_a_workspace_sees_its_tree_and_nobody_else_in_it(
    bob: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "look_only", bob)
    listed = as_(bob).get(reverse("workspaces:detail", args=[workspace.pk])).content.decode()
    assert "Imaging" in listed
    assert "scan.dcm" not in listed, "a role shows folders; only whoever was let in finds single files at the top"
    assert (
        "so only your own access is shown"
        in as_(bob).get(reverse("sharing:item_access", args=[scan.pk])).content.decode()
    )


def test_setting_a_single_right_is_still_possible(alice: User, bob: User, scan: Item) -> None:
    page = as_(alice).get(page_of(scan, bob)).content.decode()
    assert f"{reverse('sharing:add_exception', args=[scan.pk])}?person={bob.pk}" in page
    set_exception(actor=alice, item=scan, right=Right.VIEW, effect="allow", person=bob)

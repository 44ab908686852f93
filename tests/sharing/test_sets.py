"""Permission sets: what an institution defines, gives and changes."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from ledger_bridge.sentences import sentence_of
from sharing.models import Invitation, PermissionSet, WorkspaceUserGrant
from sharing.roles import role_of, roles_for
from sharing.services import (
    accept_invitation,
    ask_for_access,
    change_permission_set,
    change_role,
    checks,
    grant_request,
    grant_role,
    invite,
    make_permission_set,
    retire_permission_set,
    revoke_role,
    share_item,
)
from sharing.why.weighing import why
from tests.conftest import make_institution, make_person
from tests.sharing.conftest import exempt, give, in_days, last_entry
from tests.sharing.test_pages import as_
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

MONITOR = [Right.VIEW, Right.COMMENT, Right.TRAIL]


@pytest.fixture
def workspace(alice: User) -> Workspace:
    return Workspace.objects.create(name="Site 12", owner=alice, institution=alice.institution)


@pytest.fixture
def monitor(alice: User, workspace: Workspace) -> PermissionSet:
    return make(alice)


def make(actor: User, name: str = "Monitor", rights: Any = MONITOR) -> PermissionSet:
    assert actor.institution is not None
    return make_permission_set(actor=actor, institution=actor.institution, name=name, rights=rights)


def code(one: PermissionSet) -> str:
    return one.permission.codename


def change(actor: User, one: PermissionSet, *rights: Right, name: str = "Monitor") -> PermissionSet:
    return change_permission_set(actor=actor, permission_set=one, name=name, rights=[Right.VIEW, *rights])


def rights_of(person: User, thing: Workspace | Item) -> set[Right]:
    return {right for right in Right if person.has_perm(right, thing)}


# Defining.


def test_a_set_gives_what_it_says_in_a_workspace_of_the_institution(
    alice: User, bob: User, workspace: Workspace, scan: Item, monitor: PermissionSet
) -> None:
    grant_role(actor=alice, workspace=workspace, role=code(monitor), person=bob)
    assert rights_of(bob, scan) == rights_of(bob, workspace) == set(MONITOR)


def test_making_one_is_recorded_with_what_it_gives(alice: User, monitor: PermissionSet) -> None:
    entry = last_entry()
    assert (entry.kind, entry.actor) == ("permission_set.made", alice.pk)
    assert "which gives: view, comment, see the trail" in sentence_of(entry.kind, entry.detail)


def test_it_takes_managing_a_workspace_of_ones_own_institution(alice: User, bob: User, workspace: Workspace) -> None:
    assert alice.institution is not None
    for person in (bob, make_person("Gita Rao", make_institution("Elsewhere", "IN"))):
        with pytest.raises(Refused, match="members of the institution who manage"):
            make_permission_set(actor=person, institution=alice.institution, name="Monitor", rights=MONITOR)


def test_whoever_manages_for_another_institution_defines_nothing_here(alice: User, workspace: Workspace) -> None:
    guest = make_person("Gita Rao", make_institution("Elsewhere", "IN"))
    give(workspace, "manager", guest)
    assert alice.institution is not None
    with pytest.raises(Refused):
        make_permission_set(actor=guest, institution=alice.institution, name="Monitor", rights=MONITOR)


@pytest.mark.parametrize(
    ("name", "rights", "sentence"),
    [
        ("  ", MONITOR, "Give the permission set a name"),
        ("M" * 61, MONITOR, "at most 60"),
        ("visitor", MONITOR, "built in"),
        ("Monitor", [Right.COMMENT], "without the right to view"),
        ("Monitor", [Right.VIEW, Right.MANAGE], "the role Manager is for"),
    ],
)
def test_what_is_no_set_is_refused_clearly(
    alice: User, workspace: Workspace, name: str, rights: list[Right], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        make(alice, name, rights)
    assert not PermissionSet.objects.exists()


def test_a_name_is_given_once_until_it_is_retired(alice: User, monitor: PermissionSet) -> None:
    with pytest.raises(Conflict, match="with this name"):
        make(alice, "MONITOR")
    retire_permission_set(actor=alice, permission_set=monitor)
    assert make(alice, "MONITOR").name == "MONITOR"


@pytest.mark.parametrize("rights", [["comment"], ["view", "manage"]])
def test_the_database_knows_what_a_set_is(monitor: PermissionSet, rights: list[str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PermissionSet.objects.update(rights=rights)


# Giving.


def test_it_is_not_given_in_workspaces_of_others(alice: User, bob: User, monitor: PermissionSet) -> None:
    elsewhere = Workspace.objects.create(name="Elsewhere", owner=alice)
    with pytest.raises(InvalidInput, match="of this workspace"):
        grant_role(actor=alice, workspace=elsewhere, role=code(monitor), person=bob)
    assert code(monitor) not in {role.code for role in roles_for(elsewhere)}


def test_nobody_gives_a_set_with_more_than_they_have(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    sharer, editor = make(alice, "Sharer", [Right.VIEW, Right.SHARE]), make(alice, "Editor", [Right.VIEW, Right.EDIT])
    grant_role(actor=alice, workspace=workspace, role=code(sharer), person=bob)
    with pytest.raises(Refused, match="more than they have"):
        grant_role(actor=bob, workspace=workspace, role=code(editor), person=charlie)
    grant_role(actor=bob, workspace=workspace, role="look_only", person=charlie)


def test_an_entry_says_what_the_set_gave_at_that_moment(
    alice: User, bob: User, workspace: Workspace, monitor: PermissionSet
) -> None:
    grant = grant_role(actor=alice, workspace=workspace, role=code(monitor), person=bob)
    assert last_entry().detail["role"] == "“Monitor” (view, comment, see the trail)"
    change_role(actor=alice, grant=grant, role="visitor")
    assert last_entry().detail["old_role"] == "“Monitor” (view, comment, see the trail)"


def test_somebody_is_invited_to_it(alice: User, bob: User, workspace: Workspace, monitor: PermissionSet) -> None:
    invitation = invite(actor=alice, workspace=workspace, email=bob.email, role=code(monitor))
    assert "as Monitor" in as_(bob).get(reverse("home")).content.decode()
    accept_invitation(actor=bob, invitation=invitation)
    assert rights_of(bob, workspace) == set(MONITOR)


def test_an_invitation_does_not_give_what_the_inviter_lost(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    sharer = make(alice, "Sharer", [Right.VIEW, Right.SHARE, Right.EDIT])
    grant = grant_role(actor=alice, workspace=workspace, role=code(sharer), person=bob)
    invitation = invite(actor=bob, workspace=workspace, email=charlie.email, role=code(sharer))
    less = make(alice, "Share alone", [Right.VIEW, Right.SHARE])
    change_role(actor=alice, grant=grant, role=code(less))
    with pytest.raises(Conflict, match="may no longer do so"):
        accept_invitation(actor=charlie, invitation=invitation)


def test_a_group_is_given_it(alice: User, bob: User, workspace: Workspace, monitor: PermissionSet) -> None:
    assert alice.institution is not None
    bob.groups.add(alice.institution.members)
    grant_role(actor=alice, workspace=workspace, role=code(monitor), group=alice.institution.members)
    assert rights_of(bob, workspace) == set(MONITOR)


def test_it_is_asked_for_and_given(alice: User, bob: User, workspace: Workspace, monitor: PermissionSet) -> None:
    give(workspace, "visitor", bob)
    request = ask_for_access(actor=bob, thing=workspace, role=code(monitor), days=30, purpose="Monitoring")
    assert "“Monitor” (view, comment, see the trail)" in last_entry().detail["what"]
    assert "The permission set “Monitor”" in as_(alice).get(reverse("home")).content.decode()
    grant_request(actor=alice, request=request)
    assert rights_of(bob, workspace) == {*MONITOR, Right.DOWNLOAD, Right.HAND_OVER}, "beside the role of theirs"


def test_one_file_is_shared_as_it(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    commenter = make(alice, "Commenter", [Right.VIEW, Right.COMMENT])
    give(workspace, "contributor", bob)
    share_item(actor=alice, item=scan, role=code(commenter), person=bob)
    assert rights_of(bob, scan) - {Right.TRAIL} == {Right.VIEW, Right.COMMENT}


def test_the_page_that_says_why_names_it(
    alice: User, bob: User, workspace: Workspace, scan: Item, monitor: PermissionSet
) -> None:
    grant_role(actor=alice, workspace=workspace, role=code(monitor), person=bob)
    said = {one.right: one.cause.sentence for one in why(bob, scan, reader=alice)}
    assert said[Right.COMMENT] == "The permission set “Monitor” in “Site 12” includes it."
    assert said[Right.DOWNLOAD] == "The permission set “Monitor” in “Site 12” does not include it."
    answer = as_(bob).get(reverse("sharing:add_exception", args=[scan.pk]))
    assert "Your permission set “Monitor” does not include “share”." in answer.content.decode()


@pytest.mark.parametrize("page", ["sharing:workspace_access", "sharing:my_grants", "sharing:grant", "sharing:invite"])
def test_pages_name_it(alice: User, bob: User, workspace: Workspace, monitor: PermissionSet, page: str) -> None:
    grant_role(actor=alice, workspace=workspace, role=code(monitor), person=bob)
    at = [] if page == "sharing:my_grants" else [workspace.pk]
    query = f"?person={make_person('Gita Rao', alice.institution).pk}" if page == "sharing:grant" else "?list=given"
    assert "Monitor" in as_(alice).get(reverse(page, args=at) + query).content.decode()


# Changing.


def test_a_change_holds_at_once_for_everybody_who_has_it(
    alice: User, bob: User, workspace: Workspace, monitor: PermissionSet
) -> None:
    grant_role(actor=alice, workspace=workspace, role=code(monitor), person=bob)
    change(alice, monitor, Right.DOWNLOAD)
    assert rights_of(bob, workspace) == {Right.VIEW, Right.DOWNLOAD}


def test_a_change_stands_in_the_trail_of_every_workspace_it_reaches(
    alice: User, bob: User, workspace: Workspace, monitor: PermissionSet
) -> None:
    other = Workspace.objects.create(name="Site 13", owner=alice, institution=alice.institution)
    for place in (workspace, other):
        grant_role(actor=alice, workspace=place, role=code(monitor), person=bob)
    change(alice, monitor, Right.EDIT, name="Reviewer")
    found = Entry.objects.filter(kind="permission_set.changed")
    assert {entry.workspace for entry in found} == {workspace.pk, other.pk}
    said = sentence_of("permission_set.changed", found[0].detail)
    assert "“Monitor”, which gave view, comment, see the trail: now it is “Reviewer” and gives view, edit" in said


def test_whoever_has_it_is_told(alice: User, bob: User, workspace: Workspace, monitor: PermissionSet) -> None:
    grant_role(actor=alice, workspace=workspace, role=code(monitor), person=bob)
    change(alice, monitor, Right.EDIT)
    page = as_(bob).get(reverse("accounts:inbox")).content.decode()
    assert "changed what a permission set that you have lets you do" in page


def test_nobody_changes_what_reaches_a_workspace_that_they_do_not_manage(
    alice: User, bob: User, charlie: User, workspace: Workspace, monitor: PermissionSet
) -> None:
    other = Workspace.objects.create(name="Site 13", owner=charlie, institution=alice.institution)
    grant_role(actor=charlie, workspace=other, role=code(monitor), person=bob)
    with pytest.raises(Refused, match="a workspace that you do not manage"):
        change(alice, monitor, Right.DOWNLOAD)
    with pytest.raises(Refused, match="a workspace that you do not manage"):
        retire_permission_set(actor=alice, permission_set=monitor)
    assert rights_of(bob, other) == set(MONITOR)


def test_an_invitation_that_waits_counts_as_use(
    alice: User, charlie: User, workspace: Workspace, monitor: PermissionSet
) -> None:
    other = Workspace.objects.create(name="Site 13", owner=charlie, institution=alice.institution)
    invite(actor=charlie, workspace=other, email="new@example.org", role=code(monitor))
    with pytest.raises(Refused):
        change(alice, monitor, Right.DOWNLOAD)


def test_a_retired_set_stays_with_whoever_has_it_and_goes_to_nobody_else(
    alice: User, bob: User, charlie: User, workspace: Workspace, monitor: PermissionSet
) -> None:
    grant = grant_role(actor=alice, workspace=workspace, role=code(monitor), person=bob)
    retire_permission_set(actor=alice, permission_set=monitor)
    assert last_entry().kind == "permission_set.retired"
    assert rights_of(bob, workspace) == set(MONITOR)
    with pytest.raises(InvalidInput, match="has been retired"):
        grant_role(actor=alice, workspace=workspace, role=code(monitor), person=charlie)
    change_role(actor=alice, grant=grant, role=code(monitor), expires_at=in_days(9))
    revoke_role(actor=alice, grant=grant)
    assert not rights_of(bob, workspace)


def test_an_invitation_to_a_retired_set_gives_nothing(
    alice: User, bob: User, workspace: Workspace, monitor: PermissionSet
) -> None:
    invitation = invite(actor=alice, workspace=workspace, email=bob.email, role=code(monitor))
    retire_permission_set(actor=alice, permission_set=monitor)
    with pytest.raises(Conflict, match="given no more"):
        accept_invitation(actor=bob, invitation=invitation)
    assert Invitation.objects.get().state == "open"


def test_a_retired_set_is_not_changed(alice: User, monitor: PermissionSet) -> None:
    retire_permission_set(actor=alice, permission_set=monitor)
    with pytest.raises(Conflict, match="has been retired"):
        change(alice, monitor)


def test_who_may_not_change_it_is_not_told_that_it_was_retired(
    alice: User, bob: User, workspace: Workspace, monitor: PermissionSet
) -> None:
    retire_permission_set(actor=alice, permission_set=monitor)
    with pytest.raises(Refused):
        change(bob, monitor)
    with pytest.raises(Refused):
        retire_permission_set(actor=bob, permission_set=monitor)


def test_who_stops_managing_in_that_moment_changes_nothing(
    alice: User, workspace: Workspace, monitor: PermissionSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    colleague = make_person("Hanna Berg", alice.institution)
    own, lock = give(workspace, "manager", colleague), checks.lock_set

    def lock_after_it_was_taken_away(code: str) -> PermissionSet:
        own.delete()
        return lock(code)

    monkeypatch.setattr(checks, "lock_set", lock_after_it_was_taken_away)
    with pytest.raises(Refused):
        change(colleague, monitor, Right.DOWNLOAD)


# Pages and programs.


def form(*rights: str, name: str = "Monitor", **more: str) -> dict[str, Any]:
    return {"name": name, "description": "", "rights": list(rights), **more}


def test_making_changing_and_retiring_on_the_pages(alice: User, workspace: Workspace) -> None:
    client = as_(alice)
    client.post(reverse("sharing:new_set"), form("comment"))
    made = PermissionSet.objects.get()
    assert made.rights == ["view", "comment"]
    assert "Monitor" in client.get(reverse("sharing:sets")).content.decode()
    client.post(reverse("sharing:change_set", args=[made.pk]), form("comment", "edit", name="Reviewer"))
    made.refresh_from_db()
    # Nobody has it, so it is saved at once.
    assert (made.name, made.rights) == ("Reviewer", ["view", "edit", "comment"])
    client.post(reverse("sharing:retire_set", args=[made.pk]))
    made.refresh_from_db()
    assert made.retired_at


def test_who_gains_and_loses_is_shown_before_anything_is_saved(
    alice: User, bob: User, workspace: Workspace, scan: Item, monitor: PermissionSet
) -> None:
    grant_role(actor=alice, workspace=workspace, role=code(monitor), person=bob)
    url = reverse("sharing:change_set", args=[monitor.pk])
    page = as_(alice).post(url, form("download")).content.decode()
    assert "Download (2 files or folders and the workspace)" in page
    assert "Comment, see the trail (2 files or folders and the workspace)" in page
    assert rights_of(bob, workspace) == set(MONITOR)
    as_(alice).post(url, form("edit", sure="view,download"))
    assert rights_of(bob, workspace) == set(MONITOR), "another choice was looked at"
    as_(alice).post(url, form("download", sure="view,download"))
    assert rights_of(bob, workspace) == {Right.VIEW, Right.DOWNLOAD}


def test_a_taken_name_stands_on_the_form(alice: User, monitor: PermissionSet) -> None:
    answer = as_(alice).post(reverse("sharing:new_set"), form())
    assert answer.status_code == 400
    assert "with this name already" in answer.content.decode()


def test_members_see_the_sets_of_their_institution_and_strangers_none(
    alice: User, bob: User, workspace: Workspace, monitor: PermissionSet
) -> None:
    stranger = make_person("Gita Rao", make_institution("Elsewhere", "IN"))
    colleague = make_person("Hanna Berg", alice.institution)
    assert "Monitor" in as_(colleague).get(reverse("sharing:sets")).content.decode()
    assert "Monitor" not in as_(stranger).get(reverse("sharing:sets")).content.decode()
    for name in ("change_set", "retire_set"):
        url = reverse(f"sharing:{name}", args=[monitor.pk])
        assert (as_(colleague).get(url).status_code, as_(stranger).get(url).status_code) == (403, 404)


def test_so_do_their_programs(alice: User, workspace: Workspace, monitor: PermissionSet) -> None:
    stranger = make_person("Gita Rao", make_institution("Elsewhere", "IN"))
    colleague = make_person("Hanna Berg", alice.institution)
    sets, one = reverse("sharing_api:sets"), reverse("sharing_api:set", args=[monitor.pk])
    assert ["Monitor" in as_(person).get(sets).content.decode() for person in (colleague, stranger)] == [True, False]
    # Whatever they send.
    for person, status in ((colleague, 403), (stranger, 404)):
        assert as_(person).put(one, {}, content_type="application/json").status_code == status
        assert as_(person).delete(one).status_code == status
    assert as_(colleague).post(sets, {}, content_type="application/json").status_code == 403


def test_making_one_is_offered_to_who_may(alice: User, workspace: Workspace) -> None:
    colleague = make_person("Hanna Berg", alice.institution)
    new = reverse("sharing:new_set")
    assert [new in as_(person).get(reverse("sharing:sets")).content.decode() for person in (alice, colleague)] == [
        True,
        False,
    ]
    assert as_(colleague).get(new).status_code == 403


def test_whoever_shares_a_workspace_of_the_institution_sees_its_sets(
    workspace: Workspace, monitor: PermissionSet
) -> None:
    guest = make_person("Gita Rao", make_institution("Elsewhere", "IN"))
    give(workspace, "manager", guest)
    assert "Monitor" in as_(guest).get(reverse("sharing:sets")).content.decode()


def test_a_program_makes_previews_changes_and_retires(alice: User, bob: User, workspace: Workspace) -> None:
    client = as_(alice)
    json: Any = {"content_type": "application/json"}
    made = client.post(reverse("sharing_api:sets"), {"name": "Monitor", "rights": ["view", "trail"]}, **json)
    assert made.status_code == 201
    grant_role(actor=alice, workspace=workspace, role=made.json()["code"], person=bob)
    url, body = reverse("sharing_api:set", args=[made.json()["id"]]), {"name": "Monitor", "rights": ["view", "edit"]}
    assert client.put(url + "?preview=true", body, **json).json()["changes"]
    assert rights_of(bob, workspace) == {Right.VIEW, Right.TRAIL}
    assert client.put(url, body, **json).json()["rights"] == ["view", "edit"]
    assert client.put(url, {"name": "Monitor", "rights": ["edit"]}, **json).status_code == 400
    assert client.delete(url).status_code == 204
    assert [one["retired_at"] is None for one in client.get(reverse("sharing_api:sets")).json()] == [False]


def test_whoever_may_share_by_a_set_and_not_manage_is_not_led_to_seeing_as_others_do(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    sharer = make(alice, "Sharer", [Right.VIEW, Right.SHARE])
    grant_role(actor=alice, workspace=workspace, role=code(sharer), person=bob)
    grant_role(actor=alice, workspace=workspace, role="visitor", person=charlie)
    why_page = f"{reverse('sharing:why_workspace', args=[workspace.pk])}?person={charlie.pk}"
    seen = reverse("sharing:see_as", args=[workspace.pk, charlie.pk])
    assert [seen in as_(person).get(why_page).content.decode() for person in (alice, bob)] == [True, False]


def test_an_exception_overrides_a_set_as_any_role(
    alice: User, bob: User, workspace: Workspace, scan: Item, monitor: PermissionSet
) -> None:
    grant_role(actor=alice, workspace=workspace, role=code(monitor), person=bob)
    exempt(scan, "deny", Right.COMMENT, bob)
    assert rights_of(bob, scan) == {Right.VIEW, Right.TRAIL}
    assert role_of(WorkspaceUserGrant.objects.get()).label == "Monitor"

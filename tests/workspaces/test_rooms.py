"""Room: who decides how much may be stored, and what is counted."""

from typing import Any

import pytest

from accounts.models import User
from core.errors import Conflict, Refused
from sharing import services as sharing
from tests.workspaces.conftest import browser, give, last_entry, put
from workspaces import quotas, services
from workspaces.models import Item, StorageUse, Upload, Version, Workspace
from workspaces.permissions import Role


def test_a_manager_limits_a_workspace_and_that_is_recorded(alice: User, workspace: Workspace, settings: Any) -> None:
    services.set_workspace_limit(actor=alice, workspace=workspace, limit=10)
    assert (last_entry().kind, StorageUse.objects.get(workspace=workspace).limit) == ("workspace.limit_set", 10)
    with pytest.raises(quotas.QuotaReached):
        put(alice, workspace, "a", b"x" * 11)
    assert Version.objects.count() == 0


def test_no_limit_of_its_own_means_the_default(alice: User, workspace: Workspace, settings: Any) -> None:
    services.set_workspace_limit(actor=alice, workspace=workspace, limit=10)
    services.set_workspace_limit(actor=alice, workspace=workspace, limit=None)
    settings.WORKSPACE_QUOTA_BYTES = 20
    put(alice, workspace, "a", b"x" * 20)


def test_a_contributor_may_not(bob: User, workspace: Workspace) -> None:
    give(workspace, Role.CONTRIBUTOR, bob)
    with pytest.raises(Refused):
        services.set_workspace_limit(actor=bob, workspace=workspace, limit=10)


def test_a_commission_admin_limits_an_institution(alice: User, dana: User, workspace: Workspace) -> None:
    assert alice.institution
    services.set_institution_limit(actor=dana, institution=alice.institution, limit=10)
    assert last_entry().kind == "institution.limit_set"
    other = services.create_workspace(actor=alice, name="Second")
    put(alice, workspace, "a", b"x" * 6)
    with pytest.raises(quotas.QuotaReached, match="institution"):
        put(alice, other, "b", b"x" * 6)


def test_an_owner_may_not_limit_an_institution(alice: User) -> None:
    assert alice.institution
    with pytest.raises(Refused):
        services.set_institution_limit(actor=alice, institution=alice.institution, limit=10)


def test_a_workspace_counts_where_it_was_made(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, Role.MANAGER, bob)
    sharing.transfer_ownership(actor=alice, workspace=workspace, person=bob)
    put(bob, Workspace.objects.get(), "a", b"xyz")
    assert StorageUse.objects.get(institution=alice.institution).stored == 3


def test_removal_for_good_gives_room_back(alice: User, workspace: Workspace) -> None:
    put(alice, workspace, "a", b"xyz")
    quotas.give_back(workspace, 3)
    assert {row.stored for row in StorageUse.objects.all()} == {0}


def test_the_limit_is_set_on_a_page_in_gibibytes(alice: User, workspace: Workspace) -> None:
    answer = browser(alice).post(f"/workspaces/{workspace.pk}/room/", {"limit": "1.5"})
    assert answer.status_code == 302
    assert StorageUse.objects.get(workspace=workspace).limit == 3 * 2**29


@pytest.mark.parametrize("text", ["-1", "x", "1e99", "NaN"])
def test_a_limit_that_is_none_is_refused_at_the_field(alice: User, workspace: Workspace, text: str) -> None:
    answer = browser(alice).post(f"/workspaces/{workspace.pk}/room/", {"limit": text})
    assert (answer.status_code, StorageUse.objects.filter(limit__isnull=False).count()) == (400, 0)


def test_the_rooms_of_institutions_are_shown_and_changed(alice: User, dana: User, workspace: Workspace) -> None:
    assert alice.institution
    put(alice, workspace, "a", b"x" * 2048)
    client = browser(dana)
    assert "2.0 KiB" in client.get("/workspaces/rooms/").content.decode()
    client.post(f"/workspaces/rooms/{alice.institution.pk}/", {"limit": "2"})
    assert StorageUse.objects.get(institution=alice.institution).limit == 2**31


def test_a_workspace_shows_its_room_to_its_manager(alice: User, workspace: Workspace) -> None:
    put(alice, workspace, "a", b"x" * 2048)
    assert "2.0 KiB of 2.0 TiB used" in browser(alice).get(f"/workspaces/{workspace.pk}/settings/").content.decode()


def test_the_upload_page_lists_what_is_unfinished(alice: User, workspace: Workspace) -> None:
    services.begin_upload(actor=alice, workspace=workspace, into=None, name="genome.vcf", size=5000, modified=17)
    page = browser(alice).get(f"/workspaces/{workspace.pk}/upload/").content.decode()
    assert 'data-name="genome.vcf" data-size="5000" data-modified="17"' in page
    assert "0 bytes of 4.9 KiB" in page


def test_an_upload_is_decided_and_discarded_without_javascript(alice: User, workspace: Workspace) -> None:
    upload = services.begin_upload(actor=alice, workspace=workspace, into=None, name="a", size=3)
    put(alice, workspace, "a", b"old")
    services.receive_bytes(actor=alice, upload=upload, offset=0, chunks=[b"new"])
    client = browser(alice)
    assert "Keep both" in client.get(f"/workspaces/{workspace.pk}/upload/").content.decode()
    client.post(f"/workspaces/uploads/{upload.pk}/decide/", {"on_conflict": "keep_both"})
    assert sorted(Item.objects.values_list("name", flat=True)) == ["a", "a (2)"]
    other = services.begin_upload(actor=alice, workspace=workspace, into=None, name="b", size=3)
    client.post(f"/workspaces/uploads/{other.pk}/discard/")
    assert not Upload.objects.filter(pk=other.pk).exists()


def test_a_path_of_folders_is_made_once(alice: User, workspace: Workspace) -> None:
    first, second = (
        services.make_folders(actor=alice, workspace=workspace, parent=None, path=path)
        for path in (["Site 12", "Visit 2"], ["site 12", "Visit 3"])
    )
    assert first.parent == second.parent
    assert Item.objects.count() == 3


def test_a_file_in_the_way_of_a_folder_is_told(alice: User, workspace: Workspace) -> None:
    put(alice, workspace, "Site 12", b"x")
    with pytest.raises(Conflict):
        services.make_folders(actor=alice, workspace=workspace, parent=None, path=["Site 12", "Visit 2"])
    assert Item.objects.count() == 1


def test_folders_are_made_for_programs(alice: User, workspace: Workspace) -> None:
    address = f"/api/v1/workspaces/{workspace.pk}/folders/"
    answer = browser(alice).post(address, {"path": ["a", "b"]}, content_type="application/json")
    assert answer.json()["id"] == str(Item.objects.get(name="b").pk)
    assert browser(alice).post(address, {"path": []}, content_type="application/json").status_code == 400

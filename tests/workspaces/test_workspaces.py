"""Creating, renaming, describing, archiving and reopening a workspace."""

import pytest

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused, Unavailable
from ledger_bridge.models import Entry
from tests.workspaces.conftest import CONTENT, give, last_entry, put, read
from workspaces import services
from workspaces.models import Version, Workspace, WorkspaceKey


def test_its_creator_owns_it(alice: User) -> None:
    workspace = services.create_workspace(actor=alice, name="Site 12")
    assert workspace.owner == alice
    assert list(Workspace.objects.visible_to(alice)) == [workspace]


def test_it_comes_with_its_first_key(workspace: Workspace) -> None:
    key = WorkspaceKey.objects.get(workspace=workspace)
    assert (key.generation, len(bytes(key.wrapped_key))) == (1, 65)


def test_creating_is_recorded(alice: User, workspace: Workspace) -> None:
    entry = last_entry()
    assert (entry.kind, entry.actor, entry.workspace) == ("workspace.created", alice.id, workspace.id)
    assert entry.detail == {"name": "Site 12", "description": "Second visit", "key_generation": 1}


@pytest.mark.parametrize("persona", ["dana", "olga"])
def test_only_contributors_create_workspaces(request: pytest.FixtureRequest, persona: str) -> None:
    with pytest.raises(Refused):
        services.create_workspace(actor=request.getfixturevalue(persona), name="Mine")
    assert not Workspace.objects.exists()


def test_a_name_is_needed(alice: User) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.create_workspace(actor=alice, name="  ")
    assert refused.value.field == "name"


def test_without_a_key_service_nothing_is_created(alice: User, settings: object, tmp_path: object) -> None:
    settings.KEYRING_DIRECTORY = tmp_path / "file" / "keyring"  # type: ignore[attr-defined,operator]
    (tmp_path / "file").write_text("not a directory")  # type: ignore[operator]
    with pytest.raises(Unavailable):
        services.create_workspace(actor=alice, name="Site 13")
    assert not Workspace.objects.exists()


def test_its_owner_renames_it(alice: User, workspace: Workspace) -> None:
    services.rename_workspace(actor=alice, workspace=workspace, name="Site 13")
    workspace.refresh_from_db()
    assert workspace.name == "Site 13"
    assert last_entry().detail == {"before": "Site 12", "name": "Site 13"}


def test_the_same_name_again_changes_and_records_nothing(alice: User, workspace: Workspace) -> None:
    before = Entry.objects.count()
    services.rename_workspace(actor=alice, workspace=workspace, name="Site 12")
    assert Entry.objects.count() == before


def test_its_owner_describes_it(alice: User, workspace: Workspace) -> None:
    services.describe_workspace(actor=alice, workspace=workspace, description="All visits")
    workspace.refresh_from_db()
    assert workspace.description == "All visits"
    assert last_entry().kind == "workspace.described"


@pytest.mark.parametrize("deed", ["rename_workspace", "describe_workspace", "archive_workspace", "reopen_workspace"])
def test_a_contributor_does_not_manage_it(bob: User, workspace: Workspace, deed: str) -> None:
    give(workspace, "contributor", bob)
    more = {"rename_workspace": {"name": "x"}, "describe_workspace": {"description": "x"}}.get(deed, {})
    with pytest.raises(Refused):
        getattr(services, deed)(actor=bob, workspace=workspace, **more)


def test_a_manager_may_archive_it(bob: User, workspace: Workspace) -> None:
    give(workspace, "manager", bob)
    services.archive_workspace(actor=bob, workspace=workspace)
    workspace.refresh_from_db()
    assert workspace.archived_at is not None
    assert last_entry().kind == "workspace.archived"


def test_an_archived_workspace_can_be_read_but_not_changed(alice: User, version: Version) -> None:
    services.archive_workspace(actor=alice, workspace=version.file.workspace)
    with pytest.raises(Conflict):
        put(alice, version.file.workspace, "more.csv", b"1")
    with pytest.raises(Conflict):
        services.rename_item(actor=alice, item=version.file, name="other.csv")
    assert read(alice, version) == CONTENT


def test_a_reopened_workspace_can_be_changed_again(alice: User, workspace: Workspace) -> None:
    services.archive_workspace(actor=alice, workspace=workspace)
    services.reopen_workspace(actor=alice, workspace=workspace)
    assert put(alice, workspace, "more.csv", b"1").number == 1
    assert Entry.objects.filter(kind="workspace.reopened").count() == 1

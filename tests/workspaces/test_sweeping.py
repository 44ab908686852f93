"""Bytes that belong to nothing are taken away; everything else stays."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from ledger_bridge.services import sequence_entries
from tests.workspaces.conftest import CONTENT, blobs, read
from workspaces import services, sweeping
from workspaces.models import BlobStoreOwner, Version, Workspace
from workspaces.storage import LocalBlobStore, blob_store
from workspaces.sweeping import TRASHED_FOR, SweepRefused, sweep
from workspaces.tasks import sweep_orphans

HOUR = 3600


def age(paths: list[Path], seconds: float) -> None:
    then = time.time() - seconds
    for path in paths:
        os.utime(path, (then, then))


@pytest.fixture(autouse=True)
def _claimed(db: None) -> None:
    """The first sweep of an installation finds its store empty, and marks it."""
    sweep()


def orphan(actor: User, workspace: Workspace, settings: Any) -> LocalBlobStore:
    """Leave old bytes in the store that belong to nothing."""
    services.seal_upload(actor=actor, workspace=workspace, chunks=[CONTENT])
    age(blobs(settings), 25 * HOUR)
    return LocalBlobStore(settings.BLOB_DIRECTORY)


def roll_back() -> None:
    """Take the newest checkpoint away, as a backup from before it would."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_bridge_checkpoint DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM ledger_bridge_checkpoint")


def test_an_old_orphan_is_put_into_the_trash(alice: User, workspace: Workspace, settings: Any) -> None:
    store = orphan(alice, workspace, settings)
    assert sweep() == 1
    assert blobs(settings) == []
    assert len(list(store.trashed())) == 1


def test_the_trash_is_emptied_after_a_month(alice: User, workspace: Workspace, settings: Any) -> None:
    store = orphan(alice, workspace, settings)
    sweep()
    trash = list((settings.BLOB_DIRECTORY / "trash").iterdir())
    age(trash, TRASHED_FOR - HOUR)
    sweep()
    assert len(list(store.trashed())) == 1
    age(trash, TRASHED_FOR + HOUR)
    sweep()
    assert list(store.trashed()) == []


def test_what_the_database_knows_comes_back_from_the_trash(alice: User, version: Version, settings: Any) -> None:
    blob_store().put_in_trash(version.blob)
    age(list((settings.BLOB_DIRECTORY / "trash").iterdir()), TRASHED_FOR + HOUR)
    sweep()
    assert read(alice, version) == CONTENT


def test_nothing_goes_for_the_database_of_another_installation(
    alice: User, workspace: Workspace, settings: Any
) -> None:
    orphan(alice, workspace, settings)
    BlobStoreOwner.objects.update(installation="00000000-0000-4000-8000-000000000001")
    with pytest.raises(SweepRefused, match="another installation"):
        sweep()
    assert len(blobs(settings)) == 1


def test_nothing_goes_for_an_empty_database(alice: User, workspace: Workspace, settings: Any) -> None:
    orphan(alice, workspace, settings)
    BlobStoreOwner.objects.all().delete()
    with pytest.raises(SweepRefused, match="belongs to an installation"):
        sweep()
    assert len(blobs(settings)) == 1


def test_a_store_without_a_mark_is_not_taken_by_a_database_that_knows_nothing_in_it(
    alice: User, workspace: Workspace, settings: Any
) -> None:
    orphan(alice, workspace, settings)
    (settings.BLOB_DIRECTORY / "installation").unlink()
    with pytest.raises(SweepRefused, match="none of"):
        sweep()
    assert len(blobs(settings)) == 1


def test_an_empty_store_is_not_taken_by_a_database_whose_files_lie_elsewhere(
    version: Version, settings: Any, tmp_path: Path
) -> None:
    settings.BLOB_DIRECTORY = tmp_path / "not mounted"
    with pytest.raises(SweepRefused, match="none of"):
        sweep()


def test_a_store_from_before_there_were_marks_is_marked_by_the_database_that_knows_it(
    version: Version, settings: Any
) -> None:
    (settings.BLOB_DIRECTORY / "installation").unlink()
    sweep()
    assert blob_store().owner() == BlobStoreOwner.objects.get().installation


def test_it_refuses_when_much_of_the_store_would_go(
    alice: User, version: Version, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "FEW", 1)
    for _ in range(2):
        orphan(alice, version.file.workspace, settings)
    with pytest.raises(SweepRefused, match="2 of the 3"):
        sweep()
    assert len(blobs(settings)) == 3
    assert sweep(however_many=True) == 2


def test_it_refuses_when_the_ledger_was_rolled_back(
    alice: User, version: Version, workspace: Workspace, settings: Any
) -> None:
    orphan(alice, workspace, settings)
    services.rename_workspace(actor=alice, workspace=workspace, name="Site 13")
    sequence_entries()
    roll_back()
    with pytest.raises(SweepRefused, match="newer than this database"):
        sweep(however_many=True)
    assert len(blobs(settings)) == 2


def test_the_command_says_why_it_refuses(alice: User, workspace: Workspace, settings: Any) -> None:
    orphan(alice, workspace, settings)
    BlobStoreOwner.objects.all().delete()
    with pytest.raises(CommandError, match="--adopt"):
        call_command("sweep_blobs")


def test_an_older_database_can_take_its_store_again(alice: User, version: Version) -> None:
    BlobStoreOwner.objects.all().delete()
    call_command("sweep_blobs", "--adopt")
    assert blob_store().owner() == BlobStoreOwner.objects.get().installation


def test_a_database_that_knows_nothing_of_a_store_cannot_take_it(
    alice: User, workspace: Workspace, settings: Any
) -> None:
    orphan(alice, workspace, settings)
    BlobStoreOwner.objects.all().delete()
    with pytest.raises(CommandError, match="none of"):
        call_command("sweep_blobs", "--adopt")


def test_bytes_that_wait_for_the_rest_of_their_form_are_left(alice: User, workspace: Workspace, settings: Any) -> None:
    sealed = services.seal_upload(actor=alice, workspace=workspace, chunks=[CONTENT])
    age(blobs(settings), 23 * HOUR)
    assert sweep() == 0
    assert services.add_file(actor=alice, workspace=workspace, parent=None, name="late", sealed=sealed).number == 1


def test_what_was_recorded_stays_however_old(alice: User, version: Version, settings: Any) -> None:
    age(blobs(settings), 10_000 * HOUR)
    sweep_orphans()
    assert read(alice, version) == CONTENT


def test_what_is_in_the_bin_stays_too(alice: User, version: Version, settings: Any) -> None:
    services.remove_item(actor=alice, item=version.file)
    age(blobs(settings), 10_000 * HOUR)
    assert sweep() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("hours", "swept"), [(0, 0), (0.9, 0), (1.1, 1)])
def test_an_upload_that_rests_for_an_hour_has_been_given_up(settings: Any, hours: float, swept: int) -> None:
    writer = blob_store().create()
    writer.write(b"half")
    age(blobs(settings), hours * HOUR)
    assert sweep() == swept

"""Bytes that belong to nothing are taken away; everything else stays."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from tests.workspaces.conftest import CONTENT, blobs, read
from workspaces import services
from workspaces.models import Version, Workspace
from workspaces.storage import blob_store
from workspaces.sweeping import sweep
from workspaces.tasks import sweep_orphans

HOUR = 3600


def age(paths: list[Path], seconds: float) -> None:
    then = time.time() - seconds
    for path in paths:
        os.utime(path, (then, then))


def test_an_old_orphan_is_deleted(alice: User, workspace: Workspace, settings: Any) -> None:
    services.seal_upload(actor=alice, workspace=workspace, chunks=[CONTENT])
    age(blobs(settings), 25 * HOUR)
    assert sweep() == 1
    assert blobs(settings) == []


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

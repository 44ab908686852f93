"""What was removed for good stays dead, unless somebody restores a backup from before whose keys still exist."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as active
from django.db import connection

from accounts.models import User
from accounts.permissions import Right
from config.backup.manifest import Manifest
from config.backup.services import OPERATOR, make_backup, verify_backup
from config.database import beside, embedded_postgres, make_database
from core.access import Service
from core.kms import KeyServiceRefused, key_service
from ledger_bridge.services import sequence_entries
from tests.stack import ROOT
from tests.workspaces.conftest import put
from workspaces import services
from workspaces.keys import context_of, forget_keys
from workspaces.models import Version, WorkspaceKey
from workspaces.rotation.working import continue_rotation

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = b"subject,visit,dose\n12-001,2,5 mg\n" * 500
OFFICER = Service("operator", frozenset({Right.ROTATE_KEYS}))

_READ = """
from workspaces.models import Version
from workspaces.permissions import Right
from workspaces.services import open_version
version = Version.objects.select_related("file__workspace__owner").get(pk="{version}")
opened = open_version(actor=version.file.workspace.owner, version=version, right=Right.DOWNLOAD)
import hashlib
print(hashlib.sha256(b"".join(opened.iter_range(0, opened.size))).hexdigest())
"""


@pytest.fixture(autouse=True)
def _own_directories(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.BLOB_DIRECTORY = tmp_path / "blobs"
    forget_keys()
    yield
    forget_keys()


@pytest.fixture
def version(alice: User) -> Version:
    made = put(alice, services.create_workspace(actor=alice, name="Site 12"), "doses.csv", CONTENT)
    sequence_entries()
    return made


@pytest.fixture
def before(version: Version, tmp_path: Path) -> Path:
    """The backup from before the removal."""
    return back_up(tmp_path / "backups")


@pytest.fixture
def removed(alice: User, dana: User, version: Version, before: Path) -> Version:
    item = services.remove_item(actor=alice, item=version.file)
    removal = services.ask_for_removal(actor=alice, item=item, reason="Sent to us by mistake.")
    services.confirm_removal(actor=dana, removal=removal)
    services.finish_removals()
    return version


@pytest.fixture
def restore(tmp_path: Path) -> Callable[[Path], "Restored"]:
    return lambda folder: Restored(folder, tmp_path / "new")


class Restored:
    """An installation of which nothing is left but the roots of the key service, into which a backup is put back."""

    def __init__(self, folder: Path, home: Path) -> None:
        (home / "keyring").mkdir(mode=0o700, parents=True)
        home.chmod(0o700)
        shutil.copy(active.KEYRING_DIRECTORY / "roots.json", home / "keyring" / "roots.json")
        name = f"{connection.settings_dict['NAME']}_removed"
        urls = [beside(embedded_postgres().url, one) for one in (name, f"{name}_keys")]
        for url in urls:
            make_database(url, afresh=True)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.endswith("_DIRECTORY")},
            "ITHACA_HOME": str(home),
            "DATABASE_URL": urls[0],
            "SUBJECT_KEYS_URL": urls[1],
            "LEDGER_ORIGIN": active.LEDGER_ORIGIN,
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
        }
        self.done = self._manage("restore", str(folder))

    def read(self, version: Version) -> str:
        done = self._manage("shell", "--no-imports", "--command", _READ.format(version=version.pk))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    def _manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self._environment, check=False, capture_output=True, text=True, timeout=120
        )


def back_up(directory: Path) -> Path:
    folder, made = make_backup(actor=OPERATOR, directory=directory, say=lambda _: None, operator="root")
    assert made.findings == ()
    return folder


def destroy_old_generation(root: str) -> None:
    """Rotate a root and let its old generation end, as docs/keys.md says."""
    rotation = services.rotate_root(actor=OFFICER, root=root)
    continue_rotation(rotation, 60)
    services.destroy_root(actor=OFFICER, root=root, generation=rotation.generation - 1)


def test_a_backup_from_before_brings_it_back_while_its_keys_exist(
    removed: Version, before: Path, restore: Callable[[Path], Restored]
) -> None:
    restored = restore(before)
    assert restored.done.returncode == 0, restored.done.stderr
    assert restored.read(removed) == hashlib.sha256(CONTENT).hexdigest()


def test_a_backup_from_before_opens_no_more_once_the_generation_of_its_root_is_destroyed(
    removed: Version, before: Path, restore: Callable[[Path], Restored]
) -> None:
    destroy_old_generation("backups")
    with pytest.raises(KeyServiceRefused):
        verify_backup(folder=before, say=lambda _: None)
    restored = restore(before)
    assert restored.done.returncode == 1
    assert "does not know the key" in restored.done.stdout + restored.done.stderr


def test_a_backup_from_after_holds_nothing_of_it(removed: Version, tmp_path: Path) -> None:
    folder = back_up(tmp_path / "later")
    assert Manifest.read(folder)[0].blobs == 0
    assert list((tmp_path / "later").rglob(removed.blob.hex)) == []


def test_a_copy_of_the_rows_from_before_opens_no_more_once_the_root_of_workspaces_is_destroyed(
    alice: User, dana: User, version: Version, settings: Any
) -> None:
    settings.KEY_ROTATION_SETTLES = timedelta(0)
    copied = WorkspaceKey.objects.get(pk=version.workspace_key_id)
    item = services.remove_item(actor=alice, item=version.file)
    removal = services.ask_for_removal(actor=alice, item=item, reason="Sent to us by mistake.")
    services.confirm_removal(actor=dana, removal=removal)
    assert key_service().unwrap("workspaces", bytes(copied.wrapped_key), context_of(copied))
    destroy_old_generation("workspaces")
    with pytest.raises(KeyServiceRefused):
        key_service().unwrap("workspaces", bytes(copied.wrapped_key), context_of(copied))

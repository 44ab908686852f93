"""A backup holds everything but the roots, opens only with them, and becomes a working installation again."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from accounts.permissions import Right as PlatformRight
from config.backup import databases, services
from config.backup.manifest import Manifest
from config.backup.services import (
    OPERATOR,
    make_backup,
    prune_backups,
    rehearse_restore,
    restore_backup,
    verify_backup,
)
from config.database import beside, embedded_postgres, make_database
from core.access import Service
from core.errors import Conflict, DamagedContent, InvalidInput, Refused
from core.kms import KeyServiceRefused
from ledger_bridge.alone import alone
from ledger_bridge.models import Checkpoint, Entry
from ledger_bridge.services import sequence_entries
from tests.stack import ROOT
from tests.workspaces.conftest import put
from workspaces.escrow import bundle
from workspaces.escrow.shares import combine, parse
from workspaces.keys import forget_keys
from workspaces.models import Version
from workspaces.services import create_workspace, make_escrow

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = b"subject,visit,dose\n12-001,2,5 mg\n" * 5000


@pytest.fixture(autouse=True)
def _own_directories(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.BLOB_DIRECTORY = tmp_path / "blobs"
    forget_keys()
    yield
    forget_keys()
    shutil.rmtree(bundle.directory(), ignore_errors=True)


@pytest.fixture
def version(alice: User) -> Version:
    made = put(alice, create_workspace(actor=alice, name="Site 12"), "doses.csv", CONTENT)
    sequence_entries()
    return made


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def quiet(line: str) -> None:
    assert line


def back_up(directory: Path) -> Path:
    folder, made = make_backup(actor=OPERATOR, directory=directory, say=quiet, operator="root")
    assert made.findings == ()
    return folder


def findings(folder: Path) -> tuple[str, ...]:
    return verify_backup(folder=folder, say=quiet).findings


def test_a_backup_is_whole(version: Version, backups: Path) -> None:
    folder = back_up(backups)
    assert findings(folder) == ()
    assert Manifest.read(folder)[0].blobs == 1


def test_it_is_recorded(version: Version, backups: Path) -> None:
    back_up(backups)
    assert Entry.objects.filter(kind="backup.made").count() == 1


def test_it_takes_a_right(backups: Path) -> None:
    with pytest.raises(Refused):
        make_backup(actor=Service("somebody"), directory=backups, say=quiet, operator="root")
    assert not backups.exists()


def test_nothing_in_it_is_readable_without_the_key_service(version: Version, backups: Path) -> None:
    back_up(backups)
    held = b"".join(path.read_bytes() for path in backups.rglob("*") if path.is_file())
    for secret in (b"Site 12", b"doses.csv", b"Alice Brandt", b"12-001", b"CREATE TABLE"):
        assert secret not in held


@pytest.mark.parametrize("name", ["database", "subject-keys", "log-keys", "ledger", "blobs"])
def test_a_changed_part_is_found(version: Version, backups: Path, name: str) -> None:
    folder = back_up(backups)
    flip(folder / f"{name}.sealed")
    assert findings(folder) == (f"The part “{name}” of this backup is not the one that was written.",)


def test_a_changed_file_is_found(version: Version, backups: Path) -> None:
    folder = back_up(backups)
    flip(backups / "blobs" / version.blob.hex[:2] / version.blob.hex)
    assert findings(folder) == (f"The bytes of {version.blob} are not the ones that were recorded.",)


def test_parts_cannot_stand_in_for_each_other(version: Version, backups: Path) -> None:
    folder = back_up(backups)
    shutil.copy(folder / "ledger.sealed", folder / "log-keys.sealed")
    assert len(findings(folder)) == 1


@pytest.mark.parametrize("field", ["made_at", "checkpoint", "blobs"])
def test_a_changed_manifest_is_refused(version: Version, backups: Path, field: str) -> None:
    folder = back_up(backups)
    content = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(content | {field: 7 if field == "blobs" else "other"}))
    with pytest.raises(DamagedContent, match="changed after it was written"):
        verify_backup(folder=folder, say=quiet)


def test_a_folder_that_is_no_backup_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="There is no backup in"):
        verify_backup(folder=tmp_path, say=quiet)


def test_another_installation_s_roots_do_not_open_it(
    version: Version, backups: Path, settings: Any, tmp_path: Path
) -> None:
    folder = back_up(backups)
    settings.KEYRING_DIRECTORY = tmp_path / "another"
    with pytest.raises(KeyServiceRefused):
        verify_backup(folder=folder, say=quiet)


def test_a_damaged_file_is_reported_and_left_out(version: Version, backups: Path, settings: Any) -> None:
    flip(next(path for path in settings.BLOB_DIRECTORY.glob("?/?/*")))
    folder, made = make_backup(actor=OPERATOR, directory=backups, say=quiet, operator="root")
    assert made.findings == (f"The bytes of {version.blob} are not the ones that were recorded.",)
    assert findings(folder) == ()


def test_files_are_copied_once_for_all_backups(
    version: Version, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(backups)
    copy = backups / "blobs" / version.blob.hex[:2] / version.blob.hex
    written = copy.stat().st_mtime_ns
    monkeypatch.setattr(services, "datetime", _Later)
    back_up(backups)
    assert copy.stat().st_mtime_ns == written


def test_old_backups_go_with_the_files_that_only_they_had(
    version: Version, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = back_up(backups)
    stray = backups / "blobs" / "ab" / ("ab" * 16)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"a file of an older backup")
    monkeypatch.setattr(services, "datetime", _Later)
    new = back_up(backups)
    assert prune_backups(actor=OPERATOR, directory=backups, keep=1, operator="root") == 1
    assert not old.exists()
    assert not stray.exists()
    assert findings(new) == ()


def test_nothing_is_removed_while_another_backup_is_being_made(version: Version, backups: Path) -> None:
    kept = back_up(backups)
    with alone(backups / "lock") as is_ours:
        assert is_ours
        with pytest.raises(Conflict, match="Another backup is being made"):
            prune_backups(actor=OPERATOR, directory=backups, keep=0, operator="root")
        with pytest.raises(Conflict, match="Another backup is being made"):
            back_up(backups)
    assert findings(kept) == ()


def test_that_nothing_was_removed_is_no_event(version: Version, backups: Path) -> None:
    back_up(backups)
    assert prune_backups(actor=OPERATOR, directory=backups, keep=1, operator="root") == 0
    assert not Entry.objects.filter(kind="backups.removed").exists()


def test_old_copies_of_subject_keys_go_and_a_newer_one_takes_their_place(
    version: Version, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = back_up(backups)
    monkeypatch.setattr(services, "datetime", _Later)
    monkeypatch.setattr(services, "SUBJECT_KEYS_KEPT", timedelta(minutes=30))
    new = back_up(backups)
    prune_backups(actor=OPERATOR, directory=backups, keep=2, operator="root")
    assert [(one / "subject-keys.sealed").exists() for one in (old, new)] == [False, True]
    assert findings(old) == ()
    with pytest.raises(Conflict, match="--subject-keys"):
        restore_backup(actor=OPERATOR, folder=old, say=quiet, operator="root")


def test_nothing_is_put_back_over_what_is_there(version: Version, backups: Path) -> None:
    folder = back_up(backups)
    content = Manifest.read(folder)
    assert not databases.is_empty(databases.main_database())
    another = Manifest(**{**vars(content[0]), "checkpoint": "of another log\n"})
    another.write(folder, content[1])
    with pytest.raises(Conflict, match="is not empty"):
        restore_backup(actor=OPERATOR, folder=folder, say=quiet, operator="root")


def test_an_empty_machine_becomes_the_installation_again(
    version: Version, backups: Path, empty: dict[str, str]
) -> None:
    folder = back_up(backups)
    put_back = manage(empty, "restore", str(folder))
    assert put_back.returncode == 0, put_back.stderr
    again = manage(empty, "restore", str(folder))
    assert again.returncode == 0, again.stderr  # what broke off is started again like this
    checked = manage(empty, "ledger_fsck")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    head = Checkpoint.objects.order_by("size").last()
    assert head is not None
    assert read_there(empty, version, head) == "same same"


def test_a_restore_is_rehearsed_from_a_backup_and_two_shares_alone(
    version: Version, backups: Path, tmp_path: Path
) -> None:
    sheets = make_escrow(actor=Service("keeper", frozenset({PlatformRight.KEEP_ESCROW}))).sheets
    shares = [tmp_path / "one.txt", tmp_path / "three.txt"]
    for path, sheet in zip(shares, (sheets[0], sheets[2]), strict=True):
        path.write_text(sheet)
    folder = back_up(backups)
    rehearsal = rehearse_restore(actor=OPERATOR, folder=folder, shares=shares, say=quiet, operator="root")
    assert rehearsal.files == 1
    assert Entry.objects.filter(kind="backup.rehearsed").count() == 1


def test_a_rehearsal_names_the_step_that_failed(version: Version, backups: Path, tmp_path: Path) -> None:
    shares = [tmp_path / "one.txt", tmp_path / "two.txt"]
    for path in shares:
        path.write_text("no words of a share")
    with pytest.raises(DamagedContent, match="failed at “escrow”"):
        rehearse_restore(actor=OPERATOR, folder=back_up(backups), shares=shares, say=quiet, operator="root")
    assert not Entry.objects.filter(kind="backup.rehearsed").exists()


def test_a_rehearsal_of_a_local_keyring_needs_two_shares(version: Version, backups: Path) -> None:
    with pytest.raises(InvalidInput, match="two files"):
        rehearse_restore(actor=OPERATOR, folder=back_up(backups), shares=[], say=quiet, operator="root")


@pytest.fixture
def empty(tmp_path: Path, settings: Any) -> dict[str, str]:
    """Return the environment of an installation that has nothing but the roots of the key service."""
    home = tmp_path / "new"
    keyring = home / "keyring"
    home.mkdir(mode=0o700)
    keyring.mkdir(mode=0o700)
    shutil.copy(settings.KEYRING_DIRECTORY / "roots.json", keyring / "roots.json")
    server = embedded_postgres().url
    name = f"{connection.settings_dict['NAME']}_restored"
    urls = [beside(server, one) for one in (name, f"{name}_keys")]
    for url in urls:
        make_database(url, afresh=True)
    return {
        "ITHACA_HOME": str(home),
        "DATABASE_URL": urls[0],
        "SUBJECT_KEYS_URL": urls[1],
        "LEDGER_ORIGIN": settings.LEDGER_ORIGIN,
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
    }


def manage(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_DIRECTORY")}
    return subprocess.run(
        command, cwd=ROOT, env=kept | environment, check=False, capture_output=True, text=True, timeout=120
    )


def read_there(environment: dict[str, str], version: Version, head: Checkpoint) -> str:
    """Open the version in the restored installation, and compare its head."""
    code = f"""
import hashlib
from ledger_bridge.models import Checkpoint
from workspaces.models import Version
from workspaces.permissions import Right
from workspaces.services import open_version
version = Version.objects.select_related("file__workspace__owner").get(pk="{version.pk}")
opened = open_version(actor=version.file.workspace.owner, version=version, right=Right.DOWNLOAD)
content = b"".join(opened.iter_range(0, opened.size))
same = hashlib.sha256(content).hexdigest() == "{bytes(version.plaintext_sha256).hex()}"
root = bytes(Checkpoint.objects.get(size={head.size}).root).hex() == "{bytes(head.root).hex()}"
print("same" if same else "other", "same" if root else "other")
"""
    done = manage(environment, "shell", "--no-imports", "--command", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


class _Later(datetime):
    """A clock that is an hour further, so that the next backup has a folder of its own."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return datetime.now(tz) + timedelta(hours=1)


def test_the_sealed_escrow_of_the_keys_lies_beside_the_manifest(backups: Path, alice: User) -> None:
    made = make_escrow(actor=Service("keeper", frozenset({PlatformRight.KEEP_ESCROW})))
    try:
        folder, _ = make_backup(actor=OPERATOR, directory=backups, say=quiet, operator="root")
        assert (folder / "escrow.c4gh").read_bytes() == bundle.sealed_file().read_bytes()
        secret = combine([parse(sheet) for sheet in made.sheets[1:]])
        assert bundle.open_sealed(folder / "escrow.c4gh", secret) == bundle.present_content()
    finally:
        shutil.rmtree(bundle.directory())

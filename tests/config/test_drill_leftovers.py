"""What a killed rehearsal leaves is removed by the next one, and nothing else is."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.backup.drill import remove_leftovers
from config.embedded_postgres import EmbeddedPostgres
from ledger_bridge.alone import alone
from tests.stack import ROOT

AN_HOUR_AGO = 3600
KILLED = """
import os, signal, sys
from pathlib import Path
import django
django.setup()
from config.backup import drill
from config.embedded_postgres import EmbeddedPostgres

class NoManifest:
    load = staticmethod(lambda folder: None)

def die(home, *args):
    (home / "keyring").mkdir()
    (home / "keyring" / "roots.json").write_text("a root")
    EmbeddedPostgres(home / "postgres").start(durable=False)
    os.kill(os.getpid(), signal.SIGKILL)

drill.Manifest, drill._rebuild = NoManifest, die
drill.rehearse(Path("none"), [], say=print, scratch=Path(sys.argv[1]))
"""


def left(place: Path, name: str = "ithaca-drill-a1b2c3", mode: int = 0o700) -> Path:
    """Make what a rehearsal leaves that was killed an hour ago."""
    path = place / name
    (path / "keyring").mkdir(parents=True)
    (path / "keyring" / "roots.json").write_text("a root")
    path.chmod(mode)
    grow_old(path)
    return path


def grow_old(path: Path) -> None:
    then = time.time() - AN_HOUR_AGO
    os.utime(path, (then, then))


@pytest.mark.parametrize("mode", [0o700, 0o701, 0o711])
def test_what_a_killed_rehearsal_left_is_removed(tmp_path: Path, mode: int) -> None:
    path = left(tmp_path, mode=mode)
    assert (remove_leftovers(tmp_path), path.exists()) == (1, False)


def test_a_directory_of_another_name_is_left_alone(tmp_path: Path) -> None:
    path = left(tmp_path, "ithaca-drills")
    assert (remove_leftovers(tmp_path), path.exists()) == (0, True)


@pytest.mark.parametrize("mode", [0o750, 0o755, 0o777, 0o720, 0o704])
def test_one_that_others_may_read_or_write_is_left_alone(tmp_path: Path, mode: int) -> None:
    path = left(tmp_path, mode=mode)
    assert (remove_leftovers(tmp_path), path.exists()) == (0, True)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_one_of_another_account_is_left_alone(tmp_path: Path) -> None:
    path = left(tmp_path)
    os.chown(path, 12345, 12345)
    assert (remove_leftovers(tmp_path), path.exists()) == (0, True)


def test_a_link_and_a_file_are_left_alone(tmp_path: Path) -> None:
    precious = left(tmp_path, "precious")
    (tmp_path / "ithaca-drill-link").symlink_to(precious)
    (tmp_path / "ithaca-drill-file").write_text("x")
    grow_old(tmp_path / "ithaca-drill-file")
    assert remove_leftovers(tmp_path) == 0
    assert (precious / "keyring" / "roots.json").exists()
    assert (tmp_path / "ithaca-drill-file").exists()


def test_what_a_link_in_it_leads_to_stays(tmp_path: Path) -> None:
    precious = left(tmp_path, "precious")
    path = left(tmp_path)
    (path / "link").symlink_to(precious)
    grow_old(path)
    assert remove_leftovers(tmp_path) == 1
    assert (precious / "keyring" / "roots.json").exists()


def test_one_in_which_a_rehearsal_is_at_work_is_left_alone(tmp_path: Path) -> None:
    path = left(tmp_path)
    with alone(path / "drill.lock"):
        grow_old(path)
        assert (remove_leftovers(tmp_path), path.exists()) == (0, True)


def test_one_that_has_just_begun_is_left_alone(tmp_path: Path) -> None:
    path = left(tmp_path)
    os.utime(path)
    assert (remove_leftovers(tmp_path), path.exists()) == (0, True)


def test_a_rehearsal_that_was_killed_leaves_no_database_running_after_the_next(tmp_path: Path) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, env=environment, check=False, timeout=120
    )
    assert done.returncode == -signal.SIGKILL
    [home] = tmp_path.glob("ithaca-drill-*")
    server = EmbeddedPostgres(home / "postgres")
    assert server.answers()
    grow_old(home)
    assert remove_leftovers(tmp_path) == 1
    assert (server.answers(), list(tmp_path.glob("ithaca-drill-*"))) == (False, [])

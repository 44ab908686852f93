"""The rehearsal of the worst day: an empty directory, a backup and two shares, and nothing else of this machine.

Everything runs in processes of its own with a home of their own and an embedded PostgreSQL, through the very commands
that an operator would type. The live installation is neither read nor changed.

A rehearsal that is killed leaves its directory behind, with keys and databases in it. The next one in the same place
removes it first, if it is what a rehearsal of this account made and no other one is at work in it.
"""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from django.conf import settings

from config.backup.manifest import Manifest
from config.embedded_postgres import EmbeddedPostgres
from core.errors import DamagedContent
from ledger_bridge.alone import alone

Say = Callable[[str], None]
_ROOT = Path(__file__).resolve().parents[2]
# What would lead the rehearsal to the live installation.
_LEADS_OUT = ("DATABASE_URL", "SUBJECT_KEYS_URL", "STORAGE_URL", "LEDGER_TILES", "LEDGER_WITNESS_POLICY", "BROKER_URL")
_PREFIX = "ithaca-drill-"
_LOCK = "drill.lock"
# A rehearsal that has just begun may not have locked its directory yet.
_LEFT_ALONE = 60.0
_READ_OR_WRITTEN_BY_OTHERS = 0o066
_SAME_HEAD = "SELECT count(*) FROM ledger_bridge_checkpoint WHERE note = %s"


@dataclass(frozen=True)
class Rehearsal:
    """How long it took until everything could be read again, and how many sealed files were opened to their end."""

    seconds: float
    files: int


def rehearse(folder: Path, shares: Sequence[Path], *, say: Say, scratch: Path | None = None) -> Rehearsal:
    """Rebuild an installation from a backup in an empty directory, read everything, and throw it away again.

    Raises:
        DamagedContent: with the step that failed and what it said.

    """
    manifest = Manifest.load(folder)
    if left := remove_leftovers(scratch or Path(tempfile.gettempdir())):
        say(f"Removed what {left} earlier rehearsal{'s' if left > 1 else ''} that were broken off had left")
    started = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=scratch))
    with alone(home / _LOCK):
        try:
            _rebuild(home, folder.resolve(), [share.resolve() for share in shares], say)
            say("Comparing the head of the ledger")
            _require_same_head(home, manifest)
            return Rehearsal(time.monotonic() - started, manifest.blobs)
        finally:
            _throw_away(home)


def remove_leftovers(place: Path) -> int:
    """Throw away what rehearsals of this account that were killed have left in a place, and return how many."""
    removed = 0
    for path in sorted(place.glob(f"{_PREFIX}*")):
        if _is_ours_and_old(path):
            with alone(path / _LOCK) as nobody_works_in_it:
                if nobody_works_in_it:
                    _throw_away(path)
                    removed += not path.exists()
    return removed


def _is_ours_and_old(path: Path) -> bool:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.getuid()
        and not status.st_mode & _READ_OR_WRITTEN_BY_OTHERS
        and time.time() - status.st_mtime > _LEFT_ALONE
    )


def _throw_away(home: Path) -> None:
    EmbeddedPostgres(home / "postgres").stop("immediate")
    shutil.rmtree(home, ignore_errors=True)


def _rebuild(home: Path, folder: Path, shares: list[Path], say: Say) -> None:
    if shares:
        say("Rebuilding the keys from two shares")
        _manage(home, "escrow", "restore", *map(str, shares), "--file", str(folder / "escrow.c4gh"))
    say("Putting the backup back")
    _manage(home, "restore", str(folder))
    say("Opening every sealed file to its end")
    _manage(home, "fsck", "--deep")
    say("Deriving the whole ledger again")
    _manage(home, "ledger_fsck")


def _manage(home: Path, *command: str) -> None:
    done = subprocess.run(  # noqa: S603  our own command, no shell
        [sys.executable, "manage.py", *command],
        cwd=_ROOT,
        env=_environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()[-5:]
        raise DamagedContent(f"The rehearsal failed at “{command[0]}”: " + " ".join(said))


def _environment(home: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.removesuffix("_FILE") not in _LEADS_OUT and not name.endswith("_DIRECTORY")
    }
    return kept | {
        "ITHACA_HOME": str(home),
        "ITHACA_WALKTHROUGH": "false",
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "LEDGER_ORIGIN": settings.LEDGER_ORIGIN,
    }


def _require_same_head(home: Path, manifest: Manifest) -> None:
    database = psycopg2.connect(EmbeddedPostgres(home / "postgres").url)
    try:
        with database.cursor() as cursor:
            cursor.execute(_SAME_HEAD, [manifest.checkpoint])
            found = cursor.fetchone()
    finally:
        database.close()
    if manifest.checkpoint and found != (1,):
        raise DamagedContent("The rebuilt ledger does not hold the checkpoint of the backup.")

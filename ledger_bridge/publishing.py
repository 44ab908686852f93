"""The published checkpoint: one file that only ever moves forward, and the check that keeps the log from forking.

What is in the file has been seen by others. A database that is behind it, or tells another history, was restored from a
backup or tampered with; signing on would make a fork, the one thing a log must never do.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from core.errors import Unavailable
from ledger_bridge import proofs
from ledger_bridge.models import Checkpoint
from ledger_bridge.signing import log_policy
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.errors import TlogError
from ledger_bridge.tlog.note import parse

logger = logging.getLogger(__name__)


class RolledBack(Unavailable):
    """The database is behind what was published, or tells another history. Nothing was signed."""


def read_published() -> bytes | None:
    """Return the published checkpoint note, if there is one."""
    try:
        return _path().read_bytes()
    except FileNotFoundError:
        return None


def published_size() -> int:
    """Return how many entries the published checkpoint covers."""
    note = read_published()
    return Head.parse(parse(note).text).size if note else 0


def publish_latest() -> None:
    """Write the newest committed checkpoint to the file, unless the file is as new. Safe to repeat."""
    with _lock():
        latest = Checkpoint.objects.order_by("size").last()
        published = read_published()
        if latest and (published is None or _head(published).size < latest.size):
            _write(latest.note.encode())


def require_no_rollback(size: int) -> None:
    """Refuse to go on from a tree of this size if anything newer, or anything else, was published before.

    Raises:
        RolledBack: with a sentence that says how to recover.

    """
    last = Checkpoint.objects.order_by("size").last()
    if (last.size if last else 0) != size:
        raise _refusal(f"The tree has {size} entries, but the last signed checkpoint has {last.size if last else 0}.")
    published = read_published()
    if published is None:
        _warn_unpublished(size)
    elif last is None or published != last.note.encode():
        _compare(_head(published), size)


def _compare(published: Head, size: int) -> None:
    if published.size > size:
        raise _refusal(f"The published checkpoint has {published.size} entries, this database only {size}.")
    if proofs.root_at(published.size) != published.root:
        raise _refusal(f"The first {published.size} entries of this database are not those that were published.")


def _head(note: bytes) -> Head:
    try:
        return log_policy().open_checkpoint(note)[0]
    except TlogError as error:
        raise _refusal(f"The published checkpoint is not one of this log ({error}).") from error


def _refusal(reason: str) -> RolledBack:
    logger.critical("The ledger refuses to sign. %s", reason)
    return RolledBack(
        f"{reason} Nothing was signed. Restore the newest backup of the database and replay its write-ahead log until"
        " it holds the published checkpoint, then run “manage.py ledger_fsck”. If those entries are lost for good,"
        " retire this log and start one with a new origin: see “When the log was rolled back” in docs/ledger.md."
    )


def _warn_unpublished(size: int) -> None:
    if size:
        logger.warning("No published checkpoint stands in %s; it is written again now.", settings.LEDGER_DIRECTORY)


def _path() -> Path:
    return Path(settings.LEDGER_DIRECTORY) / "checkpoint"


@contextmanager
def _lock() -> Iterator[None]:
    _path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _path().with_name("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(note: bytes) -> None:
    temporary = _path().with_name("checkpoint.new")
    with temporary.open("wb") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(_path())
    directory = os.open(_path().parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)

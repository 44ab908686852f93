"""The published checkpoint: one file that only ever moves forward, and the check that keeps the log from forking.

What is in the file has been seen by others. A database that is behind it, or tells another history, was restored from a
backup or tampered with; signing on would make a fork, the one thing a log must never do. The same holds of checkpoints
that witnesses showed us and this database does not know: they lie beside it as `seen-….note` until it does, and what
the chain showed as `seen-….anchor`, without signatures.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from core.errors import Unavailable
from ledger_bridge import proofs
from ledger_bridge.failpoints import reach
from ledger_bridge.models import Checkpoint
from ledger_bridge.signing import log_policy
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.errors import TlogError
from ledger_bridge.tlog.note import parse
from ledger_bridge.witnessing.models import Publication
from ledger_bridge.witnessing.published import latest_published

logger = logging.getLogger(__name__)


class RolledBack(Unavailable):
    """The database is behind what was published, or tells another history. Nothing was signed."""

    remedy = (
        "Nothing was signed. Restore the newest backup of the database and replay its write-ahead log until it holds"
        " that checkpoint, then run “manage.py ledger_fsck”. “manage.py ledger_recover” shows where the heads differ."
        " If those entries are lost for good, retire this log and start one with a new origin: see “When the log was"
        " rolled back” in docs/ledger.md."
    )


class Retired(RolledBack):
    """The log of this origin has ended."""

    remedy = "Nothing was signed."


def read_published() -> bytes | None:
    """Return the published checkpoint note, if there is one."""
    try:
        return _path().read_bytes()
    except FileNotFoundError:
        return None


def publish_latest() -> None:
    """Write the newest checkpoint that has its quorum to the file, unless the file is as new. Safe to repeat."""
    latest = latest_published()
    if latest is None:
        return
    with _lock():
        reach("publication locked")
        published = read_published()
        if published is None or _needs_writing(published, latest):
            _write(latest.note.encode())


def require_no_rollback(size: int) -> None:
    """Refuse to go on from a tree of this size if anything newer, or anything else, was shown to somebody before.

    Raises:
        RolledBack: with a sentence that says how to recover.

    """
    if _retired_path().exists():
        raise _refusal("This log was retired and is never signed for again; set a new LEDGER_ORIGIN.", Retired)
    last = Checkpoint.objects.order_by("size").last()
    if (last.size if last else 0) != size:
        raise _refusal(f"The tree has {size} entries, but the last signed checkpoint has {last.size if last else 0}.")
    published = read_published()
    if published is None:
        _warn_unpublished(size)
    elif last is None or published != last.note.encode():
        _compare(_head(published), size, "published checkpoint")
    for seen in seen_elsewhere():
        _compare(_seen(seen), size, "anchor on the chain" if _is_anchor(seen) else "checkpoint that a witness holds")
        # The database holds it again: it says nothing new.
        seen.unlink(missing_ok=True)
    _halted_path().unlink(missing_ok=True)


def keep_seen(note: bytes) -> None:
    """Keep a checkpoint that this log signed and this database does not know: evidence that it was rolled back."""
    # Named for what was signed: anybody may add lines of unknown signers, and must not fill the disk with them.
    signed = sha256(parse(note).text).hexdigest()[:16]
    with _lock():
        _write(note, _path().with_name(f"seen-{signed}.note"))


def keep_anchored(head: Head) -> None:
    """Keep what the chain holds and this database does not know: the node may not answer the next time."""
    text = head.marshal()
    with _lock():
        _write(text, _path().with_name(f"seen-{sha256(text).hexdigest()[:16]}.anchor"))


def seen_elsewhere() -> list[Path]:
    return sorted([*_path().parent.glob("seen-*.note"), *_path().parent.glob("seen-*.anchor")])


def open_seen(name: str, note: bytes) -> Head:
    """Read a published checkpoint, or one of those that were seen elsewhere, by the name of its file.

    Raises:
        TlogError: when it is none of this log.

    """
    return Head.parse(note) if name.endswith(".anchor") else log_policy().open_checkpoint(note)[0]


def contradicts(head: Head) -> bool:
    """Say whether a checkpoint that this log signed is ahead of this database, or tells another history."""
    last = Checkpoint.objects.order_by("size").last()
    return head.size > (last.size if last else 0) or proofs.root_at(head.size) != head.root


def rolled_back() -> str | None:
    """Say why this database cannot be the newest, if that shows: for whoever destroys what it does not know.

    Changes nothing. That nothing shows does not make a database the newest.
    """
    if reason := halted():
        return reason
    for path in [*seen_elsewhere(), *filter(Path.exists, [_path()])]:
        try:
            head = open_seen(path.name, path.read_bytes())
        except TlogError as error:
            return f"The published checkpoint is not one of this log ({error})."
        if contradicts(head):
            return f"A checkpoint of {head.size} entries is newer than this database, or tells another history."
    return None


def halted() -> str | None:
    """Return why nothing is signed, if that is so."""
    try:
        return _halted_path().read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def retire(note: bytes) -> None:
    """Never sign for this log again: keep its last known checkpoint where every sequencer looks first."""
    with _lock():
        _write(note, _retired_path())


def _needs_writing(published: bytes, latest: Checkpoint | Publication) -> bool:
    size = _head(published).size
    return size < latest.size or (size == latest.size and published != latest.note.encode())


def _compare(shown: Head, size: int, whose: str) -> None:
    if shown.size > size:
        raise _refusal(f"The {whose} has {shown.size} entries, this database only {size}.")
    if proofs.root_at(shown.size) != shown.root:
        raise _refusal(f"The first {shown.size} entries of this database are not those of the {whose}.")


def _head(note: bytes) -> Head:
    try:
        return log_policy().open_checkpoint(note)[0]
    except TlogError as error:
        raise _refusal(f"The published checkpoint is not one of this log ({error}).") from error


def _seen(path: Path) -> Head:
    try:
        return open_seen(path.name, path.read_bytes())
    except TlogError as error:
        raise _refusal(f"{path.name} is not a checkpoint of this log ({error}).") from error


def _is_anchor(path: Path) -> bool:
    return path.suffix == ".anchor"


def _refusal(reason: str, kind: "type[RolledBack] | None" = None) -> RolledBack:
    logger.critical("The ledger refuses to sign. %s", reason)
    # Under a lock of its own: whoever refuses may hold the other already.
    with _lock("halted.lock"):
        _write(reason.encode(), _halted_path())
    return (kind or RolledBack)(f"{reason} {(kind or RolledBack).remedy}")


def _warn_unpublished(size: int) -> None:
    if size:
        logger.warning("No published checkpoint stands in %s; it is written again now.", settings.LEDGER_DIRECTORY)


def _path() -> Path:
    return Path(settings.LEDGER_DIRECTORY) / "checkpoint"


def _halted_path() -> Path:
    return _path().with_name("halted")


def _retired_path() -> Path:
    origin = sha256(settings.LEDGER_ORIGIN.encode()).hexdigest()[:16]
    return _path().with_name(f"retired-{origin}.note")


@contextmanager
def _lock(name: str = "lock") -> Iterator[None]:
    _path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _path().with_name(name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(note: bytes, path: Path | None = None) -> None:
    path = path or _path()
    # Always of the same name, under a lock: what a process left behind when it died is written over by the next.
    temporary = path.with_name(f"{path.name}.new")
    with temporary.open("wb") as file:
        file.write(note)
        reach("file written")
        file.flush()
        os.fsync(file.fileno())
    reach("file on disk")
    temporary.rename(path)
    reach("file renamed")
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
        reach("directory on disk")
    finally:
        os.close(directory)

"""The deeds: make a backup, look whether one is whole, put one back, and let old ones go."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from accounts.permissions import Right as PlatformRight
from config.backup import blobs, databases, folders
from config.backup.drill import Rehearsal, rehearse
from config.backup.manifest import ROOT, Manifest, is_backup, key_context
from config.backup.parts import Part, part_path, read_part, require_whole, write_part
from core.access import Actor, Service, require
from core.errors import Conflict, DamagedContent, InvalidInput
from core.kms import key_service
from core.templatetags.ui import filesize
from ledger_bridge.alone import alone
from ledger_bridge.events import BackupMade, BackupRehearsed, BackupRestored, BackupsRemoved
from ledger_bridge.models import Checkpoint
from ledger_bridge.permissions import Right
from ledger_bridge.recording import record_durably
from workspaces.escrow import bundle
from workspaces.escrow.shares import NEEDED as SHARES_NEEDED
from workspaces.services import renew_escrow

OPERATOR = Service("operator", frozenset({Right.KEEP_BACKUPS, PlatformRight.KEEP_ESCROW}))
DATABASE, SUBJECT_KEYS, LOG_KEYS, LEDGER, BLOBS = "database", "subject-keys", "log-keys", "ledger", "blobs"
_NOT_WITH_THE_LOG_KEYS = ("roots.json", "escrow.c4gh", "escrow.pub", "escrow.json", "restored.json")
_SAY_EVERY = 1000
SUBJECT_KEYS_KEPT = timedelta(days=30)
"""An erasure is undone by an older copy of these keys; docs/running.md tells people this date."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What was made, looked at or put back, and what was wrong with it: one sentence for each finding."""

    manifest: Manifest
    findings: tuple[str, ...] = ()


def make_backup(*, actor: Actor, directory: Path, say: Say, operator: str) -> tuple[Path, Outcome]:
    """Copy everything that a restore needs, but for the key service's roots, into a new folder below `directory`.

    First the database, then the keys of subjects and the files: what the copied rows point to was there before them.

    Raises:
        Refused: without the right.
        Conflict: another one is being made in this directory, or old ones are being removed from it.
        StorageFull: the disk takes no more. What was begun has no manifest and is no backup.

    """
    require(actor, Right.KEEP_BACKUPS)
    with _only_one_in(directory):
        return _make(actor, directory, say, operator)


def _make(actor: Actor, directory: Path, say: Say, operator: str) -> tuple[Path, Outcome]:
    backup, now = str(uuid4()), datetime.now(UTC)
    key, wrapped = key_service().generate(ROOT, key_context(backup))
    folder = directory / f"{now:%Y-%m-%dT%H-%M-%SZ}"
    folder.mkdir(mode=0o700, parents=True)
    record_durably(BackupMade(backup=backup, operator=operator), actor=actor)
    checkpoint = _newest_checkpoint()
    _copy_escrow(actor, folder)
    copying = _Copying(directory / BLOBS, say)
    parts = {}
    for name, chunks in (_small_parts() | {BLOBS: copying.lines()}).items():
        say(f"Copying: {name}")
        parts[name] = write_part(folder, name, key, chunks)
    manifest = Manifest(
        id=backup,
        made_at=now.isoformat(),
        checkpoint=checkpoint,
        wrapped_key=wrapped,
        parts=parts,
        blobs=copying.count,
        blob_bytes=copying.size,
    )
    manifest.write(folder, key)
    return folder, Outcome(manifest, tuple(copying.findings))


def verify_backup(*, folder: Path, say: Say) -> Outcome:
    """Read every byte of a backup and compare it with what was written.

    Raises:
        InvalidInput: there is no backup in this folder.
        KeyServiceRefused: the key service cannot open it.

    """
    manifest, key = Manifest.read(folder)
    findings = []
    for name, part in manifest.parts.items():
        if name == SUBJECT_KEYS and not part_path(folder, name).exists():
            say("The keys of subjects were removed from this backup; take them from a newer one.")
            continue
        say(f"Reading: {name}")
        findings += _finding(_read_whole, folder, name, key, part)
    if not findings:
        say(f"Reading: {manifest.blobs} sealed files")
        for blob in _listed(folder, manifest, key):
            findings += _finding(_drain, blobs.blocks_of_copy(blob, folder.parent / BLOBS))
    return Outcome(manifest, tuple(findings))


def restore_backup(*, actor: Actor, folder: Path, say: Say, operator: str, subject_keys: Path | None = None) -> Outcome:
    """Put a backup back into an empty installation. Started again after it broke off, it goes on with the files.

    `subject_keys` is the backup to take the keys of subjects from: any newer one has those of all that was not erased.

    Raises:
        Refused: without the right.
        Conflict: there is something already where it would be put.

    """
    require(actor, Right.KEEP_BACKUPS)
    manifest, key = Manifest.read(folder)
    sources = dict.fromkeys(manifest.parts, folder) | {SUBJECT_KEYS: subject_keys or folder}
    _require_subject_keys(sources[SUBJECT_KEYS])
    for name, source in sources.items():
        require_whole(source, name, Manifest.read(source)[0].parts[name])
    if not _holds(manifest):
        for name, database in _databases().items():
            say(f"Putting back: {name}")
            _restore_database(name, database, _part(sources[name], name))
    for name, directory in _directories().items():
        say(f"Putting back: {name}")
        folders.unpack(directory, _part(folder, name))
    findings = _restore_blobs(folder, manifest, key, say)
    record_durably(BackupRestored(backup=manifest.id, made_at=manifest.made_at, operator=operator), actor=actor)
    return Outcome(manifest, tuple(findings))


def rehearse_restore(
    *, actor: Actor, folder: Path, shares: Sequence[Path], say: Say, operator: str, scratch: Path | None = None
) -> Rehearsal:
    """Rebuild the installation from a backup and two shares in an empty directory, read everything, throw it away.

    Raises:
        Refused: without the right.
        InvalidInput: there is no backup in this folder, or a local keyring would be rebuilt without two shares.
        DamagedContent: a step failed.

    """
    require(actor, Right.KEEP_BACKUPS)
    if settings.KEY_SERVICE == "local" and len(shares) != SHARES_NEEDED:
        raise InvalidInput("Name two files with shares of the escrow: the roots are in no backup.")
    done = rehearse(folder, shares, say=say, scratch=scratch)
    event = BackupRehearsed(backup=Manifest.load(folder).id, files=done.files, operator=operator)
    record_durably(event, actor=actor)
    return done


def prune_backups(*, actor: Actor, directory: Path, keep: int, operator: str) -> int:
    """Remove all but the newest `keep` backups, and the files that only they had. Return how many were removed.

    Of those that are kept, copies of subject keys go after SUBJECT_KEYS_KEPT: they would bring back what was erased.

    Raises:
        Refused: without the right.
        Conflict: one is being made in this directory.
        DamagedContent, KeyServiceRefused: one that is kept cannot be read, so nobody can say which files it needs.

    """
    require(actor, Right.KEEP_BACKUPS)
    with _only_one_in(directory):
        return _prune(actor, directory, keep, operator)


def _prune(actor: Actor, directory: Path, keep: int, operator: str) -> int:
    found = sorted(folder for folder in directory.iterdir() if is_backup(folder))
    kept, old = found[-keep:], found[:-keep]
    needed = {blob.name.hex for folder in kept for blob in _listed(folder, *Manifest.read(folder))}
    if old:
        record_durably(BackupsRemoved(count=len(old), kept=len(kept), operator=operator), actor=actor)
    for folder in old:
        # Without its manifest it is no backup any more, also when this is cut off in the middle.
        (folder / "manifest.json").unlink()
        shutil.rmtree(folder)
    for path in directory.glob(f"{BLOBS}/*/*"):
        if path.name not in needed:
            path.unlink()
    for folder in kept:
        if datetime.now(UTC) - datetime.fromisoformat(Manifest.read(folder)[0].made_at) > SUBJECT_KEYS_KEPT:
            part_path(folder, SUBJECT_KEYS).unlink(missing_ok=True)
    return len(old)


@contextmanager
def _only_one_in(directory: Path) -> Iterator[None]:
    """Keep others out of this directory: pruning takes files away that a backup without a manifest yet counts on."""
    with alone(directory / "lock") as is_ours:
        if not is_ours:
            raise Conflict(
                f"Another backup is being made in {directory}, or old ones removed. Try again when it is done."
            )
        yield


class _Copying:
    """Copies sealed files out of the store while the list of them is written."""

    def __init__(self, directory: Path, say: Say) -> None:
        self._directory = directory
        self._say = say
        self.count = self.size = 0
        self.findings: list[str] = []

    def lines(self) -> Iterator[bytes]:
        for blob in blobs.recorded_blobs():
            wrong = _finding(blobs.copy_out, blob, self._directory)
            self.findings += wrong
            if not wrong:
                self.count += 1
                self.size += blob.size
                yield blob.line()
            if self.count % _SAY_EVERY == 0:
                self._say(f"Copying: {self.count} sealed files, {filesize(self.size)}")


def _copy_escrow(actor: Actor, folder: Path) -> None:
    """Keep what two shares open beside the manifest: the backup itself opens only with the keys that are in it.

    Sealed anew first: it must hold the root under which this very backup is.
    """
    if bundle.exists():
        renew_escrow(actor=actor)
        copy = folder / bundle.sealed_file().name
        copy.touch(mode=0o600)
        copy.write_bytes(bundle.sealed_file().read_bytes())


def _small_parts() -> dict[str, Iterator[bytes]]:
    copies = {name: databases.dump(database) for name, database in _databases().items()}
    return copies | {
        LOG_KEYS: folders.pack(settings.KEYRING_DIRECTORY, without=_NOT_WITH_THE_LOG_KEYS),
        LEDGER: folders.pack(settings.LEDGER_DIRECTORY),
    }


def _databases() -> dict[str, databases.Address]:
    return {DATABASE: databases.main_database(), SUBJECT_KEYS: databases.subject_keys_database()}


def _directories() -> dict[str, Path]:
    return {LOG_KEYS: settings.KEYRING_DIRECTORY, LEDGER: settings.LEDGER_DIRECTORY}


def _holds(manifest: Manifest) -> bool:
    """Whether the databases of this very backup, or what became of them, stand here already."""
    if databases.is_empty(databases.main_database()):
        return False
    return bool(manifest.checkpoint) and Checkpoint.objects.filter(note=manifest.checkpoint).exists()


def _restore_database(name: str, database: databases.Address, chunks: Iterator[bytes]) -> None:
    if not databases.is_empty(database):
        raise Conflict(f"The database for “{name}” is not empty. Nothing was put back: make an empty one first.")
    databases.load(database, chunks)


def _restore_blobs(folder: Path, manifest: Manifest, key: bytes, say: Say) -> list[str]:
    findings = []
    for number, blob in enumerate(_listed(folder, manifest, key), start=1):
        findings += _finding(blobs.copy_in, blob, folder.parent / BLOBS)
        if number % _SAY_EVERY == 0 or number == manifest.blobs:
            say(f"Putting back: {number} of {manifest.blobs} sealed files")
    return findings


def _part(folder: Path, name: str) -> Iterator[bytes]:
    manifest, key = Manifest.read(folder)
    return read_part(folder, name, key, manifest.parts[name])


def _require_subject_keys(folder: Path) -> None:
    if not part_path(folder, SUBJECT_KEYS).exists():
        raise Conflict("The keys of subjects were removed from this backup. Name a newer one with --subject-keys.")


def _listed(folder: Path, manifest: Manifest, key: bytes) -> Iterator[blobs.Blob]:
    return blobs.listed_blobs(read_part(folder, BLOBS, key, manifest.parts[BLOBS]))


def _read_whole(folder: Path, name: str, key: bytes, part: Part) -> None:
    require_whole(folder, name, part)
    _drain(read_part(folder, name, key, part))


def _drain(chunks: Iterator[bytes]) -> None:
    for _ in chunks:
        pass


def _finding(check: Callable[..., None], *arguments: object) -> list[str]:
    try:
        check(*arguments)
    except DamagedContent as error:
        return [error.sentence]
    return []


def _newest_checkpoint() -> str:
    newest = Checkpoint.objects.order_by("size").last()
    return newest.note if newest else ""

"""Holds the row of a version against the entry that recorded it.

The row lies in a table that whoever administers the database can change. Its entry is committed to in the log, and
carries a code that only this installation can make, so a row that says something else was changed. The name of the blob
is not committed to: what lies there must open under the key whose commitment is.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from core.errors import DamagedContent, Unavailable
from ledger_bridge.disclosure import stored_entry
from ledger_bridge.entry_codes import coded_of, codes, codes_begin
from ledger_bridge.erasure.accounts import is_accounted_for
from ledger_bridge.fsck import Problem
from ledger_bridge.models import Entry
from ledger_bridge.stored_entry import StoredEntry
from ledger_bridge.tlog.entry import commitment
from ledger_bridge.tlog.errors import FormatError
from workspaces.events import VersionUploaded
from workspaces.models import Removal, Version
from workspaces.removal.events import ItemShredded
from workspaces.storage import blob_store


def difference(version: Version) -> str | None:
    """Return a sentence that says what the entry of a version does not bear out, or None.

    Raises:
        Unavailable: when the key service does not answer.

    """
    return entry_difference(version.entry, _recorded(version))


def entry_difference(entry: UUID, recorded: Mapping[str, Any]) -> str | None:
    """Return a sentence that says which of these fields the entry does not bear out, or None.

    Raises:
        Unavailable: when the key service does not answer.

    """
    stored = stored_entry(str(entry))
    if stored is None:
        return "Its entry is missing from the ledger."
    if not stored.is_readable and is_accounted_for(stored):
        # Who did it, or all about it, was erased from the ledger: there is nothing left to hold the row against.
        return None
    if not _is_ours(stored):
        return "Its entry was not made by this installation, or was changed."
    # An entry that is older than one of its fields says nothing about it, as the row does.
    wrong = [name for name, value in recorded.items() if stored.fields.get(name, "") != value]
    return f"Its row differs from its entry in {', '.join(wrong)}." if wrong else None


def require_same(version: Version) -> None:
    """Refuse a version whose row is not what was recorded.

    Raises:
        DamagedContent: saying what differs.

    """
    if found := difference(version):
        raise DamagedContent(found)


def check_versions() -> Iterator[Problem]:
    """Compare every version with its entry and its bytes, and every recorded upload with its version: for fsck."""
    for version in Version.objects.select_related("file").order_by("pk").iterator(chunk_size=500):
        where = f"version {version.pk}"
        if version.shredded_at:
            yield from (Problem(where, found) for found in lost_without_ground(version))
            continue
        try:
            if found := difference(version):
                yield Problem(where, found)
            if blob_store().size(version.blob) != version.body_size:
                yield Problem(where, "Its stored bytes are more or fewer than were recorded.")
        except (DamagedContent, Unavailable) as error:
            yield Problem(where, error.sentence)
    kept = Version.objects.filter(entry=OuterRef("pk"))
    uploads = Entry.objects.filter(~Exists(kept), kind=VersionUploaded.kind)
    for entry in uploads.values_list("pk", flat=True).iterator():
        yield Problem(f"entry {entry}", "It recorded a version that is not there.")


def erased_uploads(versions: Sequence[Version]) -> set[UUID]:
    """Return those versions, by id, of which the ledger cannot say any more what was uploaded: that was erased."""
    entries = Entry.objects.filter(pk__in=[version.entry for version in versions])
    erased = {entry.pk for entry in entries if not entry.is_readable}
    return {version.pk for version in versions if version.entry in erased}


def lost_without_ground(version: Version) -> Iterator[str]:
    """A key that is gone was destroyed by two people, as the ledger says, or is a loss."""
    removals = Removal.objects.filter(item__in=version.file.path, state=Removal.State.DONE)
    entries = Entry.objects.filter(pk__in=removals.values("entry"))
    if not any(entry.kind == ItemShredded.kind for entry in entries):
        yield "Its key was destroyed, and no entry says that two people removed it for good."


def _is_ours(stored: StoredEntry) -> bool:
    try:
        if commitment(stored.fields, stored.seed) != stored.commitment:
            return False
    except FormatError:
        return False
    if stored.code:
        return codes().fits(coded_of(stored), stored.code)
    return stored.index is not None and stored.index < codes_begin()


def _recorded(version: Version) -> dict[str, Any]:
    """Return what the entry must have committed to, by the names of its fields."""
    detail = {
        "number": version.number,
        "media_type": version.media_type,
        "plaintext_size": version.plaintext_size,
        "body_size": version.body_size,
        "key_commitment": bytes(version.key_commitment).hex(),
        "body_blake3": bytes(version.body_blake3).hex(),
        "plaintext_sha256": bytes(version.plaintext_sha256).hex(),
        "detected_type": version.detected_type,
        "archive": version.archive,
        "archive_finding": version.archive_finding,
    }
    return {
        "kind": VersionUploaded.kind,
        "actor": str(version.created_by_id or version.brought_by_id),
        "workspace": str(version.file.workspace_id),
        "item": str(version.file_id),
        "version": str(version.pk),
        **{f"detail.{name}": value for name, value in detail.items()},
    }

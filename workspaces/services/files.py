"""Deeds that bring bytes in: first sealed and stored, then recorded."""

from collections.abc import Iterable
from typing import Literal, TypeAlias
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from core.access import require
from core.errors import Conflict, DamagedContent, InvalidInput
from ledger_bridge.recording import record
from ledger_bridge.subjects import Subject
from workspaces import quotas
from workspaces.again import Again
from workspaces.archive_rules import refuse_if_unwanted, sentence_about
from workspaces.conversation import notices
from workspaces.events import VersionUploaded
from workspaces.keys import newest_key
from workspaces.models import Item, Version, Workspace
from workspaces.names import clean_name, clean_text, name_key, numbered_name
from workspaces.organising.rules import refuse_if_locked
from workspaces.outsiders import Outsider, Reader, made_by
from workspaces.permissions import Right
from workspaces.scanning.rules import hold
from workspaces.sealing import SealedUpload, UploadSealer, discard, refuse_if_too_large
from workspaces.services import structure
from workspaces.storage import blob_store

OnConflict: TypeAlias = Literal["ask", "new_version", "keep_both"]

_TRIES = 3


def seal_upload(
    *,
    actor: Reader,
    workspace: Workspace,
    chunks: Iterable[bytes],
    declared_size: int | None = None,
    into: Item | None = None,
) -> SealedUpload:
    """Seal and store bytes, before any transaction. Nobody can see them until `add_file` or `upload_version`.

    `into` is the folder or file they are for, where the right to upload may be wider than in the workspace.

    Raises:
        TooLarge: they are more than this installation accepts.
        Refused: the right is gone, also while they come; for somebody outside, the link does not open any more.
        InvalidInput: fewer or more bytes came than were declared, so the sender was cut off.

    """
    require(actor, Right.UPLOAD, into or workspace)
    structure.refuse_if_seen_archived(workspace)
    refuse_if_too_large(declared_size or 0, settings.MAX_UPLOAD_BYTES)
    quotas.refuse_if_no_room(workspace, declared_size or 0)
    sealer = UploadSealer(newest_key(workspace), limit=settings.MAX_UPLOAD_BYTES)
    ask_again = Again(actor, into or workspace)
    try:
        for chunk in chunks:
            sealer.update(chunk)
            ask_again()
        sealed = sealer.finish()
    finally:
        sealer.abort()
    if declared_size is not None and sealed.stored.content.plaintext_size != declared_size:
        discard(sealed.stored)
        raise InvalidInput("The connection ended before the whole file had arrived. Nothing was stored.")
    return sealed


def add_file(
    *,
    actor: Reader,
    workspace: Workspace,
    parent: Item | None,
    name: str,
    sealed: SealedUpload,
    on_conflict: OnConflict = "ask",
    note: str = "",
) -> Version:
    """Put a file with its first version in a folder; if the name is taken, do what `on_conflict` says.

    Raises:
        Conflict: the name is taken; `extra["choices"]` says what can be done about it.

    """
    require(actor, Right.UPLOAD, parent or workspace)
    cleaned = clean_name(name)
    if isinstance(actor, Outsider):
        return _add_from_outside(actor, workspace, parent, cleaned, sealed)
    try:
        # Most names are new, and whether one is shows anyway when it is taken.
        return _add_new_file(actor, workspace, parent, cleaned, sealed, note)
    except structure.NameTaken:
        existing = _called(actor, cleaned, workspace, parent)
        if existing is None:
            raise
    if on_conflict == "keep_both":
        return _add_beside(actor, workspace, parent, cleaned, sealed, note)
    if on_conflict == "new_version" and not existing.is_folder:
        return upload_version(actor=actor, file=existing, sealed=sealed, note=note)
    raise _name_taken(actor, existing)


def refuse_taken_name(
    actor: Reader, name: str, workspace: Workspace, parent: Item | None, on_conflict: OnConflict
) -> None:
    """Say early that a name is taken, where `add_file` would say so after all the bytes have come.

    Raises:
        Conflict: as `add_file` does.

    """
    existing = _called(actor, name, workspace, parent)
    if existing is None or on_conflict == "keep_both" or (on_conflict == "new_version" and not existing.is_folder):
        return
    raise _name_taken(actor, existing)


@transaction.atomic
def upload_version(*, actor: Reader, file: Item, sealed: SealedUpload, note: str = "") -> Version:
    """Add the next version to a file."""
    require(actor, Right.UPLOAD, file)
    structure.refuse_if_archived(file.workspace)
    file = structure.locked_item(file)
    if file.is_folder:
        raise InvalidInput("Only a file has versions.")
    refuse_if_locked(actor, file)
    number = (file.versions.aggregate(newest=Max("number"))["newest"] or 0) + 1
    version = _add_version(actor, file, number, sealed, note)
    file.current_version = version
    file.save(update_fields=["current_version", "changed_at"])
    return version


@transaction.atomic
def _add_new_file(
    actor: Reader, workspace: Workspace, parent: Item | None, name: str, sealed: SealedUpload, note: str
) -> Version:
    structure.beside_others(workspace)
    parent = structure.current_folder(parent, workspace)
    file = Item(id=sealed.file_id, workspace=workspace, parent=parent, kind=Item.Kind.FILE, **made_by(actor))
    file.name, file.name_key = name, name_key(name)
    file.path = structure.path_below(parent, file.id)
    # The version follows in this transaction; the database checks the reference when it commits.
    file.current_version_id = sealed.version_id
    with structure.own_place(actor, file):
        file.save(force_insert=True)
    return _add_version(actor, file, 1, sealed, note)


def _add_beside(
    actor: Reader, workspace: Workspace, parent: Item | None, name: str, sealed: SealedUpload, note: str
) -> Version:
    for _ in range(_TRIES):
        seen = Item.objects.visible_to(actor).in_folder(workspace, parent)
        taken = set(seen.values_list("name_key", flat=True))
        try:
            return _add_new_file(actor, workspace, parent, numbered_name(name, taken), sealed, note)
        except Conflict as error:
            # Somebody else may just have taken that number.
            conflict = error
    raise conflict


def _add_from_outside(
    actor: Outsider, workspace: Workspace, parent: Item | None, name: str, sealed: SealedUpload
) -> Version:
    """Put a file beside whatever has its name: whoever brings it sees nothing there, and so decides nothing."""
    for _ in range(_TRIES):
        there = Item.objects.in_folder(workspace, parent)
        taken = set(there.values_list("name_key", flat=True)) if there.filter(name_key=name_key(name)) else set()
        try:
            return _add_new_file(actor, workspace, parent, numbered_name(name, taken) if taken else name, sealed, "")
        except Conflict as error:
            conflict = error
    raise conflict


def _add_version(actor: Reader, file: Item, number: int, sealed: SealedUpload, note: str) -> Version:
    _require_stored(sealed, file)
    refuse_if_unwanted(sealed.stored.found)
    wrapped, commitment = sealed.bind(str(file.id))
    stored, content = sealed.stored, sealed.stored.content
    media_type = sealed.media_type(file.name)
    event = VersionUploaded(
        name=file.name,
        number=number,
        media_type=media_type.name,
        plaintext_size=content.plaintext_size,
        body_size=content.body_size,
        key_commitment=commitment.hex(),
        body_blake3=content.body_blake3.hex(),
        plaintext_sha256=content.plaintext_sha256.hex(),
        detected_type=stored.head_type,
        archive=sealed.archive,
        archive_finding=sentence_about(stored.found),
    )
    subject = Subject(workspace=str(file.workspace_id), item=str(file.id), version=str(sealed.version_id))
    quotas.store(file.workspace, content.plaintext_size)
    version = Version.objects.create(
        id=sealed.version_id,
        file=file,
        number=number,
        media_type=media_type.name,
        type_mismatch=media_type.mismatch,
        detected_type=event.detected_type,
        archive=event.archive,
        archive_finding=event.archive_finding,
        note=clean_text(note, field="note", limit=500),
        plaintext_size=content.plaintext_size,
        body_size=content.body_size,
        plaintext_sha256=content.plaintext_sha256,
        body_blake3=content.body_blake3,
        key_commitment=commitment,
        wrapped_key=wrapped,
        workspace_key_id=sealed.workspace_key.id,
        blob=sealed.stored.blob,
        **made_by(actor),
        entry=UUID(record(event, actor=actor, subject=subject)),
    )
    hold(version)
    notices.tell_of_version(version, actor)
    return version


def _require_stored(sealed: SealedUpload, file: Item) -> None:
    """Refuse to record bytes that lie in another workspace, or that the sweeper took because they waited too long."""
    if sealed.workspace_key.workspace != str(file.workspace_id):
        raise InvalidInput("These bytes were sealed for another workspace.")
    if blob_store().size(sealed.stored.blob) != sealed.stored.content.body_size:
        raise DamagedContent("The stored bytes are not the ones that were sent. Nothing was recorded.")


def _called(actor: Reader, name: str, workspace: Workspace, parent: Item | None) -> Item | None:
    """Return what the actor sees under this name; what is hidden from them must not show in an answer."""
    return Item.objects.visible_to(actor).in_folder(workspace, parent).filter(name_key=name_key(name)).first()


def _name_taken(actor: Reader, existing: Item) -> Conflict:
    may_add = not existing.is_folder and actor.has_perm(Right.UPLOAD, existing)
    return Conflict(
        f"There is already something called “{existing.name}” in this folder.",
        choices=["new_version", "keep_both"] if may_add else ["keep_both"],
        file=str(existing.id) if may_add else None,
    )

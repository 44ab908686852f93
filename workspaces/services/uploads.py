"""Deeds on uploads that arrive in several requests.

Nothing of an upload can be seen by anybody but its sender until it is complete; then it becomes a version by the same
deeds, with the same entry, as any other.
"""

import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.access import explain_refusal, require
from core.credentials import ENDED, acting_token, credential_stands, on_behalf_of
from core.errors import Conflict, DamagedContent, Gone, InvalidInput, IthacaError, Locked, Refused
from core.http import on_the_word_of
from core.ids import uuid7
from core.queue import enqueue
from workspaces import quotas
from workspaces.archive_rules import found_again, refuse_if_unwanted
from workspaces.assembling import assemble, sealed_blob
from workspaces.delivering import deliver
from workspaces.keys import newest_key, open_key
from workspaces.models import Item, Upload, Version, Workspace
from workspaces.names import clean_name
from workspaces.organising.rules import refuse_if_locked
from workspaces.outsiders import Outsider, Reader, as_now
from workspaces.permissions import Right
from workspaces.receiving import Checksum, Sitting, expiry, give_back, is_at_work, leased, locked
from workspaces.sealing import Passage, SealedUpload, refuse_if_too_large
from workspaces.services import structure
from workspaces.services.files import OnConflict, add_file, refuse_taken_name, upload_version
from workspaces.storage import blob_store

logger = logging.getLogger(__name__)

# What is complete is checked in the request that completes it, unless that would keep the sender waiting.
CHECK_AT_ONCE = 64 * 1024 * 1024
# The right is asked for again after so many seconds of a request.
_RECHECK = 1.0


def begin_upload(
    *,
    actor: Reader,
    workspace: Workspace,
    into: Item | None,
    name: str,
    size: int,
    modified: int | None = None,
    on_conflict: OnConflict = "ask",
) -> Upload:
    """Reserve room for a file that will arrive piece by piece.

    Raises:
        TooLarge, QuotaReached: there is no room for so many bytes.
        Conflict: the name is taken, and `on_conflict` does not say what to do then; or too much is unfinished already.

    """
    require(actor, Right.UPLOAD, into or workspace)
    structure.refuse_if_archived(workspace)
    refuse_if_too_large(size, settings.MAX_UPLOAD_BYTES)
    cleaned = clean_name(name)
    # Whoever brings something from outside sees nothing of the folder; theirs is numbered beside what is there.
    if into is not None and not into.is_folder:
        refuse_if_locked(actor, into)
    elif not isinstance(actor, Outsider):
        refuse_taken_name(actor, cleaned, workspace, into, on_conflict)
    key = newest_key(workspace)
    with transaction.atomic():
        _refuse_too_many(actor)
        quotas.reserve(workspace, size)
        return Upload.objects.create(
            workspace=workspace,
            place=into,
            owner=None if isinstance(actor, Outsider) else actor,
            brought_by=actor if isinstance(actor, Outsider) else None,
            workspace_key_id=key.id,
            name=cleaned,
            size=size,
            modified=modified,
            on_conflict=on_conflict,
            state=Upload.State.RECEIVING if size else Upload.State.CHECKING,
            expires_at=expiry(begun=size == 0),
            token=acting_token(),
        )


def receive_bytes(
    *, actor: Reader, upload: Upload, offset: int, chunks: Iterable[bytes], checksum: Checksum | None = None
) -> Upload:
    """Add bytes to an upload where it stands. What arrived of them before the line was cut is kept.

    Raises:
        Conflict: the upload stands elsewhere.
        Locked: somebody else is sending.
        ChecksumMismatch: the bytes are not those that were announced; none of them is kept.
        Refused: the right is gone; nothing of the upload is kept.

    """
    _require_right(actor, upload)
    passage = Passage() if offset == 0 and checksum is None else None
    with leased(upload, Upload.State.RECEIVING, offset=offset) as current:
        sitting = _seated(current, checksum, passage)
        try:
            cut = _send(actor, current, sitting, chunks)
        except BaseException:
            sitting.break_off()
            raise
        if cut and checksum:
            sitting.drop()
        else:
            sitting.end()
    return _checked(current, passage) if current.state == Upload.State.CHECKING else current


def finish_upload(*, upload: Upload, passage: Passage | None = None) -> Upload:
    """Check what arrived and record it as a version, on behalf of whoever sent it.

    If it cannot be recorded, because the name is taken or the folder gone, it is kept until its sender decides.
    """
    with leased(upload, Upload.State.CHECKING) as current:
        try:
            assemble(current, passage)
            # Before anybody is asked about its name: no decision of its sender changes what it is.
            refuse_if_unwanted(found_again(current.archive))
        except (DamagedContent, InvalidInput) as error:
            return _fail(current, error.sentence)
        finally:
            give_back(current)
    # A worker may do this long after the last byte came, and the last byte was let in from where its sender was.
    with on_behalf_of(str(current.token) if current.token else None), on_the_word_of(str(current.owner_id)):
        _record_or_ask(current, current.on_conflict)
    return Upload.objects.get(pk=upload.pk)


def decide_upload(*, actor: User, upload: Upload, on_conflict: OnConflict) -> Upload:
    """Record a complete upload that waits for a decision.

    Raises:
        Conflict: it does not wait, or cannot be recorded this way either; it is still kept.

    """
    _require_right(actor, upload)
    if upload.state != Upload.State.ASKING:
        raise Conflict("There is nothing to decide about this upload.")
    _record_version(upload, on_conflict)
    return Upload.objects.get(pk=upload.pk)


def discard_upload(*, actor: Reader, upload: Upload) -> None:
    """Give up an upload, with all that arrived and the room it held.

    Raises:
        Conflict: it is recorded already.
        Locked: it is being sent or checked at this moment.

    """
    if actor.pk not in {upload.owner_id, upload.brought_by_id}:
        raise Refused("Only who sent an upload may discard it.", right=Right.UPLOAD.value, subject=upload.workspace)
    _discard(upload.pk, even_while_locked=False)


def expire_uploads() -> int:
    """Give up what nobody has continued for too long, and return how many uploads that were."""
    late = Upload.objects.filter(expires_at__lt=timezone.now()).values_list("pk", flat=True)
    done = 0
    for upload_id in list(late[:1000]):
        with suppress(Locked):
            _discard(upload_id, even_while_locked=False, even_recorded=True)
            done += 1
    return done


def finish_uploads() -> None:
    """Finish what is complete and not yet recorded: its message was lost, or whoever checked it died."""
    for upload in Upload.objects.filter(state=Upload.State.CHECKING)[:100]:
        # One that cannot be finished now, because it is at work or a service is down, waits for the next time.
        with suppress(IthacaError):
            finish_upload(upload=upload)


def _refuse_too_many(actor: Reader) -> None:
    # The person's row is locked so that no two requests count the same uploads.
    if isinstance(actor, Outsider):
        Outsider.objects.select_for_update(no_key=True).get(pk=actor.pk)
    else:
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if Upload.objects.visible_to(actor).unfinished().count() >= settings.MAX_UNFINISHED_UPLOADS_PERSON:
        raise Conflict("You have too many unfinished uploads. Finish or discard some of them first.")


def _seated(upload: Upload, checksum: Checksum | None, passage: Passage | None) -> Sitting:
    try:
        return Sitting(upload, checksum=checksum, passage=passage)
    except DamagedContent as error:
        _fail(upload, error.sentence)
        raise Gone(error.sentence) from error
    except BaseException:
        give_back(upload)
        raise


def _send(actor: Reader, upload: Upload, sitting: Sitting, chunks: Iterable[bytes]) -> bool:
    """Seal what comes, asking for the right again now and then, and say whether the line was cut."""
    checked = time.monotonic()
    try:
        for chunk in chunks:
            sitting.add(chunk)
            if time.monotonic() - checked >= _RECHECK:
                _require_right(actor, upload)
                _require_credential(upload)
                checked = time.monotonic()
    except ConnectionError:
        return True
    return False


def _require_credential(upload: Upload) -> None:
    """End a request whose token has ended. Its owner may go on with the upload by something else."""
    if not credential_stands():
        raise Refused(ENDED, right=Right.UPLOAD.value, subject=upload.workspace)


def _require_right(actor: Reader, upload: Upload) -> None:
    """Ask with nothing remembered; whoever lost the right loses what was not recorded as well."""
    person = as_now(actor)
    place = _place(upload) or upload.workspace
    if person and person.has_perm(Right.UPLOAD, place):
        return
    _discard(upload.pk, even_while_locked=True)
    sentence = explain_refusal(actor, Right.UPLOAD, place)
    raise Refused(f"{sentence} Nothing of this upload was kept.", right=Right.UPLOAD.value, subject=place)


def _checked(upload: Upload, passage: Passage | None) -> Upload:
    """Finish a complete upload at once if that is quick, and leave it to the worker otherwise."""
    if upload.size <= CHECK_AT_ONCE or (passage is not None and upload.runs.count() == 1):
        return finish_upload(upload=upload, passage=passage)
    enqueue("workspaces.finish_upload", upload=str(upload.pk))
    return upload


def _record_or_ask(upload: Upload, on_conflict: str) -> None:
    try:
        _record_version(upload, on_conflict)
    except Refused:
        _discard(upload.pk, even_while_locked=True)
        raise
    except (Conflict, quotas.QuotaReached, InvalidInput) as error:
        if upload.brought_by_id is not None:
            # There is nothing that somebody outside could decide about it.
            _fail(upload, error.sentence)
            return
        if isinstance(error, InvalidInput):
            raise
        # The bytes are whole and checked: nobody should have to send them again because of a name.
        waiting = Upload.objects.filter(pk=upload.pk, state=Upload.State.CHECKING)
        waiting.update(
            state=Upload.State.ASKING,
            problem=error.sentence,
            choices=error.extra.get("choices", ["again"]),
            expires_at=expiry(),
        )


def _record_version(upload: Upload, on_conflict: str) -> Version:
    workspace = upload.workspace
    key, sender = newest_key(workspace), as_now(upload.sender)
    if sender is None:
        raise Conflict("Whoever sent it is not here any more.")
    # The key service is asked before the transaction.
    stored = sealed_blob(upload, open_key(upload.workspace_key))
    sealed = SealedUpload(uuid7(), uuid7(), stored, key)
    with transaction.atomic():
        row = locked(upload.pk)
        if row.state not in {Upload.State.CHECKING, Upload.State.ASKING} or not row.head_type:
            raise Conflict("This upload is recorded already.")
        # What it held is counted as stored from now on, in the same transaction.
        quotas.release(workspace, row.size)
        version = _add(sender, row, sealed, on_conflict)
        row.runs.all().delete()
        row.state, row.version, row.problem, row.choices = Upload.State.DONE, version, "", []
        row.rest, row.rest_size = b"", row.size - row.segments * 65_536
        row.save(update_fields=["state", "version", "problem", "choices", "rest", "rest_size"])
    return version


def _add(owner: Reader, upload: Upload, sealed: SealedUpload, on_conflict: str) -> Version:
    if isinstance(owner, Outsider):
        return deliver(owner, upload.name, sealed)
    place = _place(upload)
    if place and not place.is_folder:
        return upload_version(actor=owner, file=place, sealed=sealed)
    chosen: OnConflict = "new_version" if on_conflict == "new_version" else "ask"
    if on_conflict == "keep_both":
        chosen = "keep_both"
    return add_file(
        actor=owner, workspace=upload.workspace, parent=place, name=upload.name, sealed=sealed, on_conflict=chosen
    )


def _place(upload: Upload) -> Item | None:
    """Return the folder or file that the upload is for, as it is now."""
    if upload.place_id is None:
        return None
    return Item.objects.select_related("workspace").get(pk=upload.place_id)


def _fail(upload: Upload, sentence: str) -> Upload:
    """Note that an upload cannot be continued; what is left of it goes, and its room is free."""
    logger.error("An upload has failed: %s", sentence)
    with transaction.atomic():
        row = locked(upload.pk)
        runs = list(row.runs.values_list("blob", "closed"))
        row.runs.all().delete()
        quotas.release(row.workspace, row.size)
        row.state, row.problem, row.lease, row.rest = Upload.State.FAILED, sentence, None, b""
        row.save(update_fields=["state", "problem", "lease", "rest"])
    _delete_blobs(runs)
    return row


def _discard(upload_id: UUID, *, even_while_locked: bool, even_recorded: bool = False) -> None:
    with transaction.atomic():
        row = Upload.objects.select_for_update(no_key=True, of=("self",)).filter(pk=upload_id).first()
        if row is None:
            return
        if row.state == Upload.State.DONE and not even_recorded:
            raise Conflict("This upload is recorded. Remove the file instead.")
        if not even_while_locked and is_at_work(row):
            raise Locked("This upload is at work at this moment. Pause it first, then discard it.")
        runs = list(row.runs.values_list("blob", "closed"))
        if row.state in Upload.UNFINISHED:
            quotas.release(row.workspace, row.size)
        row.delete()
    _delete_blobs(runs)


def _delete_blobs(runs: list[tuple[UUID, bool]]) -> None:
    """Delete what belongs to nothing any more; what is left over is swept."""
    store = blob_store()
    for blob, _ in runs:
        with suppress(IthacaError):
            store.discard_abandoned(blob)
            store.delete(blob)

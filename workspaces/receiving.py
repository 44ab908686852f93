"""Receiving: the bytes of one request, sealed onto what is there of an upload.

What must hold, whatever crashes: no data key and nonce ever seal two different plaintexts, and what was acknowledged is
durable. So a *sitting* goes like this:

1. The lease is written and committed before the first segment is sealed.
2. Segments are sealed under the key of the last run, which was left properly, from exactly where it was left.
3. The run's blob is suspended, which makes it durable; then place, rest and lease are written in one commit.

Whoever finds a lease whose holder is dead knows that step 3 did not happen: unknown segments may have been sealed and
may have left. That run is closed at what is on record, and a new one with a fresh key begins there. The same is done
when bytes turn out wrong after they were sealed (their checksum differs).
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from core.credentials import acting_token
from core.errors import Conflict, DamagedContent, Gone, IthacaError, Locked, Unavailable
from core.ids import uuid7
from workspaces.crypt4gh import CIPHER_SEGMENT, SEGMENT, SealingWriter, new_data_key
from workspaces.keys import OpenKey, open_key, open_rest, seal_rest, unwrap_run_key, wrap_run_key
from workspaces.models import Upload, UploadRun
from workspaces.sealing import Passage
from workspaces.storage import BlobWriter, blob_store

# A long request makes what it has brought durable this often, so that little of it is lost with the server.
CHECKPOINT_BYTES = 64 * 1024 * 1024
CHECKPOINT_SECONDS = 5.0
# A connection that is lost without a word looks like a slow one. After so long without a byte its place is given away.
STALLED_AFTER = timedelta(seconds=30)
_TAKEN_OVER = "This upload is being continued from elsewhere."


class ChecksumMismatch(IthacaError):
    """What arrived is not what was sent; tus has a status of its own for that."""

    status = 460
    code = "checksum_mismatch"


@dataclass(frozen=True)
class Checksum:
    """What the sender says about the bytes of one request."""

    algorithm: str
    digest: bytes


def expiry(*, begun: bool = True) -> datetime:
    """Return until when an upload is kept that nobody continues; one of which nothing has come is kept far shorter."""
    return timezone.now() + (settings.UPLOAD_EXPIRES if begun else settings.UPLOAD_BEGINS)


@contextmanager
def leased(upload: Upload, state: Upload.State, *, offset: int | None = None) -> Iterator[Upload]:
    """Let nobody else work on an upload, and yield it as it is now, with its last run closed if it was left improperly.

    The caller ends the lease together with what it writes. One that ends otherwise leaves the lease behind.

    Raises:
        Gone: the upload expired, was discarded or failed.
        Conflict: it is in another state, or its offset is another one.
        Locked: somebody else works on it.

    """
    token = uuid4()
    with _alive(token):
        current, broken = _take(upload.pk, token, state, offset)
        if broken and state == Upload.State.RECEIVING:
            close_last_run(current)
        yield current


def require_lease(upload: Upload) -> None:
    """Say that somebody is still at work here; whoever was silent for too long learns that the place is given away.

    Raises:
        Locked: somebody else went on meanwhile.

    """
    _write(upload, heard_at=timezone.now())


def give_back(upload: Upload) -> None:
    """End a lease under which nothing was sealed, or nothing but what its row fixes."""
    Upload.objects.filter(pk=upload.pk, lease=upload.lease).update(lease=None)


def _take(upload_id: UUID, token: UUID, state: Upload.State, offset: int | None) -> tuple[Upload, bool]:
    with transaction.atomic():
        upload = locked(upload_id)
        _require(upload, state, offset)
        broken = upload.lease is not None
        if broken and _holder_lives(upload):
            raise Locked("This upload is being continued from elsewhere at this moment.")
        upload.lease, upload.heard_at = token, timezone.now()
        upload.save(update_fields=["lease", "heard_at"])
    return upload, broken


def locked(upload_id: UUID) -> Upload:
    """Return the upload as it is now, locked until this transaction ends.

    Raises:
        Gone: it expired or was discarded.

    """
    found = Upload.objects.select_for_update(no_key=True, of=("self",)).filter(pk=upload_id).first()
    if found is None:
        raise Gone("This upload has expired or was discarded. Start it again.")
    return found


def _require(upload: Upload, state: Upload.State, offset: int | None) -> None:
    if upload.state == Upload.State.FAILED:
        raise Gone(upload.problem)
    if upload.state != state:
        raise Conflict("This upload is complete; nothing can be added to it.")
    if offset is not None and offset != upload.offset:
        raise Conflict(f"This upload continues at byte {upload.offset}, not at {offset}.", offset=upload.offset)


@contextmanager
def _alive(token: UUID) -> Iterator[None]:
    """Hold a lock that the database frees by itself when this process, or its connection, dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_number(token)])
    try:
        yield
    finally:
        # A connection that is lost has freed it already.
        with suppress(Exception), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_number(token)])


def _holder_lives(upload: Upload) -> bool:
    if upload.lease is None or upload.heard_at is None:
        return False
    if upload.state == Upload.State.RECEIVING and timezone.now() - upload.heard_at > STALLED_AFTER:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_number(upload.lease)])
        return not cursor.fetchone()[0]


def is_at_work(upload: Upload) -> bool:
    """Say, in a transaction, whether somebody is working on the upload at this moment."""
    return upload.lease is not None and _holder_lives(upload)


def _number(token: UUID) -> int:
    """Return the number by which the database knows the lock of a lease."""
    return int.from_bytes(token.bytes[8:], "big", signed=True)


def close_last_run(upload: Upload) -> None:
    """Keep of the last run what is on record, and let nothing be added to it any more. May be done again.

    Raises:
        Locked: somebody else went on meanwhile, and the last run may be theirs.

    """
    run = last_run(upload)
    if run is None or run.closed:
        return
    # Asked after the run was found: one that is begun later, under another lease, is never taken for ours.
    require_lease(upload)
    store = blob_store()
    if run.segments == 0:
        run.delete()
        store.discard_abandoned(run.blob)
        return
    size = run.segments * CIPHER_SEGMENT
    try:
        store.reopen(run.blob, size).commit()
    except DamagedContent:
        # Whoever did this before may have died right after it.
        if store.size(run.blob) < size:
            raise
    run.closed = True
    run.save(update_fields=["closed"])


def last_run(upload: Upload) -> UploadRun | None:
    return upload.runs.order_by("-first", "-id").first()


class Sitting:
    """The bytes of one request on their way to the end of an upload; `upload` is leased by whoever makes it."""

    def __init__(self, upload: Upload, *, checksum: Checksum | None = None, passage: Passage | None = None) -> None:
        self._upload = upload
        self._key = open_key(upload.workspace_key)
        self._checksum = checksum
        self._digest = hashlib.new(checksum.algorithm) if checksum else None
        self._passage = passage
        self._begin()

    def add(self, chunk: bytes) -> None:
        """Seal the next bytes."""
        self._writer.update(chunk)
        if self._passage:
            self._passage.inspector.update(chunk)
        if self._digest:
            self._digest.update(chunk)
        self._since += len(chunk)
        if self._since >= CHECKPOINT_BYTES or time.monotonic() - self._begun > CHECKPOINT_SECONDS:
            self._pause()

    def end(self) -> None:
        """Make everything durable and give the lease back.

        Raises:
            ChecksumMismatch: the bytes are not those that were announced; none of them is kept.

        """
        if self._checksum and self._digest and self._digest.digest() != self._checksum.digest:
            self.drop()
            raise ChecksumMismatch("The checksum differs: these bytes were damaged on the way. Send them again.")
        self._commit(lease=None)

    def drop(self) -> None:
        """Keep nothing of this sitting, and give the lease back."""
        self.break_off()
        close_last_run(self._upload)
        _write(self._upload, lease=None, heard_at=None)

    def break_off(self) -> None:
        """Stop without a word about what was sealed; the lease stays, as the sign that this run is over."""
        self._writer.abort()
        with suppress(IthacaError):
            self._blob.suspend()

    def _begin(self) -> None:
        upload = self._upload
        rest = (
            open_rest(self._key, bytes(upload.rest), upload_id=str(upload.pk), at=upload.segments)
            if upload.rest_size
            else b""
        )
        self._run, data_key, self._blob = _open_run(upload, self._key)
        self._writer = SealingWriter(
            data_key,
            self._blob.write,
            at=upload.segments,
            hash_content=False,
            hashes=self._passage.hashes if self._passage else None,
        )
        self._writer.update(rest)
        self._since, self._begun = 0, time.monotonic()

    def _pause(self) -> None:
        if self._checksum:
            # Nothing of it may count before all of it is there.
            self._since, self._begun = 0, time.monotonic()
            _write(self._upload, heard_at=timezone.now())
            return
        self._commit(lease=self._upload.lease)
        self._begin()

    def _commit(self, *, lease: UUID | None) -> None:
        suspended = self._writer.suspend()
        added = suspended.segments - self._run.first
        if self._blob.suspend() != added * CIPHER_SEGMENT:
            raise Unavailable("The file store did not keep all that it was given. Continue the upload.")
        sealed = seal_rest(self._key, suspended.rest, upload_id=str(self._upload.pk), at=suspended.segments)
        offset = suspended.segments * SEGMENT + len(suspended.rest)
        with transaction.atomic():
            _write(
                self._upload,
                segments=suspended.segments,
                rest=sealed if suspended.rest else b"",
                rest_size=len(suspended.rest),
                state=_state_at(self._upload, offset),
                lease=lease,
                heard_at=timezone.now(),
                # A request that brings nothing does not hold the room any longer.
                expires_at=expiry() if offset else self._upload.expires_at,
                token=acting_token(),
            )
            if not UploadRun.objects.filter(pk=self._run.pk, closed=False).update(segments=added):
                raise Locked(_TAKEN_OVER)


def _state_at(upload: Upload, offset: int) -> str:
    return Upload.State.CHECKING if offset == upload.size else Upload.State.RECEIVING


def _write(upload: Upload, **values: Any) -> None:
    """Write columns of an upload if the lease is still ours.

    Raises:
        Locked: we were silent for so long that somebody else went on; what we have sealed is not theirs.

    """
    if not Upload.objects.filter(pk=upload.pk, lease=upload.lease).update(**values):
        raise Locked(_TAKEN_OVER)
    for name, value in values.items():
        setattr(upload, name, value)


def _open_run(upload: Upload, key: OpenKey) -> tuple[UploadRun, bytes, BlobWriter]:
    """Return the run that takes the next segments, with its data key and its blob.

    Whoever takes an upload over closes the run that is last then. So a run is ours alone if the lease still was ours
    after the run was found: the key of somebody else's run never seals anything here.

    Raises:
        Locked: somebody else went on meanwhile.

    """
    run = last_run(upload)
    if run and not run.closed:
        require_lease(upload)
        return run, unwrap_run_key(key, run), blob_store().reopen(run.blob, run.segments * CIPHER_SEGMENT)
    data_key, blob, run_id = new_data_key(), blob_store().create(), uuid7()
    wrapped = wrap_run_key(key, data_key, upload_id=str(upload.pk), run_id=str(run_id))
    try:
        with transaction.atomic():
            require_lease(upload)
            run = UploadRun.objects.create(
                id=run_id, upload=upload, first=upload.segments, blob=blob.name, wrapped_key=wrapped
            )
    except BaseException:
        blob.abort()
        raise
    return run, data_key, blob

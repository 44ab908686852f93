"""Assembling: from what was received to one sealed body with its hashes, as every version has it.

With one run its last segment is added under the run's key. What is sealed there is fixed by the upload's row, so doing
it again after a crash gives the same bytes. With several runs everything is opened and sealed anew under a fresh key,
which is thrown away if this does not come to its end.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from blake3 import blake3
from django.db import transaction

from core.errors import Conflict, DamagedContent, Locked
from core.ids import uuid7
from workspaces.archive_rules import found_again, inspector, refined
from workspaces.crypt4gh import (
    CIPHER_SEGMENT,
    Crypt4ghError,
    Sealed,
    SealedBody,
    SealingWriter,
    body_size,
    new_data_key,
    open_part,
)
from workspaces.inspection import Found, Inspector
from workspaces.keys import OpenKey, open_key, open_rest, unwrap_run_key, wrap_run_key
from workspaces.media_types import HEAD, sniff
from workspaces.models import Upload, UploadRun
from workspaces.receiving import close_last_run
from workspaces.sealing import Passage, SealedBlob
from workspaces.storage import blob_store

_DAMAGED = "What was stored of this upload cannot be opened any more. Start it again."


@dataclass(frozen=True)
class Assembled:
    """The one body of an upload; its blob is committed."""

    run: UploadRun
    head_type: str
    found: Found | None
    content: Sealed


def assemble(upload: Upload, passage: Passage | None = None) -> None:
    """Make one body of an upload that is complete and leased, and write down its hashes. Does nothing the second time.

    `passage` is what was learnt of all bytes, if one process has sealed them all.

    Raises:
        DamagedContent: what was stored is not there any more as it was.

    """
    if upload.head_type:
        return
    key, runs = open_key(upload.workspace_key), list(upload.runs.all())
    _require_gapless(upload, runs)
    try:
        if len(runs) == 1 and not runs[0].closed:
            assembled = _finish(upload, key, runs[0], passage)
        else:
            close_last_run(upload)
            assembled = _seal_anew(upload, key, list(upload.runs.all()))
    except Crypt4ghError as error:
        raise DamagedContent(_DAMAGED) from error
    _write_down(upload, assembled, list(upload.runs.exclude(pk=assembled.run.pk)))


def sealed_blob(upload: Upload, key: OpenKey) -> SealedBlob:
    """Return the body of an assembled upload, as the sealing of any upload gives it.

    Raises:
        Conflict: it is not there any more, because somebody recorded or discarded the upload meanwhile.

    """
    run = upload.runs.first()
    if run is None:
        raise Conflict("This upload was recorded or discarded meanwhile.")
    content = Sealed(upload.size, body_size(upload.size), bytes(upload.plaintext_sha256), bytes(upload.body_blake3))
    return SealedBlob(run.blob, upload.head_type, content, unwrap_run_key(key, run), found_again(upload.archive))


def _require_gapless(upload: Upload, runs: Iterable[UploadRun]) -> None:
    """Refuse to make a file of runs that are not all of it: the sender was told that every byte is kept."""
    end = 0
    for run in runs:
        if run.first != end:
            raise DamagedContent(_DAMAGED)
        end += run.segments
    if end != upload.segments:
        raise DamagedContent(_DAMAGED)


def _finish(upload: Upload, key: OpenKey, run: UploadRun, passage: Passage | None) -> Assembled:
    data_key, store = unwrap_run_key(key, run), blob_store()
    hashes = passage.hashes if passage else None
    try:
        blob = store.reopen(run.blob, run.segments * CIPHER_SEGMENT)
    except DamagedContent:
        if store.size(run.blob) != body_size(upload.size):
            raise
        return _read(upload, run, data_key)
    with SealingWriter(data_key, blob.write, at=upload.segments, hash_content=False, hashes=hashes) as writer:
        writer.update(_rest(upload, key))
        content = writer.finish()
    blob.commit()
    if passage is None:
        return _read(upload, run, data_key)
    head_type, found = _head_type(upload, run, data_key), passage.inspector.finish()
    return Assembled(run, refined(head_type, found), found, content)


def _seal_anew(upload: Upload, key: OpenKey, runs: list[UploadRun]) -> Assembled:
    data_key, blob, run_id = new_data_key(), blob_store().create(), uuid7()
    head, looking = b"", inspector()
    try:
        with SealingWriter(data_key, blob.write) as writer:
            for block in _plaintext(upload, key, runs):
                head = head or block[:HEAD]
                looking.update(block)
                writer.update(block)
            content = writer.finish()
        blob.commit()
    except BaseException:
        blob.abort()
        raise
    wrapped = wrap_run_key(key, data_key, upload_id=str(upload.pk), run_id=str(run_id))
    run = UploadRun(id=run_id, upload=upload, first=0, segments=upload.segments, blob=blob.name, wrapped_key=wrapped)
    return _assembled(run, head, looking, content)


def _plaintext(upload: Upload, key: OpenKey, runs: Iterable[UploadRun]) -> Iterator[bytes]:
    for run in runs:
        read_at = blob_store().reader(run.blob)
        yield from open_part(read_at, key=unwrap_run_key(key, run), first=run.first, segments=run.segments)
    if rest := _rest(upload, key):
        yield rest


def _rest(upload: Upload, key: OpenKey) -> bytes:
    if not upload.rest_size:
        return b""
    return open_rest(key, bytes(upload.rest), upload_id=str(upload.pk), at=upload.segments)


def _head_type(upload: Upload, run: UploadRun, data_key: bytes) -> str:
    stored = SealedBody(blob_store().reader(run.blob), key=data_key, body_size=body_size(upload.size))
    return sniff(b"".join(stored.iter_range(0, min(upload.size, HEAD))))


def _read(upload: Upload, run: UploadRun, data_key: bytes) -> Assembled:
    """Open a whole body once: that it opens is checked, it is looked into, and both hashes are computed."""
    content, body, read = hashlib.sha256(), blake3(), blob_store().reader(run.blob)
    at = 0

    def read_at(offset: int, length: int) -> bytes:
        nonlocal at
        sealed = read(offset, length)
        # The end is looked at first; only what comes in its turn belongs to the hash.
        if offset == at and length == len(sealed):
            body.update(sealed)
            at += length
        return sealed

    size = upload.size
    stored = SealedBody(read_at, key=data_key, body_size=body_size(size))
    head, looking = b"", inspector()
    for block in stored.iter_range(0, size):
        head = head or block[:HEAD]
        looking.update(block)
        content.update(block)
    return _assembled(run, head, looking, Sealed(size, body_size(size), content.digest(), body.digest()))


def _assembled(run: UploadRun, head: bytes, looking: Inspector, content: Sealed) -> Assembled:
    found = looking.finish()
    return Assembled(run, refined(sniff(head), found), found, content)


def _write_down(upload: Upload, assembled: Assembled, others: list[UploadRun]) -> None:
    with transaction.atomic():
        facts = {
            "head_type": assembled.head_type,
            "archive": asdict(assembled.found) if assembled.found else {},
            "plaintext_sha256": assembled.content.plaintext_sha256,
            "body_blake3": assembled.content.body_blake3,
        }
        if not Upload.objects.filter(pk=upload.pk, lease=upload.lease).update(**facts):
            raise Locked("This upload is being finished elsewhere.")
        assembled.run.closed = True
        assembled.run.save()
        UploadRun.objects.filter(pk__in=[run.pk for run in others]).delete()
    for run in others:
        blob_store().delete(run.blob)
    for name, value in facts.items():
        setattr(upload, name, value)

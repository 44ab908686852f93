"""Everything that can be said of one stored file: its bytes, its key, its entry.

A check opens keys, because a key that does not open is a lost file; no content leaves. Only `Depth.OPEN` decrypts.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from blake3 import blake3

from core.errors import DamagedContent
from core.kms import KeyServiceRefused
from workspaces.binding import difference, lost_without_ground
from workspaces.crypt4gh import CommitmentError, Crypt4ghError, SealedBody, verify_commitment
from workspaces.documents import open_document_key
from workspaces.keys import unwrap_data_key
from workspaces.models import SealedDocument, Version
from workspaces.storage import blob_store

_AT_ONCE = 4 * 1024 * 1024


class Depth(IntEnum):
    """How much of the bytes is looked at."""

    SIZE = 0
    HASH = 1
    OPEN = 2


@dataclass(frozen=True)
class Stored:
    """A version or a document, as the checks see it."""

    row: Version | SealedDocument

    @property
    def place(self) -> str:
        kind = "version" if isinstance(self.row, Version) else "document"
        return f"{kind}:{self.row.pk}"

    @property
    def size(self) -> int:
        return self.row.body_size


def faults(stored: Stored, depth: Depth) -> Iterator[str]:
    """Yield a sentence for each thing that is not as it was recorded.

    Raises:
        Unavailable: the store or the key service does not answer, so nothing can be said.

    """
    if isinstance(stored.row, Version) and stored.row.shredded_at:
        # There is neither key nor bytes, and that is right if two people decided it.
        yield from lost_without_ground(stored.row)
        return
    yield from _faults_of_entry(stored)
    key: bytes | None = None
    try:
        key = _open_key(stored)
    except KeyServiceRefused as error:
        yield f"Its key cannot be unwrapped: {error.sentence}"
    except (DamagedContent, CommitmentError) as error:
        yield f"Its key does not fit: {error}"
    try:
        yield from _faults_of_bytes(stored, depth)
        if depth is Depth.OPEN and key is not None:
            yield from _faults_of_content(stored, key)
    except DamagedContent as error:
        yield error.sentence


def _faults_of_entry(stored: Stored) -> Iterator[str]:
    if isinstance(stored.row, Version) and (found := difference(stored.row)):
        yield found


def _open_key(stored: Stored) -> bytes:
    row = stored.row
    if isinstance(row, SealedDocument):
        return open_document_key(row)
    key = unwrap_data_key(row)
    verify_commitment(bytes(row.key_commitment), key, str(row.file_id), str(row.pk))
    return key


def _faults_of_bytes(stored: Stored, depth: Depth) -> Iterator[str]:
    size = blob_store().size(stored.row.blob)
    if size != stored.size:
        yield f"Its stored bytes are {size}; {stored.size} were recorded."
    elif depth >= Depth.HASH and _hash(stored) != bytes(stored.row.body_blake3):
        yield "Its stored bytes are not the recorded ones: their BLAKE3 differs."


def _hash(stored: Stored) -> bytes:
    hasher, read = blake3(), blob_store().reader(stored.row.blob)
    for offset in range(0, stored.size, _AT_ONCE):
        hasher.update(read(offset, min(_AT_ONCE, stored.size - offset)))
    return hasher.digest()


def _faults_of_content(stored: Stored, key: bytes) -> Iterator[str]:
    row, hasher = stored.row, hashlib.sha256()
    try:
        body = SealedBody(blob_store().reader(row.blob), key=key, body_size=row.body_size)
        for block in body.iter_range(0, body.plaintext_size):
            hasher.update(block)
    except Crypt4ghError as error:
        yield f"It does not open: {error}"
        return
    if (body.plaintext_size, hasher.digest()) != (row.plaintext_size, bytes(row.plaintext_sha256)):
        yield "It opens to other content than was recorded: size or SHA-256 differ."


def walk(after: str = "") -> Iterator[Stored]:
    """Yield every version, then every document, in the order of their ids; `after` is the place to go on from."""
    kind, _, identity = after.partition(":")
    if kind != "document":
        versions = Version.objects.select_related("file__workspace", "workspace_key").order_by("pk")
        found = versions.filter(pk__gt=identity) if identity else versions
        yield from map(Stored, found.iterator(chunk_size=200))
    documents = SealedDocument.objects.order_by("pk")
    found_documents = documents.filter(pk__gt=identity) if kind == "document" else documents
    yield from map(Stored, found_documents.iterator(chunk_size=200))


def find(place: str) -> Stored | None:
    """Return what stands at a place that `Stored.place` named, if it is still there."""
    kind, _, identity = place.partition(":")
    versions = Version.objects.select_related("file__workspace", "workspace_key")
    row = (versions if kind == "version" else SealedDocument.objects).filter(pk=identity).first()
    return Stored(row) if row else None

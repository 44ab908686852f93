"""The vault that `accounts` keeps the evidence of applications in: sealed like files, but in no workspace.

Whoever may read a document is the other room's question; it records the reading before it asks for the bytes.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_protect

from accounts.documents import StoredDocument, View, refuse_unfit
from accounts.models import Application, ApplicationMessage
from core.errors import DamagedContent
from core.ids import uuid7
from core.kms import key_service
from workspaces.crypt4gh import Crypt4ghError, SealedBody, key_commitment, verify_commitment
from workspaces.keys import ALGORITHM, ROOT
from workspaces.media_types import decide
from workspaces.models import SealedDocument
from workspaces.names import clean_name
from workspaces.sealing import BlobSealer, SealedBlob, discard, refuse_if_too_large
from workspaces.storage import blob_store
from workspaces.upload import SealedFile, SealingUploadHandler, declared_size

# Anybody may fill in an application, so its evidence is kept small.
MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
_FORM_BYTES = MAX_DOCUMENT_BYTES + 1024 * 1024

_DAMAGED = "The stored bytes of this document are not the ones that were sent. Nothing of them was handed out."
# A document has one version only; the commitment wants a name for it.
_VERSION = "document"


class OpenedSealedDocument:
    """A document with its key at hand."""

    def __init__(self, document: SealedDocument, body: SealedBody) -> None:
        self.name = document.name
        self.size = document.plaintext_size
        self.media_type = document.media_type
        self._body = body

    def iter_bytes(self) -> Iterator[bytes]:
        try:
            yield from self._body.iter_range(0, self.size)
        except Crypt4ghError as error:
            raise DamagedContent(_DAMAGED) from error


class SealingVault:
    """Implements `accounts.documents.DocumentVault`."""

    def accept(self, view: View) -> View:
        checked = csrf_protect(view)

        def accepting(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            refuse_if_too_large(declared_size(request) or 0, _FORM_BYTES)
            handler = SealingUploadHandler(request, partial(BlobSealer, limit=MAX_DOCUMENT_BYTES))
            request.upload_handlers = [handler]
            try:
                return checked(request, *args, **kwargs)
            finally:
                handler.abort()
                _discard_what_was_not_taken(handler.arrived)

        return accepting

    def take(self, request: HttpRequest, field: str) -> StoredDocument | None:
        file = request.FILES.get(field)
        if not isinstance(file, SealedFile):
            return None
        refuse_unfit(file.sealed.content.plaintext_size, file.sealed.head_type, field)
        document = _keep(clean_name(file.given_name, field=field), file.sealed)
        return StoredDocument(document.id, document.name, document.plaintext_size, document.media_type)

    def open(self, document_id: UUID) -> OpenedSealedDocument:
        document = SealedDocument.objects.filter(pk=document_id).first()
        if document is None:
            raise DamagedContent("This document is missing.")
        body = _body(document)
        try:
            body.verify_end()
        except Crypt4ghError as error:
            raise DamagedContent(_DAMAGED) from error
        return OpenedSealedDocument(document, body)


def context_of(document: SealedDocument) -> dict[str, str]:
    """Return what a document's key is bound to where the key service wrapped it."""
    return _context(document.id)


def forget_unclaimed(before: datetime) -> int:
    """Delete documents whose application was never sent, and return how many that were."""
    unclaimed = SealedDocument.objects.filter(created_at__lt=before)
    for model in (Application, ApplicationMessage):
        unclaimed = unclaimed.exclude(Exists(model.objects.filter(document=OuterRef("pk"))))
    return unclaimed.delete()[0]


def _keep(name: str, sealed: SealedBlob) -> SealedDocument:
    document_id, content = uuid7(), sealed.content
    return SealedDocument.objects.create(
        id=document_id,
        name=name,
        media_type=decide(sealed.head_type, name).name,
        plaintext_size=content.plaintext_size,
        body_size=content.body_size,
        plaintext_sha256=content.plaintext_sha256,
        body_blake3=content.body_blake3,
        key_commitment=key_commitment(sealed.data_key, str(document_id), _VERSION),
        wrapped_key=key_service().wrap(ROOT, sealed.data_key, _context(document_id)),
        blob=sealed.blob,
    )


def open_document_key(document: SealedDocument) -> bytes:
    """Return a document's data key, after comparing it with its commitment.

    Raises:
        CommitmentError: it is another document's.
        KeyServiceRefused, Unavailable: the key service does not open it.

    """
    key = key_service().unwrap(ROOT, bytes(document.wrapped_key), _context(document.id))
    verify_commitment(bytes(document.key_commitment), key, str(document.id), _VERSION)
    return key


def _body(document: SealedDocument) -> SealedBody:
    try:
        key = open_document_key(document)
        return SealedBody(blob_store().reader(document.blob), key=key, body_size=document.body_size)
    except Crypt4ghError as error:
        raise DamagedContent(_DAMAGED) from error


def _discard_what_was_not_taken(files: list[SealedFile[SealedBlob]]) -> None:
    """Leave nothing of a form whose other fields were wrong."""
    blobs = [file.sealed.blob for file in files]
    taken = set(SealedDocument.objects.filter(blob__in=blobs).values_list("blob", flat=True))
    for file in files:
        if file.sealed.blob not in taken:
            discard(file.sealed)


def _context(document_id: UUID) -> dict[str, str]:
    return {"purpose": "document key", "algorithm": ALGORITHM, "document": str(document_id)}

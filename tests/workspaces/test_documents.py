"""The evidence of applications, sealed like any file."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from accounts.documents import StoredDocument, vault
from core.errors import DamagedContent, InvalidInput, TooLarge
from core.kms import KeyServiceRefused
from tests.workspaces.conftest import blobs
from workspaces import documents
from workspaces.documents import SealingVault, forget_unclaimed
from workspaces.models import SealedDocument

EVIDENCE = b"%PDF-1.7 diploma" * 5000

pytestmark = pytest.mark.django_db


def send(content: bytes, name: str = "diploma.pdf", *, take: bool = True) -> StoredDocument | None:
    taken: list[StoredDocument | None] = []

    def view(request: HttpRequest) -> HttpResponse:
        assert request.POST["name"] == "Ana"
        if take:
            taken.append(vault().take(request, "document"))
        return HttpResponse()

    form = {"name": "Ana", "document": SimpleUploadedFile(name, content)}
    request = RequestFactory().post("/", form)
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    SealingVault().accept(view)(request)
    return taken[0] if taken else None


def opened(document: StoredDocument | None) -> bytes:
    assert document
    return b"".join(vault().open(document.id).iter_bytes())


def test_the_vault_of_the_installation_seals() -> None:
    assert isinstance(vault(), SealingVault)


def test_a_document_comes_back_as_it_was_sent(settings: Any) -> None:
    document = send(EVIDENCE)
    assert document is not None
    assert (document.name, document.size, document.media_type) == ("diploma.pdf", len(EVIDENCE), "application/pdf")
    assert opened(document) == EVIDENCE
    assert EVIDENCE[:16] not in blobs(settings)[0].read_bytes()


def test_a_form_without_a_document_has_none() -> None:
    request = RequestFactory().post("/", {"name": "Ana"})
    assert vault().take(request, "document") is None


def test_a_document_of_a_refused_form_leaves_nothing(settings: Any) -> None:
    assert send(EVIDENCE, take=False) is None
    assert blobs(settings) == []


def test_a_document_that_is_too_large_is_refused(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_DOCUMENT_BYTES", 100)
    with pytest.raises(TooLarge):
        send(EVIDENCE)
    assert blobs(settings) == []


def test_a_document_that_never_was_is_missing() -> None:
    with pytest.raises(DamagedContent):
        vault().open(uuid4())


def test_one_changed_bit_is_found(settings: Any) -> None:
    document = send(EVIDENCE)
    (blob,) = blobs(settings)
    body = bytearray(blob.read_bytes())
    body[100] ^= 1
    blob.write_bytes(body)
    with pytest.raises(DamagedContent):
        opened(document)


@pytest.mark.parametrize("field", ["wrapped_key", "key_commitment", "blob"])
def test_nothing_can_be_moved_from_one_document_to_another(field: str) -> None:
    one, other = send(EVIDENCE), send(EVIDENCE)
    assert one
    assert other
    value = getattr(SealedDocument.objects.get(pk=other.id), field)
    SealedDocument.objects.filter(pk=other.id).update(blob=uuid4())
    SealedDocument.objects.filter(pk=one.id).update(**{field: value})
    with pytest.raises((DamagedContent, KeyServiceRefused)):
        opened(one)


def test_a_document_that_nobody_sent_off_is_forgotten_after_a_while() -> None:
    document = send(EVIDENCE)
    assert forget_unclaimed(timezone.now() - timedelta(hours=1)) == 0
    assert forget_unclaimed(timezone.now() + timedelta(hours=1)) == 1
    assert document
    assert not SealedDocument.objects.filter(pk=UUID(str(document.id))).exists()


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"MZ\x90\x00 program", "diploma.pdf"), (b"<html><script>", "diploma.pdf"), (b"just words", "diploma.txt")],
)
def test_only_a_pdf_or_a_picture_is_taken_whatever_it_is_called(settings: Any, content: bytes, name: str) -> None:
    with pytest.raises(InvalidInput, match="PDF, PNG or JPEG"):
        send(content, name)
    assert not SealedDocument.objects.exists()


def test_an_empty_document_is_refused() -> None:
    with pytest.raises(InvalidInput, match="empty"):
        send(b"")

"""A vault for documents that keeps them in memory, with the behaviour the real one promises."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_protect

from accounts.documents import StoredDocument


@dataclass
class MemoryDocument:
    name: str
    media_type: str
    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    def iter_bytes(self) -> Iterator[bytes]:
        yield self.content


class MemoryVault:
    """Takes documents through the form, like the real vault, but neither seals nor stores them."""

    def __init__(self) -> None:
        self.documents: dict[UUID, MemoryDocument] = {}

    def accept(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def accepting(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            request.upload_handlers = [MemoryFileUploadHandler(request)]
            return csrf_protect(view)(request, *args, **kwargs)

        return accepting

    def take(self, request: HttpRequest, field: str) -> StoredDocument | None:
        file = request.FILES.get(field)
        return self.keep(str(file.name), file.read()) if file else None

    def keep(self, name: str, content: bytes) -> StoredDocument:
        document_id = uuid4()
        self.documents[document_id] = MemoryDocument(name, "application/pdf", content)
        return StoredDocument(document_id, name, len(content), "application/pdf")

    def open(self, document_id: UUID) -> MemoryDocument:
        return self.documents[document_id]

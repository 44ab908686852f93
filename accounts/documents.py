"""Supporting documents of applications. They are sealed like any file, by the room above that knows how to seal.

That room implements `DocumentVault` and registers it when it is ready. Until then no document is taken, and an
application goes without one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, Protocol
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from core.errors import InvalidInput, Unavailable

View = Callable[..., HttpResponse]

EVIDENCE_TYPES = frozenset({"application/pdf", "image/png", "image/jpeg"})


@dataclass(frozen=True)
class StoredDocument:
    """A document that has been sealed and stored."""

    id: UUID
    name: str
    size: int
    media_type: str


def refuse_unfit(size: int, content_type: str, field: str) -> None:
    """Raise InvalidInput unless the bytes themselves are a PDF or a picture, whatever the name and the browser say.

    A reviewer opens these files outside, so nothing that could carry a program is taken.
    """
    if size == 0:
        raise InvalidInput("This document is empty.", field=field)
    if content_type not in EVIDENCE_TYPES:
        raise InvalidInput("Send the document as PDF, PNG or JPEG.", field=field)


class OpenedDocument(Protocol):
    """A stored document whose key has been unwrapped for one reader."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def media_type(self) -> str: ...
    def iter_bytes(self) -> Iterator[bytes]: ...


class DocumentVault(Protocol):
    def accept(self, view: View) -> View:
        """Return `view` with the sealing upload handler in place before anything parses the body.

        Checking the CSRF token parses the body, so the view that comes in is exempt from the middleware's check, and
        the vault checks (`csrf_protect`) once its handler stands.
        """
        ...

    def take(self, request: HttpRequest, field: str) -> StoredDocument | None:
        """Return the document that came in the form field, or None when the field was left blank.

        Raises:
            InvalidInput: for what `refuse_unfit` refuses; nothing is kept then.

        """
        ...

    def open(self, document_id: UUID) -> OpenedDocument:
        """Return a document ready to be read. Raises Unavailable or DamagedContent."""
        ...


class _NoVault:
    def accept(self, view: View) -> View:
        return csrf_protect(view)

    def take(self, request: HttpRequest, field: str) -> StoredDocument | None:
        return None

    def open(self, document_id: UUID) -> OpenedDocument:
        raise Unavailable("Documents cannot be opened in this installation.")


_vault: DocumentVault = _NoVault()


def register_vault(chosen: DocumentVault) -> None:
    """Let `chosen` keep the documents. Called once, in the `ready()` of the room that seals files."""
    global _vault  # noqa: PLW0603  one vault per process, chosen at start
    _vault = chosen


def vault() -> DocumentVault:
    return _vault


def accepts_documents(view: View) -> View:
    """Let a view take documents: the vault is asked when the request comes, after every room is ready."""

    @csrf_exempt
    @wraps(view)
    def accepting(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return vault().accept(view)(request, *args, **kwargs)

    return accepting

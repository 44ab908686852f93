"""Key files in forms: a few hundred bytes of something public, held in memory and never written anywhere."""

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from workspaces.crypt4gh.keys import MAX_FILE_SIZE

View = Callable[..., HttpResponseBase]


class KeyFileHandler(FileUploadHandler):
    """Keeps one small file after the other in memory, and refuses a large one before it has all arrived."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        self._content = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > MAX_FILE_SIZE:
            raise MultiPartParserError("This file is too large to be a key.")
        self._content.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        self._content.seek(0)
        return UploadedFile(self._content, name=str(self.file_name), size=file_size)


def takes_key_files(view: View) -> View:
    """Let a view take key files; the CSRF check reads the form only after the handler was set."""
    checked = csrf_protect(view)

    @wraps(view)
    def take(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.upload_handlers = [KeyFileHandler(request)]
        return checked(request, *args, **kwargs)

    return csrf_exempt(take)

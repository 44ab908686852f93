"""Mail as files, without a mail server. They hold links that open accounts, so only their owner reads them."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends import filebased


class PrivateFiles(filebased.EmailBackend):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        folder = Path(kwargs.get("file_path") or settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        super().__init__(*args, **kwargs)

    def open(self) -> bool:
        if getattr(self, "stream", None) is not None:
            return False
        path = self._get_filename()  # type: ignore[attr-defined]  # the stubs do not have it
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.stream = os.fdopen(descriptor, "ab")  # type: ignore[assignment]  # bytes here, text in the base
        return True

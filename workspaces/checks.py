"""What must be true of an installation before it may take a file. `manage.py check` and every start ask."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

_ONLY_HANDLERS = ["workspaces.upload.RefusingUploadHandler"]


def check_upload_handlers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if list(settings.FILE_UPLOAD_HANDLERS) == _ONLY_HANDLERS:
        return []
    message = f"FILE_UPLOAD_HANDLERS must be {_ONLY_HANDLERS}: any other handler may write plaintext to a disk."
    return [Error(message, id="workspaces.E001")]


def check_directories(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Keys and bytes apart, so that no backup or mistake of permissions carries both away."""
    blobs, keys = Path(settings.BLOB_DIRECTORY).resolve(), Path(settings.KEYRING_DIRECTORY).resolve()
    if blobs == keys or blobs in keys.parents or keys in blobs.parents:
        message = "BLOB_DIRECTORY and KEYRING_DIRECTORY must not lie inside each other."
        return [Error(message, id="workspaces.E002")]
    return []


def check_modes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    keyring = Path(settings.KEYRING_DIRECTORY)
    private = {keyring: 0o700, keyring / "roots.json": 0o600, Path(settings.BLOB_DIRECTORY): 0o700}
    return [
        Error(f"{path} can be read by other accounts of this machine; its mode must be {mode:o}.", id="workspaces.E003")
        for path, mode in private.items()
        if path.exists() and path.stat().st_mode & 0o077
    ]

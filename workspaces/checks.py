"""What must be true of an installation before it may take a file. `manage.py check` and every start ask."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info
from django.core.checks import Warning as Caution

from workspaces.scanning.clamd import Clamd, ScannerDown

_OPEN = (
    "SCANNER_NOT_SCANNED=open lets people open what the virus scanner did not look into, so whoever can stop clamd, or"
    " sends a file that is too large for it, gets past it. Set it to hold, or leave it out."
)
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


def check_bucket(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Ask the bucket that files are kept in; only where an installation is checked before it serves."""
    if settings.BLOB_BUCKET is None:
        return []
    if find_spec("botocore") is None:
        message = "STORAGE_URL needs botocore, which is not installed: uv sync --group aws (docs/storage.md)."
        return [Error(message, id="workspaces.E006")]
    from workspaces.storage.s3 import Bucket, S3Address
    from workspaces.storage.s3.probing import faults, remarks

    address = S3Address(**settings.BLOB_BUCKET)
    found: list[CheckMessage] = []
    if address.endpoint.startswith("http:"):
        message = "STORAGE_URL names an endpoint without TLS: others could take files away on their way."
        found.append(Error(message, id="workspaces.E004"))
    bucket = Bucket(address)
    found += [Error(f"STORAGE_URL: {sentence}", id="workspaces.E005") for sentence in faults(bucket)]
    if len(found) == 0:
        found += [Info(sentence, id="workspaces.I001") for sentence in remarks(bucket)]
    return found


def check_scanner(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Ask the virus scanner about two files whose answer is known; only where an installation is checked before."""
    if not settings.SCANNER_URL:
        return []
    found: list[CheckMessage] = []
    if settings.SCANNER_NOT_SCANNED == "open":
        found.append(Caution(_OPEN, id="workspaces.W001"))
    try:
        wrong = Clamd(settings.SCANNER_URL).unsound()
    except ScannerDown:
        # It may come later, and until then "not scanned" is said.
        found.append(Info("SCANNER_URL: clamd does not answer; what is uploaded is not scanned.", id="workspaces.I002"))
    else:
        found += [Error(f"SCANNER_URL: {wrong}", id="workspaces.E007")] if wrong else []
    return found

"""Turns what a bucket and the line to it may answer into the three errors of a blob store."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from core.errors import DamagedContent, StorageFull, Unavailable

# What a line that breaks raises; botocore lets some of urllib3's errors through.
BROKEN = (BotoCoreError, HTTPError, OSError)
_FULL = {"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage"}
_FULL_STATUS = 507
# What a HEAD request answers has no body to say it in, only its status.
_MISSING = {"NoSuchKey", "NoSuchUpload", "404"}
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412"}


class NameTaken(Exception):
    """Something of this name is there already; raised only where a new name was asked for."""


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _translate(error) from error
    except BROKEN as error:
        raise _down() from error


def _translate(error: ClientError) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code in _TAKEN:
        return NameTaken()
    if code in _MISSING:
        return DamagedContent("The stored bytes are missing.")
    if code in _FULL or status == _FULL_STATUS:
        return StorageFull("There is no room left in the file store. Nothing was stored.")
    return _down()


def _down() -> Unavailable:
    return Unavailable("The file store does not answer. Nothing was stored or opened; try again later.")

"""What must be true of a bucket before files are kept in it, asked of the bucket itself."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from core.errors import IthacaError
from workspaces.storage.s3.bucket import Bucket
from workspaces.storage.s3.errors import NameTaken

_PROBE = "probe/"


def faults(bucket: Bucket) -> Iterator[str]:
    """Yield a sentence for everything that keeps files from being stored safely; leaves nothing behind."""
    key = f"{_PROBE}{uuid4().hex}"
    try:
        bucket.require()
        bucket.put(key, b"probe", new=True)
        if [found.key for found in bucket.listed(key)] != [key]:
            yield "What is stored in the bucket is not in its listing at once."
        if bucket.get(key, 1, 3).data != b"rob":
            yield "The bucket does not hand out the part of an object that it is asked for."
        if not _keeps_names(bucket, key):
            yield "The bucket does not honour If-None-Match, so two writers could take one name."
        bucket.delete(key)
    except IthacaError as error:
        yield f"The bucket cannot be read and written. {_cause(error)}"


def remarks(bucket: Bucket) -> Iterator[str]:
    """Yield what somebody should know about how the bucket is set up; nothing where we may not see that."""
    rules = _settings(bucket, "get_bucket_lifecycle_configuration")
    versioned = _settings(bucket, "get_bucket_versioning")
    actions = {action for rule in (rules or {}).get("Rules", []) for action in rule}
    if rules is not None and "AbortIncompleteMultipartUpload" not in actions:
        yield "The bucket has no rule that aborts incomplete multipart uploads; see docs/storage.md."
    if versioned and versioned.get("Status") == "Enabled" and "NoncurrentVersionExpiration" not in actions:
        yield "The bucket keeps old versions for ever, so what is deleted here stays there; see docs/storage.md."


def _keeps_names(bucket: Bucket, key: str) -> bool:
    try:
        bucket.put(key, b"again", new=True)
    except NameTaken:
        return True
    return False


def _settings(bucket: Bucket, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = getattr(bucket.client, name)(**bucket.place)
    except ClientError as error:
        return {} if error.response["Error"]["Code"] == "NoSuchLifecycleConfiguration" else None
    except BotoCoreError:
        return None
    return found


def _cause(error: IthacaError) -> str:
    """Say what the bucket answered: the operator who reads this has to repair it."""
    cause = error.__cause__
    if isinstance(cause, ClientError):
        return f"It answered {cause.response['Error'].get('Code', '?')}."
    return f"{type(cause).__name__}." if cause else error.sentence

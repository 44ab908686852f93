"""Where sealed bytes lie: in a directory, or in a bucket that speaks S3 (docs/storage.md)."""

import os
from functools import cache
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings

from workspaces.storage.local import LocalBlobStore
from workspaces.storage.protocol import BlobStore, BlobWriter, ReadAt, StoredBlob

__all__ = ["BlobStore", "BlobWriter", "LocalBlobStore", "ReadAt", "StoredBlob", "blob_store", "stored_file"]


def blob_store() -> BlobStore:
    """Return the installation's blob store."""
    if settings.BLOB_BUCKET is not None:
        return _s3_store(tuple(settings.BLOB_BUCKET.items()), settings.MAX_UPLOAD_BYTES, os.getpid())
    return _local_store(settings.BLOB_DIRECTORY)


def stored_file(name: UUID) -> BinaryIO | None:
    """Return a blob as a file of the system, if the store keeps it as one."""
    store = blob_store()
    return store.open_file(name) if isinstance(store, LocalBlobStore) else None


@cache
def _local_store(directory: Path) -> LocalBlobStore:
    return LocalBlobStore(directory)


@cache
def _s3_store(address: tuple[tuple[str, str], ...], largest: int, process: int) -> BlobStore:
    """Return the store of one process: connections must not be shared with the process that it was forked from."""
    from workspaces.storage.s3 import Bucket, S3Address, S3BlobStore

    return S3BlobStore(Bucket(S3Address(**dict(address))), largest=largest)

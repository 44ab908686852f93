"""Sealed bytes in a bucket that speaks S3. botocore is loaded only where this package is."""

from workspaces.storage.s3.address import S3Address
from workspaces.storage.s3.bucket import Bucket
from workspaces.storage.s3.store import S3BlobStore

__all__ = ["Bucket", "S3Address", "S3BlobStore"]

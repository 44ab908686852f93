"""The few requests that a blob store needs of a bucket, each with its errors translated.

No server-side copy, no tags, no versions: what is used here every server that speaks S3 understands.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from core.errors import DamagedContent, Unavailable
from workspaces.storage.s3.address import S3Address
from workspaces.storage.s3.errors import BROKEN, translated

_READ_ATTEMPTS = 3
_CONTENT_RANGE = re.compile(r"bytes ([0-9]+)-([0-9]+)/([0-9]+)")


@dataclass(frozen=True)
class Found:
    """An object in a listing; `changed` is a POSIX timestamp."""

    key: str
    size: int
    changed: float


@dataclass(frozen=True)
class Head:
    size: int
    metadata: dict[str, str]


@dataclass(frozen=True)
class Part:
    """One part of a blob on its way in."""

    etag: str
    size: int
    changed: float


@dataclass(frozen=True)
class Piece:
    """Bytes of an object, and how many it has in all; an empty piece lies behind its end."""

    data: bytes
    total: int


class Bucket:
    def __init__(self, address: S3Address) -> None:
        self.client = address.connect()
        self.place = {"Bucket": address.bucket}
        self._prefix = address.prefix
        self._sealing = address.sealing_by_the_store()

    def put(self, key: str, body: bytes, *, metadata: dict[str, str] | None = None, new: bool = False) -> None:
        """Store an object; with `new` only if there is none of this name.

        Raises:
            NameTaken: there is one, perhaps from an earlier try of this very call.

        """
        condition = {"IfNoneMatch": "*"} if new else {}
        with translated():
            self.client.put_object(
                **self._at(key), Body=body, Metadata=metadata or {}, ContentType=_BYTES, **condition, **self._sealing
            )

    def get(self, key: str, start: int, length: int) -> Piece:
        """Return `length` bytes from `start`, fewer only at the end of the object."""
        if length <= 0:
            return Piece(b"", 0)
        for _ in range(_READ_ATTEMPTS - 1):
            try:
                return self._get(key, start, length)
            except BROKEN:
                # The line broke in the middle of the answer; botocore tries again only before that.
                continue
        with translated():
            return self._get(key, start, length)

    def read(self, key: str, most: int) -> tuple[bytes, dict[str, str]]:
        """Return a small object whole, with its metadata.

        Raises:
            DamagedContent: it is larger than `most` bytes, so it is none of ours.

        """
        with translated():
            response = self.client.get_object(**self._at(key))
            with closing(response["Body"]) as body:
                data, metadata = body.read(most + 1), response["Metadata"]
        if len(data) > most:
            raise DamagedContent("The file store answered with far more bytes than were ever stored there.")
        return data, metadata

    def head(self, key: str) -> Head | None:
        if (found := self.glance(key)) is None:
            # A bucket that is not there answers a HEAD request just like an object that is not.
            self.require()
        return found

    def glance(self, key: str) -> Head | None:
        """Return the head of an object, for whoever goes on to ask something that tells a missing bucket apart."""
        try:
            with translated():
                response = self.client.head_object(**self._at(key))
        except DamagedContent:
            return None
        return Head(response["ContentLength"], response["Metadata"])

    def require(self) -> None:
        """Raise Unavailable unless there is such a bucket, and it may be listed."""
        try:
            with translated():
                self.client.head_bucket(**self.place)
        except DamagedContent as error:
            raise Unavailable("The bucket of the file store is not there. Nothing was stored or opened.") from error

    def delete(self, key: str) -> None:
        with translated():
            self.client.delete_object(**self._at(key))

    def listed(self, prefix: str) -> Iterator[Found]:
        """Yield what begins with `prefix`, in the order of its keys."""
        pages = self.client.get_paginator("list_objects_v2").paginate(**self.place, Prefix=self._prefix + prefix)
        for page in self._pages(pages):
            for item in page.get("Contents", []):
                yield Found(item["Key"].removeprefix(self._prefix), item["Size"], item["LastModified"].timestamp())

    def begin(self, key: str, metadata: dict[str, str]) -> str:
        """Begin an object that is sent in parts, and return the id of its upload."""
        with translated():
            response = self.client.create_multipart_upload(
                **self._at(key), Metadata=metadata, ContentType=_BYTES, **self._sealing
            )
        return str(response["UploadId"])

    def send(self, key: str, upload: str, number: int, body: bytes) -> str:
        with translated():
            response = self.client.upload_part(**self._at(key), UploadId=upload, PartNumber=number, Body=body)
        return str(response["ETag"])

    def sent(self, key: str, upload: str) -> dict[int, Part]:
        """Return the parts that have arrived, by their numbers; DamagedContent if there is no such upload."""
        pages = self.client.get_paginator("list_parts").paginate(**self._at(key), UploadId=upload)
        return {
            part["PartNumber"]: Part(part["ETag"], part["Size"], _timestamp(part["LastModified"]))
            for page in self._pages(pages)
            for part in page.get("Parts", [])
        }

    def complete(self, key: str, upload: str, etags: list[str], *, new: bool = True) -> None:
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
        condition = {"IfNoneMatch": "*"} if new else {}
        with translated():
            self.client.complete_multipart_upload(
                **self._at(key), UploadId=upload, MultipartUpload={"Parts": parts}, **condition
            )

    def give_up(self, key: str, upload: str) -> None:
        try:
            with translated():
                self.client.abort_multipart_upload(**self._at(key), UploadId=upload)
        except DamagedContent:
            return

    def uploads(self, key: str) -> list[tuple[str, float]]:
        """Return the ids of the uploads of one key that are under way, and when they began."""
        # Some servers answer only when they are asked for a whole key, so nothing relies on asking for a prefix.
        pages = self.client.get_paginator("list_multipart_uploads").paginate(**self.place, Prefix=self._prefix + key)
        return [
            (upload["UploadId"], _timestamp(upload["Initiated"]))
            for page in self._pages(pages)
            for upload in page.get("Uploads", [])
            if upload["Key"] == self._prefix + key
        ]

    def _get(self, key: str, start: int, length: int) -> Piece:
        """Return one answer, held against what was asked for."""
        try:
            response = self.client.get_object(**self._at(key), Range=f"bytes={start}-{start + length - 1}")
        except ClientError as error:
            if error.response["Error"]["Code"] in {"InvalidRange", "416"}:
                return Piece(b"", start)
            with translated():
                raise
        with closing(response["Body"]) as body:
            asked = _CONTENT_RANGE.fullmatch(response.get("ContentRange", ""))
            if asked is None:
                raise Unavailable("The file store does not hand out parts of what it keeps. Nothing was opened.")
            first, last, total = (int(number) for number in asked.groups())
            if first != start or last != min(start + length, total) - 1:
                raise DamagedContent("The file store answered with other bytes than it was asked for.")
            data = body.read()
        if len(data) != last - first + 1:
            raise DamagedContent("The file store answered with fewer or more bytes than it announced.")
        return Piece(data, total)

    def _at(self, key: str) -> dict[str, str]:
        return {**self.place, "Key": self._prefix + key}

    @staticmethod
    def _pages(pages: Any) -> Iterator[dict[str, Any]]:
        with translated():
            yield from pages


_BYTES = "application/octet-stream"


def _timestamp(when: datetime) -> float:
    return when.timestamp()

"""The words of tus 1.0 (https://tus.io/protocols/resumable-upload): its headers, read strictly, and written.

Names of files travel in `Upload-Metadata`, base64-encoded: a header, because addresses are logged.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import new as new_hash
from time import monotonic
from typing import cast, get_args

from django.conf import settings
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.utils.http import http_date

from core.errors import InvalidInput, IthacaError
from workspaces.models import Upload
from workspaces.receiving import Checksum
from workspaces.services import OnConflict

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
CHECKSUMS = ("sha1", "sha256")
MEDIA_TYPE = "application/offset+octet-stream"
STATE_HEADER = "Ithaca-Upload-State"

_LARGEST = 2**62
_LONGEST_METADATA = 4096
_NUMBER = re.compile(r"[0-9]{1,19}")
_KEY = re.compile(r"[!-+\--~]+")
# A slow line is read in small pieces, so that little is lost with it; a fast one in large pieces.
_SMALL, _LARGE = 64 * 1024, 1024 * 1024
_FAST = 0.1


class WrongVersion(IthacaError):
    """The client speaks another version of tus, or does not say which."""

    status = 412
    code = "tus_version"


class LengthRequired(IthacaError):
    status = 411
    code = "length_required"


class WrongMediaType(IthacaError):
    status = 415
    code = "media_type"


@dataclass(frozen=True)
class Announced:
    """What the sender says about a file before its first byte."""

    size: int
    name: str
    modified: int | None
    on_conflict: OnConflict


def require_version(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise WrongVersion(f"Say “Tus-Resumable: {VERSION}”; no other version is spoken here.")


def announced(request: HttpRequest) -> Announced:
    """Read the headers of a creation.

    Raises:
        InvalidInput: one is missing or malformed.

    """
    if "Upload-Defer-Length" in request.headers:
        raise InvalidInput("The length must be known from the beginning (Upload-Length).", field="Upload-Length")
    size = number(request, "Upload-Length")
    said = parse_metadata(request.headers.get("Upload-Metadata", ""))
    name = said.get("filename") or said.get("name")
    if not name:
        raise InvalidInput("Send the name of the file as “filename” in Upload-Metadata.", field="name")
    return Announced(size, name, _modified(said.get("modified", "")), _on_conflict(said.get("on_conflict", "ask")))


def number(request: HttpRequest, header: str) -> int:
    """Return a header that must be a number of bytes.

    Raises:
        InvalidInput: it is missing, negative, not decimal or absurd.

    """
    text = request.headers.get(header, "")
    if not _NUMBER.fullmatch(text) or int(text) > _LARGEST:
        raise InvalidInput(f"{header} must be a number of bytes.", field=header)
    return int(text)


def parse_metadata(text: str) -> dict[str, str]:
    """Return what `Upload-Metadata` says; keys that mean nothing here are read as strictly as the others.

    Raises:
        InvalidInput: it is not a list of distinct keys with base64-encoded UTF-8.

    """
    if len(text) > _LONGEST_METADATA:
        raise InvalidInput("Upload-Metadata is too long.", field="Upload-Metadata")
    pairs = [pair.strip().split(" ") for pair in text.split(",")] if text.strip() else []
    keys = [pair[0] for pair in pairs]
    if len(set(keys)) != len(keys) or any(len(pair) > 2 or not _KEY.fullmatch(pair[0]) for pair in pairs):  # noqa: PLR2004
        raise _malformed()
    return {pair[0]: _decoded(pair[1]) if pair[1:] else "" for pair in pairs}


def checksum(request: HttpRequest) -> Checksum | None:
    """Return what `Upload-Checksum` says.

    Raises:
        InvalidInput: another algorithm, or a value that is none of it.

    """
    if "Upload-Checksum" not in request.headers:
        return None
    algorithm, _, value = request.headers["Upload-Checksum"].partition(" ")
    if algorithm not in CHECKSUMS:
        raise InvalidInput(f"Send a checksum of these kinds: {', '.join(CHECKSUMS)}.", field="Upload-Checksum")
    try:
        digest = b64decode(value, validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != new_hash(algorithm).digest_size:
        raise InvalidInput(f"This is not a base64-encoded {algorithm}.", field="Upload-Checksum")
    return Checksum(algorithm, digest)


def has_body(request: HttpRequest) -> bool:
    """Say whether bytes come with a creation."""
    return request.content_type == MEDIA_TYPE or _length(request) != "0"


def require_body(request: HttpRequest) -> int:
    """Return how many bytes the body has.

    Raises:
        WrongMediaType: it is not declared as the bytes of an upload.
        LengthRequired: its length is not declared.

    """
    if request.content_type != MEDIA_TYPE:
        raise WrongMediaType(f"Send the bytes as {MEDIA_TYPE}.")
    if "CONTENT_LENGTH" not in request.META or not _NUMBER.fullmatch(length := _length(request)):
        raise LengthRequired("Say how many bytes are sent (Content-Length).")
    return int(length)


def body_chunks(request: HttpRequest) -> Iterator[bytes]:
    """Yield the body as it arrives.

    Raises:
        ConnectionError: the line was cut.

    """
    size = _SMALL
    while True:
        begun = monotonic()
        try:
            chunk = request.read(size)
        except UnreadablePostError as error:
            raise ConnectionAbortedError from error
        if not chunk:
            return
        yield chunk
        size = _LARGE if monotonic() - begun < _FAST else _SMALL


def about(upload: Upload) -> dict[str, str]:
    """Return the headers that tell where an upload stands."""
    headers = {"Upload-Offset": str(upload.offset), STATE_HEADER: Upload.State(upload.state).value}
    if upload.state in Upload.UNFINISHED:
        headers["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return headers


def metadata_of(upload: Upload) -> str:
    return f"filename {b64encode(upload.name.encode()).decode()}"


def abilities() -> Mapping[str, str]:
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(settings.MAX_UPLOAD_BYTES),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }


def _length(request: HttpRequest) -> str:
    return str(request.META.get("CONTENT_LENGTH") or "0")


def _decoded(value: str) -> str:
    try:
        return b64decode(value, validate=True).decode()
    except ValueError:
        raise _malformed() from None


def _malformed() -> InvalidInput:
    return InvalidInput("Upload-Metadata must be pairs of a key and base64-encoded UTF-8.", field="Upload-Metadata")


def _modified(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) and int(text) <= _LARGEST else None


def _on_conflict(text: str) -> OnConflict:
    if text not in get_args(OnConflict):
        raise InvalidInput("“on_conflict” must be ask, new_version or keep_both.", field="on_conflict")
    return cast("OnConflict", text)

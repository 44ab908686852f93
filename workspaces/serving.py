"""Content over HTTP: one range, names in both forms, and headers that keep a browser from running any of it."""

import re
import sys
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from core.access import require
from workspaces.media_types import UNKNOWN
from workspaces.models import Version
from workspaces.names import content_disposition
from workspaces.outsiders import Reader
from workspaces.permissions import Right
from workspaces.services import Archive, open_version

_TOO_MANY_DIGITS = 19
_ONE_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")

# The content is somebody's file: it may not load, run, frame or submit anything in our origin.
_SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"


class RangeNotSatisfiableError(ValueError):
    """The range begins behind the end of the content."""


@dataclass(frozen=True)
class Span:
    start: int
    stop: int


def serve(request: HttpRequest, actor: Reader, version: Version) -> HttpResponseBase:
    """Answer with the content of a version, or a part of it; a HEAD request opens and records nothing."""
    if request.method == "HEAD":
        require(actor, Right.DOWNLOAD, version)
        return _with_headers(HttpResponse(), version, version.plaintext_size)
    try:
        span = _asked_span(request, version)
    except RangeNotSatisfiableError:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{version.plaintext_size}"})
    opened = open_version(actor=actor, version=version, right=Right.DOWNLOAD)
    whole = Span(0, opened.size)
    connection = request.META.get("gunicorn.socket")
    blocks = opened.iter_range((span or whole).start, (span or whole).stop, connection)
    response = StreamingHttpResponse(blocks, status=206 if span else 200)
    if span:
        response["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{opened.size}"
    return _with_headers(response, version, (span or whole).stop - (span or whole).start)


def parse_range(header: str, size: int) -> Span | None:
    """Return the one range that is asked for; None where the whole content is the right answer (RFC 9110, 14.2).

    Raises:
        RangeNotSatisfiableError: no byte of the content is in the range.

    """
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return None
    first, last = _position(match[1]), _position(match[2])
    if match[1] == "":
        start, stop = max(size - last, 0), size
    else:
        start, stop = first, min(last + 1 if match[2] else size, size)
        if match[2] and last < start:
            return None
    if start >= stop:
        raise RangeNotSatisfiableError
    return Span(start, stop)


def _position(digits: str) -> int:
    """Read a position in the content; Python refuses thousands of digits, and no content is as long as twenty."""
    significant = digits.lstrip("0")
    return int(significant or 0) if len(significant) < _TOO_MANY_DIGITS else sys.maxsize


def _asked_span(request: HttpRequest, version: Version) -> Span | None:
    header = request.headers.get("Range")
    if header is None or request.headers.get("If-Range", _etag(version)) != _etag(version):
        return None
    return parse_range(header, version.plaintext_size)


def serve_archive(archive: Archive) -> StreamingHttpResponse:
    """Answer with a ZIP archive that is made while it is sent."""
    response = StreamingHttpResponse(archive.pieces)
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": content_disposition(archive.name),
        **_common(archive.size),
    }
    for name, value in headers.items():
        response[name] = value
    return response


def _common(length: int) -> dict[str, str]:
    return {
        # Set beforehand, so that a download that breaks off can never look complete.
        "Content-Length": str(length),
        "Content-Security-Policy": _SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store, private",
    }


def _with_headers(response: HttpResponseBase, version: Version, length: int) -> HttpResponseBase:
    headers = {
        "Content-Type": UNKNOWN,
        "Content-Disposition": content_disposition(version.file.name),
        **_common(length),
        "Accept-Ranges": "bytes",
        "ETag": _etag(version),
    }
    for name, value in headers.items():
        response[name] = value
    return response


def _etag(version: Version) -> str:
    # A version never changes, so its id is as strong a validator as there is.
    return f'"{version.id}"'

"""A sealed file over HTTP: one range, and a name and a length that are known beforehand."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from accounts.models import User
from core.access import require
from workspaces.handover.models import HandOver
from workspaces.handover.sending import Part
from workspaces.names import content_disposition
from workspaces.permissions import Right
from workspaces.services import open_hand_over
from workspaces.serving import RangeNotSatisfiableError, parse_range


def serve_sealed(request: HttpRequest, actor: User, hand_over: HandOver) -> HttpResponseBase:
    """Answer with the sealed file or a part of it; a HEAD request opens and records nothing."""
    if request.method == "HEAD":
        require(actor, Right.HAND_OVER, hand_over.version)
        return _with_headers(HttpResponse(), hand_over, hand_over.size)
    try:
        asked = _asked(request, hand_over)
    except RangeNotSatisfiableError:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{hand_over.size}"})
    part = asked or Part(0, hand_over.size)
    taken = open_hand_over(actor=actor, hand_over=hand_over, part=part)
    pieces = taken.iter_bytes(request.META.get("gunicorn.socket"))
    response = StreamingHttpResponse(pieces, status=206 if asked else 200)
    if asked:
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{hand_over.size}"
    return _with_headers(response, hand_over, part.stop - part.start)


def _asked(request: HttpRequest, hand_over: HandOver) -> Part | None:
    header = request.headers.get("Range")
    if header is None or request.headers.get("If-Range", _etag(hand_over)) != _etag(hand_over):
        return None
    span = parse_range(header, hand_over.size)
    return Part(span.start, span.stop) if span else None


def _with_headers(response: HttpResponseBase, hand_over: HandOver, length: int) -> HttpResponseBase:
    headers = {
        "Content-Type": "application/octet-stream",
        # Set beforehand, so that a download that breaks off can never look complete.
        "Content-Length": str(length),
        "Content-Disposition": content_disposition(hand_over.name),
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store, private",
        "Accept-Ranges": "bytes",
        "ETag": _etag(hand_over),
    }
    for name, value in headers.items():
        response[name] = value
    return response


def _etag(hand_over: HandOver) -> str:
    # Header and body of a hand-over never change.
    return f'"{hand_over.pk}"'

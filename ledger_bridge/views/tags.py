"""Sorted tags and proofs between checkpoints, for anybody who checks the log: `docs/formats/tags.md`."""

import re

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase

from ledger_bridge import proofs
from ledger_bridge.tag_files.files import is_there, path_of
from ledger_bridge.tag_files.published import published_files
from ledger_bridge.tlog.consistency import Consistency
from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.tags import Span
from ledger_bridge.views.log import public
from ledger_bridge.witnessing.published import latest_published

_SPAN = re.compile(r"(0|[1-9][0-9]{0,17})-([1-9][0-9]{0,17})", re.ASCII)
_SIZES = re.compile(r"([1-9][0-9]{0,17})-([1-9][0-9]{0,17})", re.ASCII)
_A_MOMENT = "public, max-age=1"
_FOREVER = "public, max-age=31536000, immutable"


@public
def tag_files(request: HttpRequest) -> HttpResponse:
    """List the files: first leaf, number of leaves, root, and the number of the entry that names it."""
    latest = latest_published()
    listed = published_files(latest.size if latest else 0)
    lines = [f"{one.span.first} {one.span.leaves} {one.root.hex()} {one.index}\n" for one in listed]
    return _text("".join(lines).encode(), _A_MOMENT)


@public
def tag_file(request: HttpRequest, span: str) -> HttpResponseBase:
    wanted = _span(span)
    if not is_there(wanted):
        raise Http404
    response = FileResponse(path_of(wanted).open("rb"), content_type="application/octet-stream")
    response["Cache-Control"] = _FOREVER
    return response


@public
def consistency(request: HttpRequest, sizes: str) -> HttpResponse:
    """Prove that the log of the larger size begins with that of the smaller one."""
    match, latest = _SIZES.fullmatch(sizes), latest_published()
    if not match or not latest or not int(match[1]) < int(match[2]) <= latest.size:
        raise Http404
    old, new = int(match[1]), int(match[2])
    return _text(Consistency(old, new, tuple(proofs.consistency(old, new))).marshal(), _FOREVER)


def _span(text: str) -> Span:
    match = _SPAN.fullmatch(text)
    try:
        return Span(int(match[1]), int(match[2])) if match else _unknown()
    except FormatError as error:
        raise Http404 from error


def _unknown() -> Span:
    raise Http404


def _text(body: bytes, caching: str) -> HttpResponse:
    return HttpResponse(body, content_type="text/plain; charset=utf-8", headers={"Cache-Control": caching})

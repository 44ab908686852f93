"""The public log, as C2SP tlog-tiles wants it: plain files for anybody who watches or mirrors the log."""

import re
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from core.errors import InvalidInput, TooLarge
from core.queue import wake
from ledger_bridge.access import View
from ledger_bridge.models import Checkpoint
from ledger_bridge.proofs import read_leaves, read_tile
from ledger_bridge.publishing import read_published
from ledger_bridge.signing import log_signer
from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, encode_bundle, parse_path, tile_width
from ledger_bridge.witnessing.policy import policy_text
from ledger_bridge.witnessing.receiving import MAX_BODY, receive_cosignatures

_ARCHIVE = re.compile(r"[0-9a-f]{16}", re.ASCII)
_A_MOMENT = "public, max-age=1"
_AN_HOUR = "public, max-age=3600"
_FOREVER = "public, max-age=31536000, immutable"


def public(view: View) -> View:
    """Open to everybody, programs in other sites' pages included; a monitor needs no account."""

    @wraps(view)
    def served(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return login_not_required(require_safe(served))


@public
def checkpoint(request: HttpRequest) -> HttpResponse:
    note = read_published()
    if note is None:
        raise Http404
    return _text(note, _A_MOMENT)


@public
def pending(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint that is signed, for witnesses that ask: its quorum may still be missing."""
    newest = Checkpoint.objects.order_by("size").last()
    if newest is None:
        raise Http404
    return _text(newest.note.encode(), "no-store")


@csrf_exempt
@login_not_required
@require_POST
def cosignatures(request: HttpRequest) -> HttpResponse:
    """Take a checkpoint with cosignatures from a witness that has no address of its own."""
    try:
        length = int(request.headers.get("Content-Length", ""))
    except ValueError as error:
        raise InvalidInput("Say in Content-Length how long the checkpoint is.", field="Content-Length") from error
    if length > MAX_BODY:
        raise TooLarge(f"A checkpoint with its cosignatures has at most {MAX_BODY} bytes.")
    new = receive_cosignatures(request.body)
    if new:
        wake("ledger_bridge.sequence")
    return HttpResponse(status=204)


@public
def tile(request: HttpRequest, rest: str) -> HttpResponse:
    wanted = _parse(f"tile/{rest}")
    if not _was_signed(wanted):
        raise Http404
    data = _bundle(wanted) if wanted.level == "entries" else read_tile(wanted.level, wanted.index, wanted.width)
    return HttpResponse(data, content_type="application/octet-stream", headers={"Cache-Control": _FOREVER})


@public
def vkey(request: HttpRequest) -> HttpResponse:
    return _text(f"{log_signer().vkey}\n".encode(), _AN_HOUR)


@public
def policy(request: HttpRequest) -> HttpResponse:
    return _text(policy_text().encode(), _AN_HOUR)


@public
def retired(request: HttpRequest, log: str, rest: str) -> HttpResponse:
    """A log that has ended, as far as it was kept."""
    if rest not in {"checkpoint", "last", "policy"}:
        _parse(rest)
    if not _ARCHIVE.fullmatch(log):
        raise Http404
    try:
        data = (Path(settings.LEDGER_DIRECTORY) / "retired" / log / rest).read_bytes()
    except OSError as error:
        raise Http404 from error
    kind = "application/octet-stream" if rest.startswith("tile/") else "text/plain; charset=utf-8"
    return HttpResponse(data, content_type=kind, headers={"Cache-Control": _AN_HOUR})


def _parse(path: str) -> Tile:
    try:
        return parse_path(path)
    except FormatError as error:
        raise Http404 from error


def _was_signed(tile: Tile) -> bool:
    """Whether a signed checkpoint implies this very tile. A part needs a checkpoint that ended within it.

    Signed, not published: witnesses need tiles before they cosign.
    """
    newest = Checkpoint.objects.order_by("size").last()
    size = newest.size if newest else 0
    if tile.width == TILE_WIDTH:
        return tile_width(tile.level, tile.index, size) == TILE_WIDTH
    shift = 0 if tile.level == "entries" else TILE_HEIGHT * tile.level
    first = tile.index * TILE_WIDTH + tile.width << shift
    ending = range(first, min(first + (1 << shift), size + 1))
    return bool(ending) and Checkpoint.objects.filter(size__gte=ending.start, size__lt=ending.stop).exists()


def _bundle(tile: Tile) -> bytes:
    return encode_bundle(read_leaves(tile.index * TILE_WIDTH, tile.width))


def _text(body: bytes, caching: str) -> HttpResponse:
    return HttpResponse(body, content_type="text/plain; charset=utf-8", headers={"Cache-Control": caching})

"""Pages of Office documents: LibreOffice makes a PDF, in a world of its own, and that is drawn as any other.

The PDF is kept in the memory of the web worker while somebody turns its pages, and nowhere else.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings

from core.errors import IthacaError, Unavailable
from workspaces.media_types.claims import DOCX, PPTX
from workspaces.viewer.drawing import ROOT, ReadAt
from workspaces.viewer.errors import cannot_show
from workspaces.viewer.renderer import office, wire

ENDINGS = {
    DOCX: ".docx",
    PPTX: ".pptx",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/rtf": ".rtf",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
}
"""What is converted, and how LibreOffice wants it to be called."""

_RUN = "import sys; sys.path.insert(0, sys.argv[1]); from workspaces.viewer.renderer.office import main; main()"
_BLOCK = 1024 * 1024
_LARGEST = wire.LONGEST
_WITHIN = office.SECONDS + 5.0
_KEPT_FOR = 600.0
_KEPT_BYTES = 64 * 1024 * 1024
_KEPT = 200

_AT_ONCE = 2
_queue = threading.Condition()
_converting: set[object] = set()

Made = bytes | IthacaError
"""A PDF, or why there is none: what failed once is not tried again at once."""


def is_there() -> bool:
    """Return whether this installation has a LibreOffice."""
    return bool(settings.LIBREOFFICE)


def pdf_of(document: object, media_type: str, size: int, read_at: ReadAt, *, person: object) -> bytes:
    """Return the pages of an Office document as PDF.

    Raises:
        CannotShow: there is no LibreOffice, or it cannot make anything of this one.
        Unavailable: others are being converted at this moment.
        Exception: whatever `read_at` raises goes through.

    """
    if not is_there():
        raise cannot_show("office")
    if (kept := _kept.get(document)) is not None:
        return kept
    if size > _LARGEST:
        raise cannot_show("too_much")
    with _turn(person):
        # Whoever waited may have waited for this one.
        if (kept := _kept.get(document)) is not None:
            return kept
        content = b"".join(read_at(at, min(_BLOCK, size - at)) for at in range(0, size, _BLOCK))
        made = _converted(content, ENDINGS[media_type])
        _kept.put(document, made)
        return _kept.said(made)


@contextmanager
def _turn(person: object) -> Iterator[None]:
    """Wait until few are being converted, and none for this person."""
    with _queue:
        if not _queue.wait_for(lambda: person not in _converting and len(_converting) < _AT_ONCE, timeout=_WITHIN):
            raise Unavailable("Many people look at files at this moment. Try again.")
        _converting.add(person)
    try:
        yield
    finally:
        with _queue:
            _converting.discard(person)
            _queue.notify_all()


def _converted(content: bytes, ending: str) -> Made:
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(  # noqa: S603  our own interpreter and our own words
        [sys.executable, "-I", "-c", _RUN, str(ROOT)],
        stdin=theirs.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"LANG": "C.UTF-8"},
        start_new_session=True,
    )
    theirs.close()
    try:
        with ours:
            ours.settimeout(_WITHIN)
            wire.send(ours, wire.JOB, json.dumps({"program": settings.LIBREOFFICE, "ending": ending}).encode())
            wire.send(ours, wire.DATA, content)
            kind, said = wire.receive(ours, longest=office.LARGEST)
    except (wire.WireError, OSError):
        return cannot_show("too_much")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if kind == wire.ANSWER and said.startswith(b"%PDF-"):
        return said
    return cannot_show(_code(kind, said))


def _code(kind: bytes, said: bytes) -> str:
    try:
        return str(json.loads(said)["code"]) if kind == wire.FAILED else "broken"
    except (ValueError, KeyError, TypeError):
        return "broken"


class _Kept:
    """What was converted lately, up to so many bytes and for so long."""

    def __init__(self) -> None:
        self._known: OrderedDict[object, tuple[float, Made]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, document: object) -> bytes | None:
        """Return what was made of a document, or raise why nothing was."""
        with self._lock:
            self._forget_old()
            if document not in self._known:
                return None
            self._known.move_to_end(document)
            return self.said(self._known[document][1])

    def put(self, document: object, made: Made) -> None:
        with self._lock:
            self._known[document] = (time.monotonic(), made)
            while len(self._known) > 1 and (self._bytes() > _KEPT_BYTES or len(self._known) > _KEPT):
                self._known.popitem(last=False)
        # It goes also if nobody asks for anything any more.
        later = threading.Timer(_KEPT_FOR, self.forget)
        later.daemon = True
        later.start()

    def forget(self) -> None:
        """Forget what was kept for as long as it may be."""
        with self._lock:
            self._forget_old()

    @staticmethod
    def said(made: Made) -> bytes:
        if isinstance(made, bytes):
            return made
        raise made

    def _bytes(self) -> int:
        return sum(len(made) for _, made in self._known.values() if isinstance(made, bytes))

    def _forget_old(self) -> None:
        oldest = time.monotonic() - _KEPT_FOR
        for document in [one for one, (when, _) in self._known.items() if when <= oldest]:
            del self._known[document]


_kept = _Kept()

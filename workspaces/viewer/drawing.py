"""Has pages drawn by a process that can do nothing else (`renderer`), and hands it the bytes that it asks for.

One warm process stands beside each web worker. At most so many pages are drawn at once, and fewer for one person, so
that whoever opens something hostile waits for it alone.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import Unavailable
from workspaces.viewer.errors import CannotShow, cannot_show
from workspaces.viewer.renderer import wire

ROOT = Path(__file__).resolve().parents[2]
_RUN = "import sys; sys.path.insert(0, sys.argv[1]); from workspaces.viewer.renderer.server import main; main()"
# Nothing of our own environment: there are secrets in it. One thread is all that a child gets.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"}

_NOTES = {"datasets": "This file holds other datasets behind this one. Only the first one is shown."}
# How long one page may take, with the waiting for its turn. The warm process ends its children a little sooner.
_WITHIN = 21.0
_ENDS_WITHIN = 2
_AT_ONCE = 4
_FOR_ONE_PERSON = 2
# Of one person more than this is turned away at once, so that nobody holds all the threads of a web worker.
_ASKED_BY_ONE_PERSON = 4
_LARGEST_ANSWER = 24 * 1024 * 1024
# A child may read a file over and over; in all, no more than this beyond its size.
_READ_AGAIN = 256 * 1024 * 1024
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"RIFF": "image/webp"}
# What was too much once is not tried again at once.
_REMEMBERED_FOR = 600.0
_REMEMBERED = 1000

ReadAt = Callable[[int, int], bytes]


@dataclass(frozen=True)
class Job:
    """What to draw. `page` is None to ask only how many there are. `stamp`: the lines of the watermark."""

    kind: str
    media_type: str
    size: int
    page: int | None
    zoom: int = 100
    window: str = ""
    stamp: list[str] = field(default_factory=list)
    form: str = ""
    """"paper": a picture, whatever it is drawn from; "words": nothing but its text."""


@dataclass(frozen=True)
class Drawn:
    """`picture` is a drawing as `content_type`, empty for text and tables, which are in `facts`.

    `page_height` in `facts` says how many lines of a picture are the page; below it the watermark is written out.
    """

    facts: dict[str, Any]
    picture: bytes = b""
    content_type: str = ""


class Renderer:
    """The warm process of this web worker, and the queue before it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._starting = threading.Lock()
        self._queue = threading.Condition()
        self._asked: Counter[object] = Counter()
        self._drawing: Counter[object] = Counter()
        self._too_much: OrderedDict[tuple[object, int | None], float] = OrderedDict()

    def draw(self, job: Job, read_at: ReadAt, *, person: object, document: object) -> Drawn:
        """Have one page drawn.

        Raises:
            CannotShow: this page of this document is not drawn; the sentence says why.
            Unavailable: too much is asked for at this moment.
            Exception: whatever `read_at` raises goes through.

        """
        self._refuse_again(document, job.page)
        deadline = time.monotonic() + _WITHIN
        with self._turn(person, deadline):
            try:
                return self._draw(job, read_at)
            except _Ended as error:
                self._remember(document, job.page)
                raise cannot_show("too_much") from error

    @property
    def process(self) -> int | None:
        """The number of the warm process, while there is one."""
        return None if self._process is None else self._process.pid

    def warm_up(self) -> None:
        """Start the process, unless it runs."""
        with self._starting:
            if self._process is None or self._process.poll() is not None:
                self._start()

    def stop(self) -> None:
        """End the process: it ends when nobody speaks to it any more."""
        with self._starting:
            if self._control is not None:
                self._control.close()
            if self._process is not None:
                try:
                    self._process.wait(timeout=_ENDS_WITHIN)
                except subprocess.TimeoutExpired:
                    # It may still be loading its libraries, and hears nothing before it has.
                    self._process.kill()
                    self._process.wait()
            self._process = self._control = None

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        if self._control is not None:
            self._control.close()
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and our own words
            [sys.executable, "-I", "-c", _RUN, str(ROOT)],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=_ENVIRONMENT,
        )
        theirs.close()
        self._control = ours

    def _draw(self, job: Job, read_at: ReadAt) -> Drawn:
        with self._line() as line:
            line.settimeout(_WITHIN)
            try:
                wire.send(line, wire.JOB, json.dumps(job.__dict__).encode())
                return _converse(line, job, read_at)
            except (wire.WireError, TimeoutError, ConnectionError) as error:
                if self._process is None or self._process.poll() is not None:
                    raise Unavailable("The viewer ended while it drew. Try again.") from error
                raise _Ended from error

    @contextmanager
    def _line(self) -> Iterator[socket.socket]:
        """Hand one end of a new line to a new child, and the other to the caller."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._give(theirs)
            yield ours

    def _give(self, line: socket.socket) -> None:
        for _ in range(2):
            self.warm_up()
            with suppress(OSError), self._starting:
                assert self._control is not None  # noqa: S101  warm_up has made it
                socket.send_fds(self._control, [b"."], [line.fileno()])
                return
        raise Unavailable("The viewer does not start. Try again.")

    @contextmanager
    def _turn(self, person: object, deadline: float) -> Iterator[None]:
        self._wait_for_turn(person, deadline)
        try:
            yield
        finally:
            with self._queue:
                _less(self._drawing, person)
                _less(self._asked, person)
                self._queue.notify_all()

    def _wait_for_turn(self, person: object, deadline: float) -> None:
        with self._queue:
            if self._asked[person] >= _ASKED_BY_ONE_PERSON:
                raise Unavailable("You asked for many pages at once. Wait a moment and try again.")
            self._asked[person] += 1
            if not self._queue.wait_for(lambda: self._is_turn_of(person), timeout=deadline - time.monotonic()):
                _less(self._asked, person)
                raise Unavailable("Many people look at files at this moment. Try again.")
            self._drawing[person] += 1

    def _is_turn_of(self, person: object) -> bool:
        return self._drawing.total() < _AT_ONCE and self._drawing[person] < _FOR_ONE_PERSON

    def _remember(self, document: object, page: int | None) -> None:
        self._too_much[document, page] = time.monotonic()
        while len(self._too_much) > _REMEMBERED:
            self._too_much.popitem(last=False)

    def _refuse_again(self, document: object, page: int | None) -> None:
        when = self._too_much.get((document, page))
        if when is not None and time.monotonic() - when < _REMEMBERED_FOR:
            raise cannot_show("too_much")


class _Ended(Exception):
    """The child is gone without an answer: its limits ended it."""


def _less(counter: Counter[object], key: object) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]


def _converse(line: socket.socket, job: Job, read_at: ReadAt) -> Drawn:
    """Answer the child's questions until it has drawn."""
    begun, left = time.monotonic(), job.size + _READ_AGAIN
    while time.monotonic() - begun < _WITHIN:
        kind, payload = wire.receive(line, longest=_LARGEST_ANSWER)
        if kind == wire.READ:
            offset, length = wire.unpack_place(payload)
            left -= length
            if left < 0 or offset + length > job.size:
                break
            wire.send(line, wire.DATA, read_at(offset, length))
        elif kind == wire.ANSWER:
            try:
                return _checked(job, *wire.unpack_answer(payload))
            except (KeyError, TypeError, ValueError) as error:
                raise wire.WireError("not an answer") from error
        elif kind == wire.FAILED:
            raise _failure(payload)
        else:
            break
    raise wire.WireError("not a child of ours")


def _checked(job: Job, facts: dict[str, Any], picture: bytes) -> Drawn:
    """Let out nothing but a picture, numbers and text, whatever became of the child."""
    if job.page is None:
        return Drawn({"pages": int(facts["pages"]), "windows": [str(one) for one in facts.get("windows", [])]})
    if job.form:
        return _in_form(job, facts, picture)
    if job.kind == "table":
        return Drawn({**_table(facts), "stamp": job.stamp})
    if job.kind == "tree" and "nodes" in facts:
        return Drawn(
            {"pages": int(facts["pages"]), "nodes": [_node(*one) for one in facts["nodes"]], "stamp": job.stamp}
        )
    # A tree that is none comes as text.
    if job.kind in {"text", "tree"}:
        return Drawn({"pages": int(facts["pages"]), "lines": [str(one) for one in facts["lines"]], "stamp": job.stamp})
    return _picture(picture, {"page_height": int(facts.get("page_height", 0))})


def _in_form(job: Job, facts: dict[str, Any], picture: bytes) -> Drawn:
    if job.form == "words":
        return Drawn({"lines": [str(one) for one in facts["lines"]], "stamp": job.stamp})
    return _picture(picture, _around(facts))


def _picture(picture: bytes, facts: dict[str, Any]) -> Drawn:
    for begins, content_type in _PICTURES.items():
        if picture.startswith(begins):
            return Drawn(facts, picture, content_type)
    raise CannotShow("This page cannot be shown.")


def _around(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what is said about a page beside its picture."""
    return {
        "pages": int(facts.get("pages", 0)),
        "more": bool(facts.get("more", False)),
        "parts": [{"name": str(name), "page": int(page)} for name, page in facts.get("parts", [])],
        "part": int(facts.get("part", 0)),
        "note": _NOTES.get(str(facts.get("note", "")), ""),
    }


def _table(facts: dict[str, Any]) -> dict[str, Any]:
    """Return a table of nothing but texts and numbers; what else is in `facts` stays here."""
    columns = [
        {name: str(column[name]) for name in ("name", "meaning", "kind", "lowest", "highest")}
        | {name: int(column[name]) for name in ("filled", "different")}
        for column in facts["columns"]
    ]
    numbers = {name: int(facts[name]) for name in ("first", "hidden", "sample", "part")}
    return {
        "columns": columns,
        "rows": [[str(cell) for cell in row] for row in facts["rows"]],
        "parts": [{"name": str(name), "page": int(page)} for name, page in facts["parts"]],
        "head": [str(line) for line in facts["head"]],
        "note": _NOTES.get(str(facts["note"]), ""),
        "more": bool(facts["more"]),
        "whole": bool(facts["whole"]),
        **numbers,
    }


def _node(depth: int, name: str, value: str, group: bool, closed: bool) -> dict[str, Any]:  # noqa: FBT001
    told = {"name": str(name), "value": str(value)}
    return {"depth": int(depth), "group": bool(group), "closed": bool(closed), **told}


def _failure(payload: bytes) -> Exception:
    try:
        said = json.loads(payload)
        return cannot_show(str(said["code"]), dict(said.get("facts") or {}))
    except (ValueError, KeyError, TypeError, AttributeError):
        return cannot_show("broken")


_renderer: tuple[int, Renderer] | None = None
_making = threading.Lock()


def renderer() -> Renderer:
    """Return the renderer of this process; a fork of it has one of its own."""
    global _renderer  # noqa: PLW0603  one for the whole process, made when it is first needed
    with _making:
        if _renderer is None or _renderer[0] != os.getpid():
            _renderer = (os.getpid(), Renderer())
            atexit.register(_renderer[1].stop)
        return _renderer[1]

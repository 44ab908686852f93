"""What the pages and the API of the viewer have in common: a person, a version, and a page of it."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from core.access import require
from core.errors import InvalidInput
from workspaces.models import Outsider, Version
from workspaces.outsiders import Reader
from workspaces.permissions import Right
from workspaces.services import OpenedVersion, record_page, record_printing, record_text, view_version
from workspaces.viewer.converting import pdf_of
from workspaces.viewer.drawing import Drawn, Job, ReadAt, renderer
from workspaces.viewer.errors import CannotShow
from workspaces.viewer.kinds import kind_of
from workspaces.viewer.spotlight import spotlight_required

ZOOMS = (50, 75, 100, 150, 200, 300)
WINDOWS = {
    "": "As recorded",
    "full": "Everything",
    "brain": "Brain",
    "soft": "Soft tissue",
    "lung": "Lung",
    "bone": "Bone",
}
MOST_PRINTED = 10
_PRINTED_ZOOM = 150
# What goes out as text where text may be copied, and as a picture where not.
WRITTEN = frozenset({"table", "tree", "text"})
_KNOWN = 2000
_LARGEST_PAGE = 2**31 - 1
_WINDOW_VALUES = (-100_000, 100_000)


@dataclass(frozen=True)
class Look:
    """How a page is wanted: its number, how large in per cent, and through which window."""

    page: int = 1
    zoom: int = 100
    window: str = ""


@dataclass(frozen=True)
class Shape:
    """What is known of a version before a page is drawn; `windows` are those that make sense for it.

    `spotlight` says that people are shown it through the spotlight alone.
    """

    kind: str
    pages: int
    windows: list[str]
    entry: str
    spotlight: bool


def read_look(asked: Any) -> Look:
    """Read a look from the parameters of a request.

    Raises:
        InvalidInput: something in them is not what it should be.

    """
    zoom = _number(asked.get("zoom", "100"), "zoom")
    if zoom not in ZOOMS:
        raise InvalidInput(f"The zoom is one of {', '.join(map(str, ZOOMS))} per cent.", field="zoom")
    return Look(_number(asked.get("page", "1"), "page"), zoom, _window(asked.get("window", "")))


def show_page(*, actor: Reader, version: Version, look: Look) -> Drawn:
    """Have a page drawn for somebody who may view the version; the entry is committed first.

    Raises:
        CannotShow: it is not drawn; the sentence says why.
        NoSuchPage: it has fewer pages.
        Refused: the person may not, or not any more.
        Unavailable: too much is asked for at this moment.

    """
    is_written = kind_of(version) in WRITTEN
    as_picture = is_written and not actor.has_perm(Right.COPY, version)
    drawn = _drawn(actor, version, look, "paper" if as_picture else "")
    if is_written and not as_picture:
        # The right may have gone while it was drawn.
        require(actor, Right.COPY, version)
    record_page(actor=actor, version=version, page=look.page)
    return drawn


def page_text(*, actor: User, version: Version, page: int) -> dict[str, Any]:
    """Return the lines of a page and of its watermark, for somebody who may copy text; recorded before they leave.

    Raises:
        CannotShow, NoSuchPage, Refused, Unavailable: as `show_page`.

    """
    require(actor, Right.COPY, version)
    if kind_of(version) in {"image", "dicom"}:
        raise CannotShow("This file is a picture: there is no text in it to give.")
    drawn = _drawn(actor, version, Look(page), "words")
    record_text(actor=actor, version=version, page=page)
    return drawn.facts


def printed_pages(*, actor: User, version: Version, first: int, last: int) -> list[Drawn]:
    """Return pages as pictures for a printer, for somebody who may print; recorded before they leave.

    Raises:
        InvalidInput: they are no run of pages, or too many at once.
        CannotShow, NoSuchPage, Refused, Unavailable: as `show_page`.

    """
    if not first <= last < first + MOST_PRINTED:
        raise InvalidInput(f"Choose a first and a last page, at most {MOST_PRINTED} at once.", field="last")
    drawn = []
    for page in range(first, last + 1):
        require(actor, Right.PRINT, version)
        drawn.append(_drawn(actor, version, Look(page, _PRINTED_ZOOM), "paper"))
    record_printing(actor=actor, version=version, first=first, last=last)
    return drawn


def _drawn(actor: Reader, version: Version, look: Look, form: str) -> Drawn:
    kind = kind_of(version)
    opened = view_version(actor=actor, version=version)
    drawn_as, size, read_at = _source(kind, actor, version, opened)
    job = Job(drawn_as, version.media_type, size, look.page, look.zoom, look.window, stamp(actor, opened), form)
    drawn = renderer().draw(job, read_at, person=actor.pk, document=version.pk)
    # It may have taken seconds, and the right may have gone meanwhile.
    opened.require_still()
    return drawn


def describe(*, actor: Reader, version: Version) -> Shape:
    """Return how many pages there are to see; looking that up opens the version, and is recorded.

    Raises:
        CannotShow, Refused, Unavailable: as `show_page`.

    """
    kind = kind_of(version)
    opened = view_version(actor=actor, version=version)
    facts = _shapes.get(version.pk)
    if facts is None:
        drawn_as, size, read_at = _source(kind, actor, version, opened)
        job = Job(drawn_as, version.media_type, size, None)
        facts = renderer().draw(job, read_at, person=actor.pk, document=version.pk).facts
        _shapes.put(version.pk, facts)
    offered = ["", "full", *facts.get("windows", [])] if kind == "dicom" else []
    windows = [name for name in offered if name in WINDOWS]
    return Shape(kind, int(facts["pages"]), windows, opened.entry, spotlight_required(version.file))


def _source(kind: str, actor: Reader, version: Version, opened: OpenedVersion) -> tuple[str, int, ReadAt]:
    """Return what is drawn, as which kind: the version itself, or the PDF that is made of it."""
    if kind != "office":
        return kind, version.plaintext_size, opened.read_at
    pdf = pdf_of(version.pk, version.media_type, version.plaintext_size, opened.read_at, person=actor.pk)
    return "pdf", len(pdf), lambda at, size: pdf[at : at + size]


def stamp(actor: Reader, opened: OpenedVersion) -> list[str]:
    """Return the lines of the watermark: who looks, from where, when, and under which entry."""
    where = actor.email if isinstance(actor, Outsider) else actor.institution.name if actor.institution else ""
    who = f"{actor.name} · {where}" if where and where != actor.name else actor.name
    return [who, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · entry {opened.entry}"]


class _Shapes:
    """What was found out about versions, which never change. Nothing of their content, and in memory only."""

    def __init__(self) -> None:
        self._known: OrderedDict[UUID, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, version: UUID) -> dict[str, Any] | None:
        return self._known.get(version)

    def put(self, version: UUID, facts: dict[str, Any]) -> None:
        with self._lock:
            self._known[version] = facts
            while len(self._known) > _KNOWN:
                self._known.popitem(last=False)


_shapes = _Shapes()


def _number(text: str, field: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:11]) <= _LARGEST_PAGE:
        raise InvalidInput(f"The {field} must be a number from 1 on.", field=field)
    return int(text[:11])


def _window(text: str) -> str:
    if text in WINDOWS:
        return text
    centre, _, width = text.partition(",")
    try:
        values = (float(centre), float(width))
    except ValueError:
        values = (0.0, 0.0)
    low, high = _WINDOW_VALUES
    if not (low <= values[0] <= high and 0 < values[1] <= high):
        raise InvalidInput("A window is a name or “centre,width”, such as “40,80”.", field="window")
    return f"{values[0]},{values[1]}"

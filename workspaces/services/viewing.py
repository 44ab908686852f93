"""Looking at a version, page by page: the opening is an entry of its own, the pages are one when the person is done.

The right is asked for at every page. The opening is committed before the key is unwrapped, and every page before its
drawing leaves.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.utils import IntegrityError
from django.utils import timezone

from accounts.models import User
from core.access import require
from core.errors import Locked
from ledger_bridge.recording import record, record_durably
from workspaces.events import VersionOpened
from workspaces.models import Version
from workspaces.opening import require_openable
from workspaces.outsiders import Outsider, Reader
from workspaces.permissions import Right
from workspaces.services.reading import OpenedVersion
from workspaces.viewer.events import VersionPrinted, VersionTextTaken, VersionViewed
from workspaces.viewer.models import Viewing
from workspaces.viewer.runs import MOST, holds, in_words, with_page
from workspaces.viewer.times import as_text, credit

PAUSE = timedelta(minutes=15)
"""Who asks for no page for so long has stopped looking; the next page is an opening of its own."""
_LONGEST = timedelta(hours=8)
_ATTEMPTS = 3
_AT_A_TIME = 500


def view_version(*, actor: Reader, version: Version) -> OpenedVersion:
    """Record that `actor` looks at a version, unless they are at it already, then open it for one page.

    Raises:
        Refused: without the right, while the version is held because of the virus scanner, or before the actor has
            acknowledged it where that is required.
        Gone: it was removed for good.
        DamagedContent: key, blob and record do not belong together; recorded as an alert.
        Unavailable: the key service or the store does not answer.

    """
    require(actor, Right.VIEW, version)
    require_openable(actor, version, Right.VIEW)
    entry = _note_viewing(actor, version, None)
    opened = OpenedVersion(actor, version, Right.VIEW, entry)
    opened.verify()
    return opened


def record_page(*, actor: Reader, version: Version, page: int) -> None:
    """Record that `actor` is sent a page; to be called when it is drawn and before it leaves.

    Raises:
        Refused: without the right.

    """
    require(actor, Right.VIEW, version)
    _note_viewing(actor, version, page)


def note_shown(*, actor: Reader, version: Version, page: int | None, told: bool) -> None:
    """Note which page `actor` has before them from now on, and for how long they had the one before.

    `told` says that the browser itself reports it; else a page was asked for. Nothing is noted of a page that was not
    sent, nor after the viewing ended: then nobody knows what is shown.

    Raises:
        Refused: without the right.

    """
    require(actor, Right.VIEW, version)
    now = timezone.now()
    with transaction.atomic():
        viewing = _locked_viewings().filter(**_whose(actor), version=version).first()
        if viewing is None or not _viewing_goes_on(viewing, None, now):
            return
        if page is not None and not (holds(viewing.pages, page) or not told):
            page = None
        credit(viewing, page, now, told=told)
        viewing.save(update_fields=["shown_page", "shown_at", "times", "is_told", "seen_at"])


def record_printing(*, actor: User, version: Version, first: int, last: int) -> str:
    """Record that `actor` is given pages to print, before they leave; return the entry.

    Raises:
        Refused: without the right to print.

    """
    require(actor, Right.PRINT, version)
    event = VersionPrinted(name=version.file.name, number=version.number, pages=in_words([[first, last]]))
    return record_durably(event, actor=actor, subject=version)


def record_text(*, actor: User, version: Version, page: int) -> str:
    """Record that `actor` is given the text of a page, before it leaves; return the entry.

    Raises:
        Refused: without the right to copy text.

    """
    require(actor, Right.COPY, version)
    event = VersionTextTaken(name=version.file.name, number=version.number, page=page)
    return record_durably(event, actor=actor, subject=version)


def end_viewings() -> int:
    """Record which pages were sent to everybody who has stopped looking, and return how many that are."""
    ended = 0
    stopped = Viewing.objects.filter(seen_at__lt=timezone.now() - PAUSE).order_by("seen_at")
    for pk in list(stopped.values_list("pk", flat=True)[:_AT_A_TIME]):
        with transaction.atomic():
            viewing = _locked_viewings().filter(pk=pk, seen_at__lt=timezone.now() - PAUSE).first()
            if viewing is not None:
                _end_viewing(viewing)
                ended += 1
    return ended


def _note_viewing(actor: Reader, version: Version, page: int | None) -> str:
    """Return the entry of the viewing that this page belongs to."""
    for _ in range(_ATTEMPTS):
        try:
            with transaction.atomic(durable=True):
                return _note_viewing_once(actor, version, page)
        except IntegrityError:
            # Somebody's browser asked for two pages at once, and the other request began the viewing.
            continue
    raise Locked("This file is being opened at this moment. Try again.")


def _note_viewing_once(actor: Reader, version: Version, page: int | None) -> str:
    now = timezone.now()
    viewing = _locked_viewings().filter(**_whose(actor), version=version).first()
    if viewing is not None and _viewing_goes_on(viewing, page, now):
        if page is not None:
            viewing.pages = with_page(viewing.pages, page)
        viewing.seen_at = now
        viewing.save(update_fields=["pages", "seen_at"])
        return str(viewing.entry)
    if viewing is not None:
        _end_viewing(viewing)
    entry = record(VersionOpened(name=version.file.name, number=version.number), actor=actor, subject=version)
    pages = [] if page is None else [[page, page]]
    Viewing.objects.create(**_whose(actor), version=version, entry=UUID(entry), began_at=now, seen_at=now, pages=pages)
    return entry


def _viewing_goes_on(viewing: Viewing, page: int | None, now: datetime) -> bool:
    fits = page is None or len(with_page(viewing.pages, page)) <= MOST
    return fits and now - viewing.seen_at < PAUSE and now - viewing.began_at < _LONGEST


def _end_viewing(viewing: Viewing) -> None:
    version = viewing.version
    times = {page: spent for page, spent in viewing.times.items() if holds(viewing.pages, int(page))}
    event = VersionViewed(
        name=version.file.name,
        number=version.number,
        pages=in_words(viewing.pages),
        opening=str(viewing.entry),
        seconds=int((viewing.seen_at - viewing.began_at).total_seconds()),
        times=as_text(times),
        measured=("browser" if viewing.is_told else "requests") if times else "",
    )
    record(event, actor=viewing.reader, subject=version)
    viewing.delete()


def _whose(reader: Reader) -> dict[str, Reader]:
    return {"outsider" if isinstance(reader, Outsider) else "viewer": reader}


def _locked_viewings() -> QuerySet[Viewing]:
    related = Viewing.objects.select_related("version__file", "viewer__institution", "outsider")
    return related.select_for_update(no_key=True, of=("self",))

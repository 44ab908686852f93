"""A check that never ends: every ten minutes the next part of all stored files, so that each is read within some days.

What it finds is logged at level CRITICAL, recorded once, and shown on the page of promises and on the file's page until
a later look finds it whole.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone
from django.utils.dateformat import format as format_date

from core.errors import Unavailable
from workspaces.integrity.checking import Depth, Stored, faults, find, walk
from workspaces.integrity.deeds import Finding, note_findings
from workspaces.models import ScrubState, SealedDocument, Version

EVERY = timedelta(minutes=10)
"""How often the worker calls `scrub`, as `CELERY_BEAT_SCHEDULE` has it."""
# A small store is read through in one go, and then rests until the next day.
_LEAST = 256 * 1024 * 1024
_REST = timedelta(days=1)
_MOST_FILES = 5_000
# A part more than a pass needs, for runs that are missed.
_SPARE = 1.25

logger = logging.getLogger(__name__)


def scrub() -> int:
    """Check the next part, and return how many files that were."""
    row = ScrubState.objects.first() or ScrubState()
    findings: list[Finding] = []
    at, is_over = row.place, False
    try:
        findings += [_look(stored) for stored in _damaged_before(row)]
        for stored in _next_part(row):
            findings.append(_look(stored))
            at = stored.place
        is_over = not _rests(row) and next(walk(at), None) is None
    except Unavailable as error:
        # The store or the key service is away: that is not damage, and what was seen before it counts.
        logger.warning("The check of the stored files waits. %s", error.sentence)
    if note_findings(findings, begun_at=row.place, at=at, is_over=is_over):
        _tell(findings)
    return len(findings)


def damage(of: Version | None = None) -> list[str]:
    """Return what was found of one version, or of everything, and not found whole since."""
    row = ScrubState.objects.first()
    found = row.found if row else []
    return [one["what"] for one in found if of is None or one["place"] == Stored(of).place]


def condition() -> list[str]:
    """Return what everybody should know about the stored files; nothing if all is well."""
    sentences = []
    if many := len(damage()):
        files = f"{many} stored file{'s are' if many > 1 else ' is'}"
        sentences.append(f"{files} damaged, as the check found that runs all the time. Nothing damaged is handed out.")
    row = ScrubState.objects.first()
    late = timezone.now() - 2 * timedelta(days=settings.SCRUB_DAYS)
    if row and (row.finished_at or row.begun_at) < late:
        since = format_date(row.finished_at or row.begun_at, "j F Y")
        sentences.append(f"The check of the stored files has not come to its end since {since}.")
    return sentences


def _look(stored: Stored) -> Finding:
    return Finding(stored, list(faults(stored, Depth.HASH)))


def _damaged_before(row: ScrubState) -> Iterator[Stored]:
    """Yield the file whose damage was looked at longest ago, so that one that is repaired is soon cleared."""
    for one in row.found[:1]:
        if stored := find(one["place"]):
            yield stored


def _next_part(row: ScrubState) -> Iterator[Stored]:
    if _rests(row):
        return
    left = max(_LEAST, _total() * _SPARE * (EVERY / timedelta(days=settings.SCRUB_DAYS)))
    for number, stored in enumerate(walk(row.place)):
        if left <= 0 or number >= _MOST_FILES:
            return
        yield stored
        left -= stored.size


def _rests(row: ScrubState) -> bool:
    return not row.place and row.finished_at is not None and row.finished_at > timezone.now() - _REST


def _total() -> int:
    return sum(model.objects.aggregate(total=Sum("body_size"))["total"] or 0 for model in (Version, SealedDocument))


def _tell(findings: list[Finding]) -> None:
    for finding in findings:
        if finding.faults:
            what = " ".join(finding.faults)
            logger.critical("Stored bytes are damaged: %s. %s Run “manage.py fsck”.", finding.stored.place, what)

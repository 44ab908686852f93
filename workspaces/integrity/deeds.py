"""What checking leaves in the ledger, and how far the check in the background has got."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access import Service
from ledger_bridge.models import Entry
from ledger_bridge.recording import record
from workspaces.integrity.checking import Stored, find
from workspaces.integrity.events import (
    DocumentDamageFound,
    DocumentFoundWhole,
    StoredFilesOpenedForCheck,
    VersionDamageFound,
    VersionFoundWhole,
)
from workspaces.models import ScrubState, Version

CHECKING = Service("storage check")
# A list that people can read; a store of which more is damaged is for `manage.py fsck`.
KEPT = 200


@dataclass(frozen=True)
class Finding:
    """What one look at one file said; no faults means that it is whole."""

    stored: Stored
    faults: list[str]


@transaction.atomic
def record_deep_check() -> None:
    """Record that every file is about to be opened: by nobody, but opened."""
    record(StoredFilesOpenedForCheck(), actor=CHECKING)


@transaction.atomic
def note_findings(findings: list[Finding], *, begun_at: str, at: str, is_over: bool) -> bool:
    """Move the check on from `begun_at` to `at` with what it found; False if somebody else has done that part.

    Damage is recorded when it is found for the first time, and again when it is gone.
    """
    ScrubState.objects.get_or_create(id=1)
    row = ScrubState.objects.select_for_update(no_key=True).get(id=1)
    if row.place != begun_at:
        return False
    found = {one["place"]: one for one in row.found}
    for finding in findings:
        _note(found, finding)
    row.found = [one for place, one in found.items() if find(place) is not None]
    row.place, row.moved_at = ("", timezone.now()) if is_over else (at, timezone.now())
    if is_over:
        row.passes += 1
        row.finished_at = timezone.now()
    row.save()
    return True


def _note(found: dict[str, dict[str, Any]], finding: Finding) -> None:
    place, what = finding.stored.place, " ".join(finding.faults)
    if not what:
        if found.pop(place, None):
            _record(finding, DocumentFoundWhole(), VersionFoundWhole, "")
    elif place in found:
        # Told once: it goes to the end of the list, and the next one is looked at again.
        found[place] = {**found.pop(place), "what": what}
    elif len(found) < KEPT:
        found[place] = {"place": place, "what": what, "since": timezone.now().isoformat()}
        _record(
            finding, DocumentDamageFound(document=str(finding.stored.row.pk), finding=what), VersionDamageFound, what
        )


def _record(finding: Finding, about_document: Any, about_version: Any, what: str) -> None:
    row = finding.stored.row
    outcome = Entry.Outcome.DENY if what else Entry.Outcome.ALLOW
    if not isinstance(row, Version):
        record(about_document, actor=CHECKING, outcome=outcome)
        return
    more = {"finding": what} if what else {}
    record(about_version(name=row.file.name, number=row.number, **more), actor=CHECKING, subject=row, outcome=outcome)

"""Sends files to the scanner one after another, and writes down what it said."""

import logging
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.access import Service
from core.errors import DamagedContent, InvalidInput, Unavailable
from core.kms import KeyServiceRefused
from ledger_bridge.events import Event
from ledger_bridge.models import Entry
from ledger_bridge.recording import record
from workspaces.binding import require_same
from workspaces.crypt4gh import Crypt4ghError, SealedBody, verify_commitment
from workspaces.keys import unwrap_data_key
from workspaces.models import Version, VersionScan
from workspaces.scanning.clamd import Answer, Clamd, ScannerDown, Verdict
from workspaces.scanning.events import (
    VersionFoundClean,
    VersionFoundInfected,
    VersionNotScanned,
    VersionReleased,
    VersionSentToScanner,
)
from workspaces.storage import blob_store

SCANNING = Service("virus scanner")
OPERATOR = Service("operator")
_AGAIN = timedelta(minutes=10)
# A worker that died with a file in its hands has it no longer than this.
_CLAIMED_FOR = timedelta(minutes=30)
_AT_ONCE = 100
_DOWN = "The scanner did not answer."
_LONGEST_REASON = 500

logger = logging.getLogger(__name__)
State = VersionScan.State
# What still waits has an answer within minutes, and nobody lets go of it before.
_RELEASABLE = (State.INFECTED, State.NOT_SCANNED)


def scan_next() -> int:
    """Scan what is due, oldest first, and return how many files the scanner has seen."""
    if not settings.SCANNER_URL:
        return 0
    scanner, seen = Clamd(settings.SCANNER_URL), 0
    try:
        by = scanner.version()
        while seen < _AT_ONCE and (version := _claim()):
            _conclude(version, _ask(scanner, version), by)
            seen += 1
    except ScannerDown as error:
        logger.warning("clamd does not answer (%s); what is uploaded is not scanned.", error)
        _give_up_waiting()
    return seen


def scan_everything_again() -> int:
    """Let every version that the scanner has not called clean or infected be scanned, and return how many."""
    missing = Version.objects.filter(scan=None, shredded_at=None).values_list("pk", flat=True)
    now = timezone.now()
    rows = [VersionScan(version_id=pk, state=State.NOT_SCANNED, due_at=now) for pk in missing.iterator()]
    VersionScan.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    return VersionScan.objects.filter(state__in=[State.HELD, State.NOT_SCANNED]).update(due_at=now)


@transaction.atomic
def release_version(*, version: Version, reason: str) -> None:
    """Let a version go although it was not called clean; for whoever runs the installation."""
    scan = VersionScan.objects.select_for_update(no_key=True).filter(version=version, state__in=_RELEASABLE).first()
    if scan is None or scan.released_at:
        raise InvalidInput("The scanner does not hold this version. What it has never seen is sent to it first.")
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        raise InvalidInput(f"Give a reason of at most {_LONGEST_REASON} characters; it is recorded.")
    scan.released_at = timezone.now()
    scan.save(update_fields=["released_at"])
    event = VersionReleased(name=version.file.name, number=version.number, finding=scan.finding, reason=reason.strip())
    record(event, actor=OPERATOR, subject=version)


@transaction.atomic(durable=True)
def _claim() -> Version | None:
    """Take the next due version; the entry that it is read commits before it is."""
    due = VersionScan.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    scan = due.select_for_update(skip_locked=True, of=("self",)).first()
    if scan is None:
        return None
    scan.due_at = timezone.now() + _CLAIMED_FOR
    scan.save(update_fields=["due_at"])
    version = Version.objects.select_related("file__workspace", "workspace_key").get(pk=scan.version_id)
    if not _is_too_large(version):
        record(VersionSentToScanner(name=version.file.name, number=version.number), actor=SCANNING, subject=version)
    return version


def _ask(scanner: Clamd, version: Version) -> Answer:
    if _is_too_large(version):
        return Answer(Verdict.NOT_SCANNED, "It is larger than the scanner takes.")
    try:
        return scanner.scan(_content(version))
    except (Crypt4ghError, DamagedContent, KeyServiceRefused, Unavailable):
        return Answer(Verdict.NOT_SCANNED, "Its stored bytes could not be opened.", final=False)


def _is_too_large(version: Version) -> bool:
    return version.plaintext_size > settings.SCANNER_MAX_BYTES


def _content(version: Version) -> Iterator[bytes]:
    """Yield the content, verified, in memory only."""
    require_same(version)
    key = unwrap_data_key(version)
    verify_commitment(bytes(version.key_commitment), key, str(version.file_id), str(version.id))
    body = SealedBody(blob_store().reader(version.blob), key=key, body_size=version.body_size)
    yield from body.iter_range(0, body.plaintext_size)


@transaction.atomic
def _conclude(version: Version, answer: Answer, by: str) -> None:
    scan = VersionScan.objects.select_for_update(no_key=True).get(version=version)
    before = (scan.state, scan.finding)
    scan.state, scan.finding = State(answer.verdict.value), answer.finding
    scan.scanned_at = timezone.now()
    scan.due_at = None if answer.final else timezone.now() + _AGAIN
    if scan.state != before[0]:
        # Whoever let it go did not know this.
        scan.released_at = None
    scan.save(update_fields=["state", "finding", "scanned_at", "due_at", "released_at"])
    if (scan.state, scan.finding) != before:
        outcome = Entry.Outcome.DENY if answer.verdict is Verdict.INFECTED else Entry.Outcome.ALLOW
        record(_event(version, answer, by), actor=SCANNING, subject=version, outcome=outcome)


def _event(version: Version, answer: Answer, by: str) -> Event:
    name, number = version.file.name, version.number
    if answer.verdict is Verdict.CLEAN:
        return VersionFoundClean(name=name, number=number, scanner=by)
    if answer.verdict is Verdict.INFECTED:
        return VersionFoundInfected(name=name, number=number, finding=answer.finding, scanner=by)
    return VersionNotScanned(name=name, number=number, finding=answer.finding)


@transaction.atomic
def _give_up_waiting() -> None:
    """Say of everything that waits that it was not scanned: a scanner that is down keeps nobody waiting."""
    waiting = VersionScan.objects.filter(state=State.HELD).select_for_update(skip_locked=True, of=("self",))
    for scan in waiting.select_related("version__file").order_by("due_at")[:_AT_ONCE]:
        scan.state, scan.finding, scan.due_at = State.NOT_SCANNED, _DOWN, timezone.now() + _AGAIN
        scan.save(update_fields=["state", "finding", "due_at"])
        event = _event(scan.version, Answer(Verdict.NOT_SCANNED, _DOWN), "")
        record(event, actor=SCANNING, subject=scan.version)

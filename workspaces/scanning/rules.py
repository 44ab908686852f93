"""Who may open what the scanner has not called clean."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.queue import wake
from workspaces.models import Item, Version, VersionScan

State = VersionScan.State


@dataclass(frozen=True)
class ScanShown:
    """What a page says about a version and viruses; `pill` is the colour of a mark beside it, if it needs one."""

    state: str
    words: str
    sentence: str
    held: bool
    pill: str = ""


def hold(version: Version) -> None:
    """Hold a version that was just recorded until the scanner has seen it; in the transaction of its upload."""
    if settings.SCANNER_URL:
        VersionScan.objects.create(version=version, state=State.HELD, due_at=timezone.now())
        wake("workspaces.scan_uploads", at_most_every=1.0)


def held_because(version: Version) -> str | None:
    """Return why nobody may open a version, as it is now; None if they may."""
    return why_held(version, next(iter(VersionScan.objects.filter(version=version)), None))


def let_go(files: QuerySet[Item]) -> QuerySet[Item]:
    """Leave out the files whose newest version is held: `why_held` for many at once."""
    scan = "current_version__scan"
    infected = Q(**{f"{scan}__state": State.INFECTED})
    files = files.exclude(infected & Q(**{f"{scan}__released_at": None}))
    if not settings.SCANNER_URL:
        return files
    if settings.SCANNER_NOT_SCANNED == "hold":
        released = Q(**{f"{scan}__released_at__isnull": False})
        return files.filter(released | Q(**{f"{scan}__state": State.CLEAN}))
    return files.exclude(**{f"{scan}__state": State.HELD})


def why_held(version: Version, scan: VersionScan | None) -> str | None:
    if scan and scan.released_at:
        return None
    if scan and scan.state == State.INFECTED:
        return (
            f"Nobody can open this version: the virus scanner found “{scan.finding}” in it. Upload a clean copy as a"
            " new version; if the scanner is wrong, whoever runs this installation can let it go, with a reason."
        )
    if not settings.SCANNER_URL or (scan and scan.state == State.CLEAN):
        return None
    if scan and scan.state == State.HELD:
        return "This version waits for the virus scanner. That takes a minute, or longer for a large file: try again."
    if settings.SCANNER_NOT_SCANNED == "hold":
        why = f" {scan.finding}" if scan and scan.finding else ""
        return (
            f"This version was not scanned for viruses, and this installation opens only what was.{why} Whoever runs"
            " this installation can let it go, with a reason."
        )
    return None


def shown(version: Version, scan: VersionScan | None) -> ScanShown:
    state = scan.state if scan else State.NOT_SCANNED.value
    if scan and scan.released_at:
        if state == State.NOT_SCANNED:
            return ScanShown(state, "Not scanned, let go", scan.finding, held=False, pill="pending")
        return ScanShown(
            state, "Virus found, let go", f"The scanner found “{scan.finding}”.", held=False, pill="pending"
        )
    held = why_held(version, scan)
    words, pill = _WORDS[State(state)]
    return ScanShown(state, words, held or (scan.finding if scan else ""), held=held is not None, pill=pill)


_WORDS = {
    State.HELD: ("Waits for the virus scanner", "pending"),
    State.CLEAN: ("No virus found", ""),
    State.INFECTED: ("Virus found", "refused"),
    State.NOT_SCANNED: ("Not scanned", ""),
}

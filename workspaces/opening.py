"""What stands against opening a version: the virus scanner, that two people removed it for good, or that it has to be
acknowledged first. Every way to what is in a version asks here.
"""

from django.db import connection

from core.errors import Refused
from workspaces.acknowledging.rules import NotAcknowledged
from workspaces.models import Version, VersionScan
from workspaces.outsiders import Reader
from workspaces.permissions import Right
from workspaces.removal.selectors import gone_for_good
from workspaces.scanning.rules import why_held

# One question, as every opening asks it.
_STANDING = """
    SELECT file.shredded_at IS NOT NULL, coalesce(scan.state, ''), coalesce(scan.finding, ''), scan.released_at,
        ask.id IS NOT NULL AND given.id IS NULL
    FROM workspaces_version version JOIN workspaces_item file ON file.id = version.file_id
    LEFT JOIN workspaces_versionscan scan ON scan.version_id = version.id
    LEFT JOIN workspaces_acknowledgementask ask
        ON ask.version_id = version.id AND ask.withdrawn_at IS NULL AND ask.required
    LEFT JOIN workspaces_acknowledgement given ON given.ask_id = ask.id AND given.person_id = %s
    WHERE version.id = %s
"""


def require_openable(reader: Reader, version: Version, right: Right) -> None:
    """Refuse a version that the reader may not open as things are now, whatever was read of it before.

    Raises:
        Refused: while the scanner holds it, and before the reader has acknowledged what has to be.
        Gone: it was removed for good.

    """
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [reader.pk, version.pk])
        shredded, state, finding, released_at, unread = cursor.fetchone() or (False, "", "", None, False)
    scan = VersionScan(version=version, state=state, finding=finding, released_at=released_at) if state else None
    if sentence := why_held(version, scan):
        raise Refused(sentence, right=right.value, subject=version)
    if shredded:
        raise gone_for_good(version.file)
    if unread:
        raise NotAcknowledged(version, right)

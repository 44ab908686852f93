"""What stands against opening a version, whoever asks: the virus scanner, or that two people removed it for good."""

from django.db import connection

from core.errors import Refused
from workspaces.models import Version, VersionScan
from workspaces.permissions import Right
from workspaces.removal.selectors import gone_for_good
from workspaces.scanning.rules import why_held

# One question, as every opening asks it.
_STANDING = """
    SELECT file.shredded_at IS NOT NULL, coalesce(scan.state, ''), coalesce(scan.finding, ''), scan.released_at
    FROM workspaces_version version JOIN workspaces_item file ON file.id = version.file_id
    LEFT JOIN workspaces_versionscan scan ON scan.version_id = version.id
    WHERE version.id = %s
"""


def require_openable(version: Version, right: Right) -> None:
    """Refuse a version that nobody may open as things are now, whatever was read of it before.

    Raises:
        Refused: while the scanner holds it.
        Gone: it was removed for good.

    """
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [version.pk])
        shredded, state, finding, released_at = cursor.fetchone() or (False, "", "", None)
    scan = VersionScan(version=version, state=state, finding=finding, released_at=released_at) if state else None
    if sentence := why_held(version, scan):
        raise Refused(sentence, right=right.value, subject=version)
    if shredded:
        raise gone_for_good(version.file)

"""What stands against opening a version: the virus scanner, that two people removed it for good, that it has to be
acknowledged first, or the terms of its workspace. Every way to what is in a version asks here.
"""

from django.db import connection

from core.errors import Refused
from workspaces.acknowledging.rules import NotAcknowledged
from workspaces.models import Version, VersionScan
from workspaces.outsiders import Reader
from workspaces.permissions import Right
from workspaces.removal.selectors import gone_for_good
from workspaces.scanning.rules import why_held
from workspaces.terms.rules import TermsNotAcknowledged

# One question, as every opening asks it: the body of a function of the database, which keeps the plan for the session,
# because to plan it takes longer than to answer it. A migration creates it; a test holds the database against this.
STANDING = """
#variable_conflict use_column
BEGIN RETURN QUERY
    SELECT file.shredded_at IS NOT NULL, coalesce(scan.state, '')::text, coalesce(scan.finding, '')::text,
        scan.released_at, ask.id IS NOT NULL AND given.id IS NULL, terms.id IS NOT NULL AND agreed.id IS NULL
    FROM workspaces_version version JOIN workspaces_item file ON file.id = version.file_id
    LEFT JOIN workspaces_versionscan scan ON scan.version_id = version.id
    LEFT JOIN workspaces_acknowledgementask ask
        ON ask.version_id = version.id AND ask.withdrawn_at IS NULL AND ask.required
    LEFT JOIN workspaces_acknowledgement given ON given.ask_id = ask.id AND given.person_id = ask_reader
    LEFT JOIN workspaces_terms terms ON terms.workspace_id = file.workspace_id AND terms.ended_at IS NULL
    LEFT JOIN workspaces_termsacknowledgement agreed
        ON agreed.terms_id = terms.id AND agreed.person_id = ask_reader
    WHERE version.id = ask_version;
END
"""

_NOTHING = (False, "", "", None, False, False)


def require_openable(reader: Reader, version: Version, right: Right) -> None:
    """Refuse a version that the reader may not open as things are now, whatever was read of it before.

    Raises:
        Refused: while the scanner holds it, and before the reader has acknowledged what has to be, or the terms of
            the workspace.
        Gone: it was removed for good.

    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM workspaces_standing(%s::uuid, %s::uuid)", [reader.pk, version.pk])
        shredded, state, finding, released_at, unread, no_terms = cursor.fetchone() or _NOTHING
    scan = VersionScan(version=version, state=state, finding=finding, released_at=released_at) if state else None
    if sentence := why_held(version, scan):
        raise Refused(sentence, right=right.value, subject=version)
    if shredded:
        raise gone_for_good(version.file)
    if no_terms:
        raise TermsNotAcknowledged(version, right)
    if unread:
        raise NotAcknowledged(version, right)

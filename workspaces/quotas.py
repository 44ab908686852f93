"""Room: what a workspace and its institution have stored and reserved, counted in locked rows.

Everybody who adds or takes away bytes comes through here, inside the transaction that does it. The rows are locked in
one order (institution, then workspace) and as late as possible, because all uploads of an institution pass by them.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from accounts.models import Institution
from core.errors import Conflict, IthacaError, Unavailable
from core.templatetags.ui import filesize
from workspaces.models import StorageUse, Workspace

# As much as a sender may have under way by itself, so that an early answer would spare nobody anything.
_SMALL = 256 * 1024

_complete: set[tuple[UUID, UUID | None]] = set()
"""Workspaces, with the institution they count for, whose rows are there; no row is ever deleted."""

_FIELDS = ("id", "workspace_id", "institution_id", "limit", "stored", "reserved", "uploads")
_COLUMNS = ", ".join(f'used."{name}"' for name in _FIELDS)
# Institutions first: their column is null in the row of a workspace, and nulls come last.
_MINE = "WHERE used.workspace_id = %s OR used.institution_id = %s ORDER BY used.institution_id NULLS LAST"
_FIND = f"SELECT {_COLUMNS} FROM workspaces_storageuse used {_MINE}"  # noqa: S608  constants
_CHANGE = f"""
    WITH locked AS (SELECT used.id FROM workspaces_storageuse used {_MINE} FOR NO KEY UPDATE)
    UPDATE workspaces_storageuse used
    SET stored = used.stored + %s, reserved = used.reserved + %s, uploads = used.uploads + %s
    FROM locked WHERE used.id = locked.id RETURNING {_COLUMNS}
"""  # noqa: S608  constants


class QuotaReached(IthacaError):
    """The workspace or its institution has no room for so many bytes."""

    status = 507
    code = "quota_reached"


def reserve(workspace: Workspace, size: int) -> None:
    """Hold room for an upload until it is stored or given up.

    Raises:
        QuotaReached: there is less.
        Conflict: too many uploads of this workspace are unfinished.

    """
    rows = _change(workspace, reserved=size, uploads=1)
    _require_room(rows, size, counted=True)
    if any(row.workspace_id and row.uploads > settings.MAX_UNFINISHED_UPLOADS for row in rows):
        raise Conflict("This workspace has too many unfinished uploads. Finish or discard some of them first.")


def release(workspace: Workspace, size: int) -> None:
    """Give back what `reserve` held."""
    _change(workspace, reserved=-size, uploads=-1)


def store(workspace: Workspace, size: int) -> None:
    """Count bytes that are recorded in this transaction.

    Raises:
        QuotaReached: there is no room for them.

    """
    _require_room(_change(workspace, stored=size), size, counted=True)


def give_back(workspace: Workspace, size: int) -> None:
    """Count bytes no more that are removed for good in this transaction."""
    _change(workspace, stored=-size)


def locked_use(*, workspace: Workspace | None = None, institution: Institution | None = None) -> StorageUse:
    """Return one row as it is now, made if need be, locked until this transaction ends."""
    row = StorageUse(workspace=workspace, institution=institution)
    StorageUse.objects.bulk_create([row], ignore_conflicts=True)
    found = StorageUse.objects.filter(workspace=workspace, institution=institution)
    return found.select_for_update(no_key=True, of=("self",)).get()


def use_of(workspace: Workspace) -> Sequence[StorageUse]:
    """Return what is used and allowed, for pages: the institution's first, if there is one."""
    return sorted(_ordered(workspace), key=lambda row: row.institution_id is None)


def refuse_if_no_room(workspace: Workspace, size: int) -> None:
    """Refuse early what would be refused in the end; the locked rows decide then.

    What has come before an answer could be read anyway is left to them alone.
    """
    if size > _SMALL:
        _require_room(_ordered(workspace), size)


def _require_room(rows: Sequence[StorageUse], size: int, *, counted: bool = False) -> None:
    """Refuse what does not fit; `counted` says that the rows count it already, in a transaction that ends then."""
    for row in rows:
        free = max(row.allowed - row.used + (size if counted else 0), 0)
        if size > free:
            whose = "workspace" if row.workspace_id else "institution"
            raise QuotaReached(
                f"This {whose} has {filesize(free)} left of {filesize(row.allowed)}, and the file needs"
                f" {filesize(size)}. Nothing was stored."
            )


def _change(workspace: Workspace, *, stored: int = 0, reserved: int = 0, uploads: int = 0) -> Sequence[StorageUse]:
    """Lock the rows of a workspace until this transaction ends, change them, and return them as they are then."""
    _make_missing(workspace)
    found = _query(_CHANGE, [workspace.pk, workspace.institution_id, stored, reserved, uploads])
    if _missing(workspace, found):
        # Only where an older copy of the database was put in under a running process.
        _complete.clear()
        raise Unavailable("Try again: what this workspace may store has just been set up.")
    return found


def _make_missing(workspace: Workspace) -> None:
    """Make the rows before any of them is locked, and remember that they are there once that is certain."""
    pair = (workspace.pk, workspace.institution_id)
    if pair in _complete:
        return
    StorageUse.objects.bulk_create(_missing(workspace, _rows(workspace)), ignore_conflicts=True)
    transaction.on_commit(lambda: _complete.add(pair))


def _ordered(workspace: Workspace) -> Sequence[StorageUse]:
    found = _rows(workspace)
    return [*found, *_missing(workspace, found)]


def _missing(workspace: Workspace, found: Sequence[StorageUse]) -> list[StorageUse]:
    wanted = [StorageUse(workspace=workspace)] if not any(row.workspace_id for row in found) else []
    if workspace.institution_id and not any(row.institution_id for row in found):
        wanted.append(StorageUse(institution_id=workspace.institution_id))
    return wanted


def _rows(workspace: Workspace) -> Sequence[StorageUse]:
    return _query(_FIND, [workspace.pk, workspace.institution_id])


def _query(sql: str, values: Sequence[Any]) -> Sequence[StorageUse]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [StorageUse(**dict(zip(_FIELDS, row, strict=True))) for row in cursor.fetchall()]

"""Room: what a workspace and its institution have stored and reserved, counted in locked rows.

Everybody who adds or takes away bytes comes through here, inside the transaction that does it. The rows are locked in
one order (institution, then workspace) and as late as possible, because all uploads of an institution pass by them.
"""

from collections.abc import Sequence

from django.conf import settings
from django.db.models import F, QuerySet

from accounts.models import Institution
from core.errors import Conflict, IthacaError
from core.templatetags.ui import filesize
from workspaces.models import StorageUse, Workspace


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
    rows = _locked(workspace)
    _require_room(rows, size)
    if any(row.workspace_id and row.uploads >= settings.MAX_UNFINISHED_UPLOADS for row in rows):
        raise Conflict("This workspace has too many unfinished uploads. Finish or discard some of them first.")
    _change(rows, reserved=size, uploads=1)


def release(workspace: Workspace, size: int) -> None:
    """Give back what `reserve` held."""
    _change(_locked(workspace), reserved=-size, uploads=-1)


def store(workspace: Workspace, size: int) -> None:
    """Count bytes that are recorded in this transaction.

    Raises:
        QuotaReached: there is no room for them.

    """
    rows = _locked(workspace)
    _require_room(rows, size)
    _change(rows, stored=size)


def give_back(workspace: Workspace, size: int) -> None:
    """Count bytes no more that are removed for good in this transaction."""
    _change(_locked(workspace), stored=-size)


def locked_use(*, workspace: Workspace | None = None, institution: Institution | None = None) -> StorageUse:
    """Return one row as it is now, made if need be, locked until this transaction ends."""
    row = StorageUse(workspace=workspace, institution=institution)
    StorageUse.objects.bulk_create([row], ignore_conflicts=True)
    found = StorageUse.objects.filter(workspace=workspace, institution=institution)
    return found.select_for_update(no_key=True, of=("self",)).get()


def use_of(workspace: Workspace) -> Sequence[StorageUse]:
    """Return what is used and allowed, for pages: the institution's first, if there is one."""
    rows = _ordered(workspace)
    return sorted(rows, key=lambda row: row.institution_id is None)


def refuse_if_no_room(workspace: Workspace, size: int) -> None:
    """Refuse early what would be refused in the end; the locked rows decide then."""
    _require_room(_ordered(workspace), size)


def _require_room(rows: Sequence[StorageUse], size: int) -> None:
    for row in rows:
        if size > row.free:
            whose = "workspace" if row.workspace_id else "institution"
            raise QuotaReached(
                f"This {whose} has {filesize(row.free)} left of {filesize(row.allowed)}, and the file needs"
                f" {filesize(size)}. Nothing was stored."
            )


def _locked(workspace: Workspace) -> Sequence[StorageUse]:
    StorageUse.objects.bulk_create(_missing(workspace), ignore_conflicts=True)
    return list(_rows(workspace).select_for_update(no_key=True))


def _ordered(workspace: Workspace) -> Sequence[StorageUse]:
    return [*_rows(workspace), *_missing(workspace)]


def _missing(workspace: Workspace) -> list[StorageUse]:
    found = list(_rows(workspace))
    wanted = [StorageUse(workspace=workspace)] if not any(row.workspace_id for row in found) else []
    if workspace.institution_id and not any(row.institution_id for row in found):
        wanted.append(StorageUse(institution_id=workspace.institution_id))
    return wanted


def _rows(workspace: Workspace) -> QuerySet[StorageUse]:
    own = StorageUse.objects.filter(workspace=workspace)
    if workspace.institution_id:
        own |= StorageUse.objects.filter(institution_id=workspace.institution_id)
    # Institutions first: their column is null in the row of a workspace, and nulls come last.
    return own.order_by(F("institution").asc(nulls_last=True))


def _change(rows: Sequence[StorageUse], **by: int) -> None:
    added = {name: F(name) + value for name, value in by.items()}
    StorageUse.objects.filter(pk__in=[row.pk for row in rows]).update(**added)

"""What stands against removing something for good: a legal hold, or the time that its workspace keeps files."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, QuerySet, Sum
from django.utils import timezone

from core.errors import Conflict
from ledger_bridge.erasure.rules import hold_on
from workspaces.models import Comment, Item, Version, Workspace

_EXTENTS = """
    SELECT top.id, count(DISTINCT version.file_id), count(*), sum(version.plaintext_size)::bigint,
        max(version.created_at)
    FROM unnest(%s::uuid[]) AS top(id)
    JOIN workspaces_item item ON item.path @> ARRAY[top.id] AND item.shredded_at IS NULL
    JOIN workspaces_version version ON version.file_id = item.id AND version.shredded_at IS NULL
    GROUP BY top.id"""


class Kept(Conflict):
    """A rule keeps what was to be removed for good."""

    code = "kept"


@dataclass(frozen=True)
class Extent:
    """What a removal takes."""

    files: int
    versions: int
    size: int
    newest: datetime | None
    """When the last of its bytes were stored."""


def taken_by(item: Item) -> QuerySet[Item]:
    """Return the item and everything below it, also what was removed before its folder was."""
    return Item.objects.filter(path__contains=[item.pk], shredded_at=None)


def extent_of(item: Item) -> Extent:
    versions = Version.objects.filter(file__in=taken_by(item), shredded_at=None)
    found = versions.aggregate(
        files=Count("file", distinct=True), versions=Count("pk"), size=Sum("plaintext_size"), newest=Max("created_at")
    )
    return Extent(found["files"], found["versions"], found["size"] or 0, found["newest"])


def extents_of(items: Collection[Item]) -> dict[UUID, Extent]:
    """Return the same for each of several items, in one query."""
    extents = {item.pk: Extent(0, 0, 0, None) for item in items}
    with connection.cursor() as cursor:
        cursor.execute(_EXTENTS, [list(extents)])
        extents.update({pk: Extent(*row) for pk, *row in cursor.fetchall()})
    return extents


def days_kept(workspace: Workspace) -> int:
    """Return for how many days files are kept; the installation's own rule counts where it is longer."""
    return max(workspace.keep_days, settings.RETENTION_DAYS_LEAST)


def kept_until(item: Item) -> datetime | None:
    """Return when the last bytes in it may go, or None where there are none."""
    newest = extent_of(item).newest
    return newest + timedelta(days=days_kept(item.workspace)) if newest else None


def require_nothing_keeps(item: Item) -> None:
    """Refuse what a rule keeps.

    Raises:
        Kept: saying which rule, and on what ground.

    """
    if hold := hold_on(_subjects(item)):
        raise Kept(f"A legal hold stands against it: {hold.reason}")
    until = kept_until(item)
    if until and until > timezone.now():
        days = days_kept(item.workspace)
        raise Kept(f"It is to be kept until {until:%-d %B %Y} ({days} days after the last of it was stored).")


def _subjects(item: Item) -> dict[str, set[str]]:
    """Return all that a hold could be on: the workspace, what is above and below, and whose files they are."""
    taken = taken_by(item)
    items = {*item.path, *taken.values_list("pk", flat=True)}
    makers = ("created_by", "brought_by")
    rows = [*Version.objects.filter(file__in=taken).values_list(*makers), *taken.values_list(*makers)]
    writers = Comment.objects.filter(file__in=taken).exclude(sealed=b"").values_list("author", flat=True)
    people = {*writers, *(maker for row in rows for maker in row if maker)}
    return {"workspace": {str(item.workspace_id)}, "item": set(map(str, items)), "person": set(map(str, people))}

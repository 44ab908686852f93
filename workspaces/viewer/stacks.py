"""Scans that lie in one folder, to be looked through like one stack.

They come in the order of their names, numbers in them by their value. Which series a scan belongs to stands in its
header, and a header is read only when somebody looks at that scan, and is recorded to: so names have to do.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from workspaces.models import Item, Version

_MOST = 2000
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Place:
    """Which scan of a folder this is, from 1, of how many; and the versions before and after it."""

    number: int
    count: int
    before: UUID | None
    after: UUID | None


def place_in_stack(actor: User, version: Version) -> Place | None:
    """Return where a scan stands among those of its folder that the person may view, if there are others."""
    scans = list(
        Item.objects.visible_to(actor)
        .filter(
            workspace=version.file.workspace_id,
            parent=version.file.parent_id,
            current_version__media_type="application/dicom",
            current_version__type_mismatch=False,
        )
        .values_list("name", "current_version")[: _MOST + 1]
    )
    versions = [found for _, found in sorted(scans, key=lambda scan: natural(scan[0]))]
    # Of an older version it cannot be said what comes before it.
    if version.pk not in versions or not 1 < len(versions) <= _MOST:
        return None
    at = versions.index(version.pk)
    around = [None, *versions, None]
    return Place(at + 1, len(versions), around[at], around[at + 2])


def natural(name: str) -> list[tuple[int, str]]:
    """Return what sorts names as people do: slice 2 before slice 10."""
    parts = _NUMBER.split(name.casefold())
    return [(int(part), "") if at % 2 else (-1, part) for at, part in enumerate(parts)]

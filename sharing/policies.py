"""What this room answers when a lower one asks."""

from typing import Any

from ledger_bridge.models import Entry
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def may_see_trail_of(user: Any, entry: Entry) -> bool:
    """Say yes to an entry for whoever may see the trail of its item, or of its workspace where it is about no item."""
    if entry.item is not None:
        return bool(user.has_perm(Right.TRAIL, Item(pk=entry.item)))
    return entry.workspace is not None and bool(user.has_perm(Right.TRAIL, Workspace(pk=entry.workspace)))

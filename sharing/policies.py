"""What this room answers when a lower one asks."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from ledger_bridge.models import Entry
from sharing import rules
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def may_see_trail_of(user: Any, entry: Entry) -> bool:
    """Say yes to an entry for whoever may see the trail of its item, or of its workspace where it is about no item."""
    if entry.item is not None:
        return bool(user.has_perm(Right.TRAIL, Item(pk=entry.item)))
    return entry.workspace is not None and bool(user.has_perm(Right.TRAIL, Workspace(pk=entry.workspace)))


def with_visible_trail(user: Any) -> Q | None:
    """Return the same as a condition on all entries at once."""
    if not rules.has_standing(user):
        return None
    items = rules.items_with_right(Item.objects.filter(pk=OuterRef("item")), user, Right.TRAIL)
    workspaces = rules.workspaces_with_right(Workspace.objects.order_by(), user, Right.TRAIL)
    return Q(item=None, workspace__in=workspaces.values("pk")) | Q(Exists(items))

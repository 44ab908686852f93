"""What this room answers when a lower one asks."""

from typing import Any

from django.db.models import Q, QuerySet

from core.errors import InvalidInput
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Entry
from sharing import rules
from sharing.models import ItemGroupException, ItemUserException
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

_MOST = 20_000


def may_see_trail_of(user: Any, entry: Entry) -> bool:
    """Say yes to an entry for whoever may see the trail of its item, or of its workspace where it is about no item."""
    if entry.item is not None:
        return bool(user.has_perm(Right.TRAIL, Item(pk=entry.item)))
    return entry.workspace is not None and bool(user.has_perm(Right.TRAIL, Workspace(pk=entry.workspace)))


def with_visible_trail(user: Any, within: TrailFilters) -> Q | None:
    """Return the same as a condition on all entries within the filters, with ids.

    Few items stand under an exception, so it names those: what a role shows is everything in the workspace but them.
    """
    if not rules.has_standing(user):
        return None
    if within.items:
        # Every entry within the filters is about one of them, and none about a workspace alone.
        items = rules.items_with_right(Item.objects.filter(pk__in=within.items), user, Right.TRAIL)
        return Q(item__in=_few(_ids(items)))
    workspaces = _with_trail_of_workspace(user, within)
    hidden, shown = _excepted_items(user, within, workspaces)
    seen = (Q(workspace__in=workspaces) & ~Q(item__in=hidden)) | Q(item__in=shown)
    if within.workspaces:
        return seen
    # An entry about an item alone, such as a refusal, names no workspace.
    readable = rules.items_with_right(Item.objects.filter(workspace__in=workspaces), user, Right.TRAIL)
    return seen | Q(workspace=None, item__in=_few(_ids(readable)))


def _with_trail_of_workspace(user: Any, within: TrailFilters) -> list[Any]:
    workspaces = Workspace.objects.order_by()
    if within.workspaces:
        workspaces = workspaces.filter(pk__in=within.workspaces)
    return _few(_ids(rules.workspaces_with_right(workspaces, user, Right.TRAIL)))


def _excepted_items(user: Any, within: TrailFilters, workspaces: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return the items in these workspaces that exceptions hide, and those elsewhere that exceptions show."""
    own = ItemUserException.objects.filter(user=user).values_list("content_object", flat=True)
    of_groups = ItemGroupException.objects.filter(group__in=user.groups.all())
    excepted = _few(own.union(of_groups.values_list("content_object", flat=True)))
    if not excepted:
        return [], []
    items = Item.objects.filter(path__overlap=excepted)
    if within.workspaces:
        items = items.filter(workspace_id__in=within.workspaces)
    inside = items.filter(workspace__in=workspaces)
    hidden = inside.exclude(pk__in=rules.items_with_right(inside, user, Right.TRAIL).values("pk"))
    shown = rules.items_with_right(items.exclude(workspace__in=workspaces), user, Right.TRAIL)
    return _few(_ids(hidden)), _few(_ids(shown))


def _ids(found: QuerySet[Any]) -> QuerySet[Any, Any]:
    return found.order_by().values_list("pk", flat=True)


def _few(ids: QuerySet[Any, Any]) -> list[Any]:
    """Return ids, unless there are more than a condition can name."""
    listed = list(ids[: _MOST + 1])
    if len(listed) > _MOST:
        raise InvalidInput("Too many files lie under rules of their own to weigh them up at once. Choose one of them.")
    return listed

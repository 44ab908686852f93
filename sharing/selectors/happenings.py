"""What happened last in the workspaces whose trail a person may see."""

from datetime import UTC
from itertools import groupby
from typing import Any

from django.db.models.expressions import RawSQL

from accounts.models import User
from core.access import rights_on_each
from ledger_bridge.models import Entry
from ledger_bridge.selectors import describe_entries
from ledger_bridge.subject_keys import blind_ids
from sharing.rules import has_standing, workspaces_with_right
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

SHOWN = 12

# Each workspace (a blind id) gives its last few from its own index, so a long trail costs no more than a short one.
_LATEST = """
    SELECT latest.id FROM unnest(%s::uuid[]) AS mine(workspace) CROSS JOIN LATERAL (
        SELECT id, recorded_at FROM ledger_bridge_entry entry
        WHERE entry.workspace = mine.workspace ORDER BY entry.recorded_at DESC LIMIT %s
    ) latest ORDER BY latest.recorded_at DESC LIMIT %s
"""


def latest_events(user: User) -> list[dict[str, Any]]:
    """Return the last events by day, as the timeline component takes them."""
    entries = _with_trail(user, _entries(_workspaces_with_trail(user)))
    days = groupby(describe_entries(entries, asker=user), key=lambda event: event["at"].astimezone(UTC).date())
    return [{"day": day, "events": list(events)} for day, events in days]


def _workspaces_with_trail(user: User) -> list[Any]:
    if not has_standing(user):
        return []
    return list(workspaces_with_right(Workspace.objects.order_by(), user, Right.TRAIL).values_list("pk", flat=True))


def _entries(workspaces: list[Any]) -> list[Entry]:
    blind = list(blind_ids("workspace", workspaces).values())
    if not blind:
        return []
    latest = RawSQL(_LATEST, [blind, SHOWN, SHOWN])  # noqa: S611  a constant; values are bound
    return list(Entry.objects.filter(pk__in=latest).order_by("-recorded_at"))


def _with_trail(user: User, entries: list[Entry]) -> list[Entry]:
    """Leave out what happened to items that an exception hides from the person."""
    rights = rights_on_each(user, [Item(pk=item) for item in {entry.item for entry in entries if entry.item}])
    return [entry for entry in entries if entry.item is None or Right.TRAIL in rights[entry.item]]

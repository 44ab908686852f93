"""What pages ask about removals for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from core.access import visible_to
from core.errors import Gone
from workspaces.asking import managers_in
from workspaces.models import Item, Removal, Workspace

_SHOWN = 100


@dataclass(frozen=True)
class BinMark:
    """What stands beside something in the bin."""

    removal: Removal | None
    is_due: bool
    """It has been in the bin for as long as the workspace said."""


def marks_in_bin(workspace: Workspace, items: Sequence[Item]) -> dict[UUID, BinMark]:
    waiting = Removal.objects.filter(item__in=items, state=Removal.State.ASKED).select_related("asked_by")
    asked = {removal.item_id: removal for removal in waiting}
    due = None
    if workspace.propose_after is not None:
        due = timezone.now() - timedelta(days=workspace.propose_after)
    return {item.pk: BinMark(asked.get(item.pk), _is_before(item, due)) for item in items}


def removed_for_good(workspace: Workspace) -> list[Removal]:
    """Return what was removed for good, the newest first."""
    done = Removal.objects.filter(item__workspace=workspace, state=Removal.State.DONE)
    return list(done.select_related("item", "asked_by", "decided_by").order_by("-decided_at")[:_SHOWN])


def removals_for_admins() -> list[Removal]:
    """Return what waits and no second manager can answer."""
    waiting = Removal.objects.filter(state=Removal.State.ASKED).select_related(
        "item__workspace__institution", "asked_by__institution"
    )
    found = list(waiting.order_by("asked_at")[:_SHOWN])
    managers = managers_in({removal.item.workspace_id for removal in found})
    return [removal for removal in found if not managers[removal.item.workspace_id] - {removal.asked_by_id}]


def shown_name(user: User, item: Item) -> str:
    """Return the name of something in the bin, or nothing to those who may not view it."""
    return item.name if visible_to(Item.objects.filter(pk=item.pk), user).exists() else ""


def gone_for_good(item: Item) -> Gone:
    """Return the refusal of what was removed for good, saying when, and by whom."""
    return Gone(_sentence(item))


def refuse_if_gone(user: Any, items: QuerySet[Item]) -> None:
    """Say that something was removed for good to those who might have seen it; to others it never was."""
    gone = items.filter(shredded_at__isnull=False)
    if gone.exists() and (item := visible_to(gone, user).first()):
        raise gone_for_good(item)


def _sentence(item: Item) -> str:
    done = Removal.objects.filter(item__in=item.path, state=Removal.State.DONE)
    removal = done.select_related("asked_by", "decided_by").first()
    what = "This folder" if item.is_folder else "This file"
    if removal is None or removal.decided_at is None or removal.decided_by is None:
        return f"{what} was removed for good."
    people = f"{removal.asked_by.name} and {removal.decided_by.name}"
    return f"{what} was removed for good on {removal.decided_at:%-d %B %Y} by {people}. Nothing can open it any more."


def _is_before(item: Item, due: Any) -> bool:
    return due is not None and item.removed_at is not None and item.removed_at < due

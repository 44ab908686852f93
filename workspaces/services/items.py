"""Deeds on items, whether file or folder."""

from typing import Any

from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.events import Event
from ledger_bridge.recording import record
from workspaces.asking import exceptions_concern, exceptions_stand_on, require_on_all
from workspaces.events import ItemDescribed, ItemMoved, ItemRemoved, ItemRenamed, ItemRestored
from workspaces.models import Item
from workspaces.names import clean_name, clean_text, name_key
from workspaces.organising.rules import refuse_if_any_locked, refuse_if_locked
from workspaces.permissions import Right
from workspaces.services import structure
from workspaces.services.removals import withdraw_for_restored
from workspaces.undoing.remembering import remember, state_below
from workspaces.viewer.spotlight import rule_stands_on

_NEEDS_SHARE = (
    "Exceptions stand on a folder that this would leave or enter, so moving it changes who may do what with it. "
    "Only somebody who may share here can move it."
)
_NEEDS_MANAGE = (
    "The spotlight is required in a folder that this would leave. Only somebody who manages here can move it out."
)
_OWN_EXCEPTION = (
    "An exception about yourself stands on a folder that this would leave or enter. "
    "Somebody else must decide about your own access."
)


@transaction.atomic
def rename_item(*, actor: User, item: Item, name: str) -> Item:
    require(actor, Right.EDIT, item)
    structure.refuse_if_archived(item.workspace)
    cleaned = clean_name(name)
    item = structure.locked_item(item)
    before = item.name
    if cleaned == before:
        return item
    refuse_if_locked(actor, item)
    item.name, item.name_key = cleaned, name_key(cleaned)
    with structure.own_place(actor, item):
        item.save(update_fields=["name", "name_key", "namesake", "changed_at"])
    entry = record(ItemRenamed(before=before, name=cleaned), actor=actor, subject=item)
    _remember(actor, ItemRenamed, entry, item, before=before, after=cleaned)
    return item


@transaction.atomic
def describe_item(*, actor: User, item: Item, description: str) -> Item:
    require(actor, Right.EDIT, item)
    structure.refuse_if_archived(item.workspace)
    item = structure.locked_item(item)
    before, item.description = item.description, clean_text(description, field="description")
    if item.description != before:
        item.save(update_fields=["description", "changed_at"])
        event = ItemDescribed(name=item.name, before=before, description=item.description)
        entry = record(event, actor=actor, subject=item)
        _remember(actor, ItemDescribed, entry, item, before=before, after=item.description)
    return item


@transaction.atomic
def move_item(*, actor: User, item: Item, parent: Item | None) -> Item:
    """Move an item, with everything below it, into another folder of its workspace (none: to the top).

    Raises:
        Refused: also without the right to edit everything below, and, where exceptions stand on a folder that the item
            leaves or enters, without the right to share, or when one of them is about the actor.

    """
    require(actor, Right.EDIT, item)
    require(actor, Right.UPLOAD, parent or item.workspace)
    structure.refuse_if_archived(item.workspace)
    structure.alone(item.workspace_id)
    item = structure.locked_item(item)
    parent = structure.current_folder(parent, item.workspace)
    _refuse_impossible_move(item, parent)
    _require_to_move(actor, item, parent)
    refuse_if_any_locked(actor, item)
    before, was_at = item.parent_id, item.depth
    if before == (parent.id if parent else None):
        return item
    item.parent = parent
    with structure.own_place(actor, item):
        item.save(update_fields=["parent", "namesake", "changed_at"])
    _move_paths(item, parent, was_at)
    item.refresh_from_db(fields=["path"])
    event = ItemMoved(name=item.name, before=str(before) if before else None, after=str(parent.id) if parent else None)
    entry = record(event, actor=actor, subject=item)
    _remember(actor, ItemMoved, entry, item, before=event.before or "", after=event.after or "")
    return item


@transaction.atomic
def remove_item(*, actor: User, item: Item) -> Item:
    """Put an item, with everything below it, in the bin. Nothing is destroyed."""
    require(actor, Right.EDIT, item)
    structure.refuse_if_archived(item.workspace)
    structure.alone(item.workspace_id)
    item = structure.locked_item(item)
    require_on_all(actor, Right.EDIT, _below(item), subject=item)
    refuse_if_any_locked(actor, item)
    item.removed_at = timezone.now()
    # One time for all of them tells what was removed together, so that it comes back together.
    count = _below(item).update(removed_at=item.removed_at)
    entry = record(ItemRemoved(name=item.name, items=count), actor=actor, subject=item)
    _remember(actor, ItemRemoved, entry, item, removed_at=item.removed_at.isoformat())
    return item


@transaction.atomic
def restore_item(*, actor: User, item: Item) -> Item:
    """Take an item out of the bin, with everything that was removed along with it."""
    require(actor, Right.EDIT, item)
    structure.refuse_if_archived(item.workspace)
    structure.alone(item.workspace_id)
    item = Item.objects.select_related("parent").get(pk=item.pk)
    if item.removed_at is None:
        return item
    if item.shredded_at:
        raise Conflict("This was removed for good meanwhile. Nothing can bring it back here.")
    if item.parent and item.parent.removed_at:
        raise Conflict(f"Its folder “{item.parent.name}” is in the bin too. Restore that first.")
    together = Item.objects.filter(path__contains=[item.id], removed_at=item.removed_at)
    require_on_all(actor, Right.EDIT, together, subject=item)
    with structure.own_place(actor, item):
        Item.objects.filter(pk=item.pk).update(namesake=item.namesake)
        count = together.update(removed_at=None)
    item.removed_at = None
    withdraw_for_restored(actor, item)
    entry = record(ItemRestored(name=item.name, items=count), actor=actor, subject=item)
    _remember(actor, ItemRestored, entry, item, **state_below(item))
    return item


def _remember(actor: User, event: type[Event], entry: str, item: Item, **before: Any) -> None:
    """Let the actor take back what they have just done (ADR 0040)."""
    remember(actor=actor, kind=event.kind, entry=entry, thing=item, before=before)


def _below(item: Item) -> QuerySet[Item]:
    """Return the item itself and everything below it that is not in the bin."""
    return Item.objects.filter(path__contains=[item.id], removed_at=None)


def _require_to_move(actor: User, item: Item, parent: Item | None) -> None:
    """Refuse a move by which somebody would shed, or come under, what was said about them."""
    require_on_all(actor, Right.EDIT, _below(item), subject=item)
    above, ahead = set(item.path[:-1]), set(parent.path if parent else [])
    if rule_stands_on(above - ahead) and not actor.has_perm(Right.MANAGE, item):
        raise Refused(_NEEDS_MANAGE, right=Right.MANAGE, subject=item)
    crossed = above ^ ahead
    if not exceptions_stand_on(crossed):
        return
    if not actor.has_perm(Right.SHARE, item):
        raise Refused(_NEEDS_SHARE, right=Right.SHARE, subject=item)
    if exceptions_concern(actor, crossed):
        raise Refused(_OWN_EXCEPTION, right=Right.SHARE, subject=item)


def _refuse_impossible_move(item: Item, parent: Item | None) -> None:
    above = parent.path if parent else []
    if item.id in above:
        raise InvalidInput("A folder cannot be moved into itself.", field="parent")
    deepest = Item.objects.filter(path__contains=[item.id]).aggregate(deepest=Max("path__len"))["deepest"]
    if len(above) + deepest - item.depth + 1 > structure.MAX_DEPTH:
        raise InvalidInput(f"Folders can be {structure.MAX_DEPTH} levels deep; this would be deeper.", field="parent")


def _move_paths(item: Item, parent: Item | None, was_at: int) -> None:
    """Replace what stands above the item in its own path and in those of everything below it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workspaces_item SET path = %s::uuid[] || path[%s:] WHERE path @> ARRAY[%s]::uuid[]",
            [[str(one) for one in parent.path] if parent else [], was_at, str(item.id)],
        )

"""The reverse of moving, renaming, describing, removing and restoring."""

from uuid import UUID

from django.urls import reverse
from django.utils.dateparse import parse_datetime

from accounts.models import User
from core.errors import Conflict
from workspaces import services
from workspaces.events import ItemDescribed, ItemMoved, ItemRemoved, ItemRenamed, ItemRestored
from workspaces.models import Item, UndoableDeed
from workspaces.undoing.remembering import state_below
from workspaces.undoing.reversing import Reverse, register, require_seen

_CHANGED = "Somebody changed this since, so undoing would undo their work too. Nothing was done."
_NOT_THERE = "This is not where it was left: it was removed, restored or removed for good since. Nothing was done."


def register_items() -> None:
    for event, do in (
        (ItemRenamed, _rename_back),
        (ItemDescribed, _describe_as_before),
        (ItemMoved, _move_back),
        (ItemRemoved, _restore),
        (ItemRestored, _remove_again),
    ):
        register(event.kind, Reverse(event.label, do, _address))


def _rename_back(actor: User, deed: UndoableDeed) -> None:
    item = _present(deed)
    if item.name != deed.before["after"]:
        raise Conflict(_CHANGED)
    services.rename_item(actor=actor, item=item, name=deed.before["before"])


def _describe_as_before(actor: User, deed: UndoableDeed) -> None:
    item = _present(deed)
    if item.description != deed.before["after"]:
        raise Conflict(_CHANGED)
    services.describe_item(actor=actor, item=item, description=deed.before["before"])


def _move_back(actor: User, deed: UndoableDeed) -> None:
    item, before = _present(deed), deed.before
    if str(item.parent_id or "") != before["after"]:
        raise Conflict(_CHANGED)
    parent = Item.objects.get(pk=UUID(before["before"])) if before["before"] else None
    if parent is not None:
        require_seen(actor, parent)
    services.move_item(actor=actor, item=item, parent=parent)


def _restore(actor: User, deed: UndoableDeed) -> None:
    item = Item.objects.select_related("workspace").get(pk=_item(deed))
    if item.removed_at is None or item.removed_at != parse_datetime(deed.before["removed_at"]):
        raise Conflict(_NOT_THERE)
    services.restore_item(actor=actor, item=item)


def _remove_again(actor: User, deed: UndoableDeed) -> None:
    item = _present(deed)
    if state_below(item) != deed.before:
        raise Conflict(_CHANGED)
    services.remove_item(actor=actor, item=item)


def _present(deed: UndoableDeed) -> Item:
    """Return the item, locked, so that nobody changes it between the question and the reverse deed."""
    items = Item.objects.select_for_update(no_key=True, of=("self",)).select_related("workspace")
    item = items.filter(pk=_item(deed), removed_at=None).first()
    if item is None:
        raise Conflict(_NOT_THERE)
    return item


def _item(deed: UndoableDeed) -> UUID:
    assert deed.item_id is not None  # noqa: S101  these deeds are all about an item
    return deed.item_id


def _address(deed: UndoableDeed) -> str:
    """Return the list in which the item stands, or would."""
    item = Item.objects.get(pk=_item(deed))
    if item.removed_at is not None:
        return reverse("workspaces:bin", args=[item.workspace_id])
    if item.parent_id is None:
        return reverse("workspaces:detail", args=[item.workspace_id])
    return reverse("workspaces:folder", args=[item.parent_id])

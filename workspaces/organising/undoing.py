"""The reverse of putting a tag on something, and of taking it off."""

from uuid import UUID

from django.urls import reverse

from accounts.models import User
from core.errors import Conflict
from workspaces import services
from workspaces.models import Item, Tag, UndoableDeed
from workspaces.organising.events import ItemTagged, ItemUntagged
from workspaces.undoing.reversing import Reverse, register

_CHANGED = "Its tags were changed since. Nothing was done."


def register_tags() -> None:
    register(ItemTagged.kind, Reverse(ItemTagged.label, _take_off, _address))
    register(ItemUntagged.kind, Reverse(ItemUntagged.label, _put_back, _address))


def _take_off(actor: User, deed: UndoableDeed) -> None:
    item, tag = _found(deed, is_on=True)
    services.untag_item(actor=actor, item=item, tag=tag)


def _put_back(actor: User, deed: UndoableDeed) -> None:
    item, tag = _found(deed, is_on=False)
    services.tag_item(actor=actor, item=item, name=tag.name)


def _found(deed: UndoableDeed, *, is_on: bool) -> tuple[Item, Tag]:
    """Return what the deed was about, locked, if the tag is still where the deed left it."""
    assert deed.item_id is not None  # noqa: S101  tags stand on items alone
    items = Item.objects.select_for_update(no_key=True, of=("self",)).select_related("workspace")
    item = items.filter(pk=deed.item_id, removed_at=None).first()
    tag = Tag.objects.filter(pk=UUID(deed.before["tag"])).first()
    if item is None or tag is None or tag.taggings.filter(item=item).exists() != is_on:
        raise Conflict(_CHANGED)
    return item, tag


def _address(deed: UndoableDeed) -> str:
    return reverse("workspaces:tag_item", args=[deed.item_id])

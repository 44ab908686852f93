"""Deeds on what somebody chose in a list: one deed after the other, each with its own entry."""

from accounts.models import User
from workspaces.many import Choice, Outcome, do_each
from workspaces.models import Item
from workspaces.services.items import move_item, remove_item, restore_item


def move_items(*, actor: User, choice: Choice, parent: Item | None) -> list[Outcome]:
    """Move what was chosen into another folder of its workspace (none: to the top)."""

    def move(item: Item) -> None:
        move_item(actor=actor, item=item, parent=parent)

    return do_each(choice, move, along=True)


def remove_items(*, actor: User, choice: Choice) -> list[Outcome]:
    """Put what was chosen in the bin."""

    def remove(item: Item) -> None:
        remove_item(actor=actor, item=item)

    return do_each(choice, remove, along=True)


def restore_items(*, actor: User, choice: Choice) -> list[Outcome]:
    """Take what was chosen out of the bin, folders before what lay in them."""

    def restore(item: Item) -> None:
        restore_item(actor=actor, item=item)

    return do_each(choice, restore)

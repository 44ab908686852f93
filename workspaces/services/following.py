"""Saying of what one wants to hear."""

from django.db import transaction

from accounts.models import User
from core.access import require
from core.errors import InvalidInput
from workspaces.models import Follow, Item, Workspace
from workspaces.permissions import Right


@transaction.atomic
def follow(*, actor: User, thing: Workspace | Item, wanted: bool) -> bool:
    """Say whether one wants to hear of what is new in a workspace, a folder or a file; return it."""
    require(actor, Right.VIEW, thing)
    workspace, item = (thing.workspace, thing) if isinstance(thing, Item) else (thing, None)
    if item is not None and item.removed_at is not None:
        raise InvalidInput("It lies in the bin, where nothing new happens to it.")
    Follow.objects.update_or_create(person=actor, workspace=workspace, item=item, defaults={"muted": not wanted})
    return wanted

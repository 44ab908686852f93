"""Keeping something at hand."""

from django.db import transaction

from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput
from workspaces.models import Favourite, Item, Workspace
from workspaces.permissions import Right

MOST = 500


@transaction.atomic
def keep_at_hand(*, actor: User, thing: Workspace | Item, wanted: bool) -> bool:
    """Say whether one keeps a workspace, a folder or a file among one's favourites; return it.

    Raises:
        Conflict: one has as many as one can have.

    """
    require(actor, Right.VIEW, thing)
    workspace, item = (thing.workspace, thing) if isinstance(thing, Item) else (thing, None)
    mine = Favourite.objects.filter(person=actor)
    if not wanted:
        mine.filter(workspace=workspace, item=item).delete()
        return False
    if item is not None and item.removed_at is not None:
        raise InvalidInput("It lies in the bin.")
    if mine.count() >= MOST:
        raise Conflict(f"You have {MOST} favourites already. Take some out first.")
    Favourite.objects.get_or_create(person=actor, workspace=workspace, item=item)
    return True

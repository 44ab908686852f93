"""Whether pages are shown to people through the spotlight alone: on a workspace, or on a folder or file in it."""

from uuid import UUID

from django.db import transaction

from accounts.models import User
from core.access import require
from ledger_bridge.recording import record
from workspaces.models import Item, SpotlightRule, Workspace
from workspaces.permissions import Right
from workspaces.services import structure
from workspaces.viewer.events import SpotlightSet


@transaction.atomic
def set_spotlight(*, actor: User, thing: Workspace | Item, required: bool) -> bool:
    """Require the spotlight for all pages in a workspace, below a folder or of a file, or require it here no more.

    What is required further up goes on being required. Returns whether it is required by a rule of this place.

    Raises:
        Refused: without the right to manage.
        Conflict: the workspace is archived, or the item was removed meanwhile.

    """
    require(actor, Right.MANAGE, thing)
    workspace = thing.workspace if isinstance(thing, Item) else thing
    structure.refuse_if_archived(workspace)
    item = structure.locked_item(thing) if isinstance(thing, Item) else None
    # One at a time, also where there is no row yet.
    Workspace.objects.select_for_update(no_key=True, of=("self",)).get(pk=workspace.pk)
    rules = SpotlightRule.objects.filter(workspace=workspace, item=item)
    if rules.exists() == required:
        return required
    event = SpotlightSet(name=str(item or workspace), required="yes" if required else "no")
    entry = UUID(record(event, actor=actor, subject=item or workspace))
    if required:
        SpotlightRule.objects.create(workspace=workspace, item=item, set_by=actor, entry=entry)
    else:
        rules.delete()
    return required

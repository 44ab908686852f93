"""The places that notices are about, as far as their reader sees them: found once for all rooms that tell something."""

from uuid import UUID

from accounts.inbox.kinds import Reading
from core.access import rights_on_each
from workspaces.models import Item, Workspace


def items_seen(reading: Reading) -> dict[UUID, Item]:
    """Return the files and folders that the reader may view, with their workspaces, by id."""
    wanted = {one.item for one in reading.notices if one.item}
    seen = Item.objects.visible_to(reading.person).filter(pk__in=wanted).select_related("workspace").order_by()
    return {item.pk: item for item in seen} if wanted else {}


def workspaces_seen(reading: Reading) -> dict[UUID, Workspace]:
    wanted = {one.workspace for one in reading.notices if one.workspace}
    seen = Workspace.objects.visible_to(reading.person).filter(pk__in=wanted)
    return {workspace.pk: workspace for workspace in seen} if wanted else {}


def rights_on_items(reading: Reading) -> dict[UUID, frozenset[str]]:
    return rights_on_each(reading.person, reading.once(items_seen).values())


def rights_in_workspaces(reading: Reading) -> dict[UUID, frozenset[str]]:
    return rights_on_each(reading.person, reading.once(workspaces_seen).values())

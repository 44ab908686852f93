"""Remembering, within a deed, what its reverse would need."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.db.models import Count, Max

from accounts.models import User
from core.ids import uuid7
from workspaces.models import Item, UndoableDeed, Workspace

_together: ContextVar[UUID | None] = ContextVar("undoing_together", default=None)


@contextmanager
def as_one() -> Iterator[UUID]:
    """Let all deeds that happen inside be undone together; the id is that of all of them."""
    together = uuid7()
    token = _together.set(together)
    try:
        yield together
    finally:
        _together.reset(token)


def remember(*, actor: User, kind: str, entry: str, thing: Workspace | Item, before: dict[str, Any]) -> None:
    """Make a deed undoable, in its own transaction. Outside of `as_one` it stands alone."""
    item = thing if isinstance(thing, Item) else None
    UndoableDeed.objects.create(
        together=_together.get() or uuid7(),
        kind=kind,
        entry=UUID(entry),
        actor=actor,
        workspace_id=item.workspace_id if item else thing.pk,
        item=item,
        before=before,
    )


def state_below(item: Item) -> dict[str, Any]:
    """Return by what one tells later whether an item, or anything below it, was changed."""
    below = Item.objects.filter(path__contains=[item.id], removed_at=None)
    found = below.order_by().aggregate(items=Count("pk"), newest=Max("changed_at"))
    return {"items": found["items"], "newest": found["newest"].isoformat() if found["newest"] else ""}

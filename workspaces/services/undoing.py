"""Undoing: the reverse deed, for a while, by whoever did the deed."""

from django.db import transaction

from accounts.models import User
from core.errors import Conflict
from ledger_bridge.recording import record
from workspaces.models import UndoableDeed
from workspaces.services import structure
from workspaces.undoing.events import DeedUndone
from workspaces.undoing.reversing import require_seen, reverse_of

_DONE = "This was undone already."
_LATE = "Its time has passed: a deed can be undone for 15 minutes. You can still do the opposite yourself."


@transaction.atomic
def undo_deed(*, actor: User, deed: UndoableDeed) -> None:
    """Do the reverse of a deed, which asks for its own rights, and record what it undid.

    Raises:
        Refused: the actor may not do the reverse deed, whatever they could a moment ago.
        Conflict: it was undone already, its time has passed, or the thing was changed since.

    """
    # In the order in which moving, removing and restoring lock.
    structure.alone(deed.workspace_id)
    found = UndoableDeed.objects.visible_to(actor).select_for_update(no_key=True).filter(pk=deed.pk).first()
    if found is None:
        raise Conflict(_DONE)
    if found.is_over:
        raise Conflict(_LATE)
    thing = found.item or found.workspace
    # Before anything is compared: whether somebody changed it since is nothing for who may not view it any more.
    require_seen(actor, thing)
    reverse = reverse_of(found)
    reverse.do(actor, found)
    event = DeedUndone(deed=reverse.label, entry=str(found.entry))
    record(event, actor=actor, subject=thing)
    found.delete()


def forget_undoables() -> None:
    """Forget what can be undone no more, with the names that it would have needed."""
    UndoableDeed.objects.forgotten().delete()

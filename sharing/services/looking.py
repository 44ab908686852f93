"""Managers look at a workspace as somebody else sees it. It is a read, so it is recorded before anything is shown."""

from accounts.models import User
from core.access import require
from ledger_bridge.recording import record_durably
from ledger_bridge.subjects import Subject
from sharing import events
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def look_as(*, actor: User, workspace: Workspace, person: User, folder: Item | None = None) -> None:
    """Record that a manager is shown what a person sees in a workspace, or in one folder of it.

    Raises:
        Refused: without the right to manage.

    """
    require(actor, Right.MANAGE, workspace)
    item = str(folder.pk) if folder else None
    subject = Subject(workspace=str(workspace.pk), item=item, person=str(person.pk))
    record_durably(events.SeenAsSomebody(), actor=actor, subject=subject)

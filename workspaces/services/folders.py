"""Deeds on folders."""

from django.db import transaction

from accounts.models import User
from core.access import require
from core.ids import uuid7
from ledger_bridge.recording import record
from workspaces.events import FolderCreated
from workspaces.models import Item, Workspace
from workspaces.names import clean_name, name_key
from workspaces.permissions import Right
from workspaces.services import structure


@transaction.atomic
def create_folder(*, actor: User, workspace: Workspace, parent: Item | None, name: str) -> Item:
    require(actor, Right.UPLOAD, parent or workspace)
    cleaned = clean_name(name)
    structure.beside_others(workspace)
    parent = structure.current_folder(parent, workspace)
    folder = Item(id=uuid7(), workspace=workspace, parent=parent, kind=Item.Kind.FOLDER, created_by=actor)
    folder.name, folder.name_key = cleaned, name_key(cleaned)
    folder.path = structure.path_below(parent, folder.id)
    with structure.own_place(actor, folder):
        folder.save(force_insert=True)
    event = FolderCreated(name=cleaned, parent=str(parent.id) if parent else None)
    record(event, actor=actor, subject=folder)
    return folder

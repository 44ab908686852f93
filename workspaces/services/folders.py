"""Deeds on folders."""

from collections.abc import Sequence

from django.db import transaction

from accounts.models import User
from core.access import require
from core.errors import InvalidInput
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


@transaction.atomic
def make_folders(*, actor: User, workspace: Workspace, parent: Item | None, path: Sequence[str]) -> Item:
    """Return the folder that a path of names leads to, making those on the way that are not there.

    Raises:
        Conflict: a file has one of the names.

    """
    require(actor, Right.UPLOAD, parent or workspace)
    folder = parent
    for name in path:
        here = Item.objects.visible_to(actor).in_folder(workspace, folder).folders()
        there = here.filter(name_key=name_key(clean_name(name))).first()
        folder = there or create_folder(actor=actor, workspace=workspace, parent=folder, name=name)
    if folder is None:
        raise InvalidInput("Name at least one folder.", field="path")
    return folder

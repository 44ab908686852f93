"""Locks and rules that the deeds on items share.

An item's `path` repeats the ids of the folders above it. So whoever adds an item must not do it while somebody moves,
removes or restores one of those folders. Adding takes the workspace's row FOR KEY SHARE, which any number of people can
hold at once; moving, removing and restoring take it FOR UPDATE and so stand alone for the moment they last.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection

from core.errors import Conflict
from core.ids import uuid7
from workspaces.models import Item, Workspace
from workspaces.outsiders import Reader
from workspaces.permissions import Right

MAX_DEPTH = 32
_SAME_NAME = """
    SELECT namesake, id FROM workspaces_item
    WHERE workspace_id = %s AND name_key = %s AND id <> %s AND removed_at IS NULL AND parent_id {}
"""
_ARCHIVED = "This workspace is archived: it can be read, but not changed. A manager can reopen it."


class NameTaken(Conflict):
    """Something that the actor can see has this name in this folder, or had it a moment ago."""


def beside_others(workspace: Workspace) -> None:
    """Hold the tree of a workspace still until this transaction ends, together with others who only add to it.

    Raises:
        Conflict: the workspace is archived.

    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT archived_at FROM workspaces_workspace WHERE id = %s FOR KEY SHARE", [workspace.pk])
        found = cursor.fetchone()
    if found is None or found[0] is not None:
        raise Conflict(_ARCHIVED)


def alone(workspace_id: UUID) -> None:
    """Hold the tree of a workspace for this transaction only."""
    Workspace.objects.select_for_update(no_key=False, of=("self",)).get(pk=workspace_id)


def locked_item(item: Item) -> Item:
    """Return the item as it is now, locked until this transaction ends."""
    found = Item.objects.select_for_update(no_key=True, of=("self",)).filter(pk=item.pk, removed_at=None).first()
    if found is None:
        raise Conflict("Somebody removed this meanwhile. You may find it in the bin.")
    return found


def current_folder(parent: Item | None, workspace: Workspace) -> Item | None:
    """Return the folder to put something in as it is now."""
    if parent is None:
        return None
    found = Item.objects.filter(pk=parent.pk, workspace=workspace, kind=Item.Kind.FOLDER, removed_at=None).first()
    if found is None:
        raise Conflict("There is no such folder in this workspace any more.")
    return found


def path_below(parent: Item | None, item_id: UUID) -> list[UUID]:
    """Return the path of an item in a folder.

    Raises:
        Conflict: the folder is as deep as folders go.

    """
    above = parent.path if parent else []
    if len(above) >= MAX_DEPTH:
        raise Conflict(f"Folders can be {MAX_DEPTH} levels deep; this would be deeper.")
    return [*above, item_id]


def refuse_if_archived(workspace: Workspace) -> None:
    if Workspace.objects.filter(pk=workspace.pk, archived_at__isnull=False).exists():
        raise Conflict(_ARCHIVED)


def refuse_if_seen_archived(workspace: Workspace) -> None:
    """Refuse early, by what was read of the workspace before; `beside_others` decides."""
    if workspace.archived_at is not None:
        raise Conflict(_ARCHIVED)


@contextmanager
def own_place(actor: Reader, item: Item) -> Iterator[None]:
    """Give an item, which is about to be saved, its place among those of the same name in its folder.

    A name that the actor can see there is taken. One that is hidden from them must not show in an answer: their item
    stands beside it under the same name, told apart by its `namesake`.

    Raises:
        NameTaken: it is, or somebody else takes it at this moment. The transaction cannot go on after that.

    """
    # Numbers first: what is committed between the two questions is then seen, or stopped by the constraint.
    taken = _of_this_name(item)
    # Where there is nothing, something is asked about all the same: the time it takes must not tell what is hidden.
    for other in taken.values() or [uuid7()]:
        if actor.has_perm(Right.VIEW, Item(pk=other)):
            raise NameTaken(f"There is already something called “{item.name}” in this folder.")
    item.namesake = next(number for number in count() if number not in taken)
    try:
        yield
    except IntegrityError as error:
        if "one_item_per_name" not in str(error):
            raise
        raise NameTaken(f"Somebody else has just used the name “{item.name}” in this folder. Try again.") from error


def _of_this_name(item: Item) -> dict[int, UUID]:
    """Return what has the item's name in its folder, by namesake."""
    beside = "IS NULL" if item.parent_id is None else "= %s"
    values: list[Any] = [
        item.workspace_id,
        item.name_key,
        item.pk,
        *([] if item.parent_id is None else [item.parent_id]),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_SAME_NAME.format(beside), values)
        return dict(cursor.fetchall())

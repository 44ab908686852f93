"""Deeds on keys: a new generation begins, an old one ends. The moving in between is work, not a deed (`rotation/`)."""

from django.db import IntegrityError, transaction
from django.db.models import Max, ProtectedError
from django.utils import timezone

from accounts.permissions import Right as PlatformRight
from core.access import Actor, Service, require
from core.errors import Conflict, InvalidInput
from core.kms import ROOTS, key_service
from ledger_bridge.recording import record, record_durably
from workspaces.events import (
    RootDestroyed,
    RootRotated,
    RootRotationFinished,
    WorkspaceKeyDestroyed,
    WorkspaceKeyReplaced,
)
from workspaces.keys import forget_keys, make_workspace_key
from workspaces.models import Comment, Version, Workspace, WorkspaceKey
from workspaces.rotation.holders import left_under_older
from workspaces.rotation.models import KeyRotation

WORKER = Service("key rotation", frozenset())
_RUNNING = "This key is being rotated already. “manage.py rotate_keys status” says how far that is."


def rotate_root(*, actor: Actor, root: str, adopt: bool = False) -> KeyRotation:
    """Make a new generation of a root and begin to move every key to it.

    With `adopt` the key officer has made the newest generation in the key service already.

    Raises:
        InvalidInput: when there is no such root.
        Conflict: when it is being rotated already.
        Unavailable: when the key service does not answer; KeyServiceRefused when it does not allow it.

    """
    require(actor, PlatformRight.ROTATE_KEYS)
    if root not in ROOTS:
        raise InvalidInput(f"There is no root “{root}”. The roots are {', '.join(ROOTS)}.")
    if KeyRotation.objects.filter(root=root).exclude(state=KeyRotation.State.FINISHED).exists():
        raise Conflict(_RUNNING)
    # A generation that nothing is wrapped under yet does no harm if the transaction fails.
    generation = key_service().newest(root).number if adopt else key_service().rotate(root)
    total = left_under_older(root, key_service())
    try:
        with transaction.atomic():
            rotation = KeyRotation.objects.create(root=root, generation=generation, total=total)
            record(RootRotated(root=root, generation=generation), actor=actor)
    except IntegrityError as error:
        raise Conflict(_RUNNING) from error
    return rotation


def rotate_workspace_key(*, actor: Actor, workspace: Workspace) -> KeyRotation:
    """Make a new key for a workspace and begin to move its versions to it.

    Raises:
        Conflict: when it is being rotated already.
        Unavailable: when the key service does not answer.

    """
    require(actor, PlatformRight.ROTATE_KEYS)
    newest = WorkspaceKey.objects.filter(workspace=workspace).aggregate(newest=Max("generation"))["newest"] or 0
    key = make_workspace_key(workspace, generation=newest + 1)
    try:
        with transaction.atomic():
            key.save(force_insert=True)
            total = Version.objects.filter(workspace_key__workspace=workspace).count()
            total += Comment.objects.filter(workspace_key__workspace=workspace).count()
            rotation = KeyRotation.objects.create(workspace=workspace, generation=key.generation, total=total)
            record(WorkspaceKeyReplaced(generation=key.generation), actor=actor, subject=workspace)
    except IntegrityError as error:
        raise Conflict(_RUNNING) from error
    return rotation


def finish_rotation(*, rotation: KeyRotation) -> bool:
    """Write down that nothing is left under older generations; older keys of a workspace end here.

    Returns whether it is finished: an upload that began before may still hold an old key of a workspace.
    """
    with transaction.atomic():
        found = KeyRotation.objects.select_for_update(no_key=True).get(pk=rotation.pk)
        if found.state == KeyRotation.State.FINISHED or not _end_old_keys(found):
            return found.state == KeyRotation.State.FINISHED
        found.state, found.finished_at = KeyRotation.State.FINISHED, timezone.now()
        found.save(update_fields=["state", "finished_at"])
        if found.workspace:
            record(WorkspaceKeyDestroyed(generation=found.generation), actor=WORKER, subject=found.workspace)
        else:
            record(RootRotationFinished(root=found.root, generation=found.generation), actor=WORKER)
    forget_keys()
    return True


def destroy_root(*, actor: Actor, root: str, generation: int) -> None:
    """Destroy a root up to a generation, for good.

    Raises:
        InvalidInput: when there is no such root.
        Conflict: when something is, or may still be, wrapped under it.
        Unavailable: when the key service does not answer; KeyServiceRefused when it does not allow it.

    """
    require(actor, PlatformRight.ROTATE_KEYS)
    if root not in ROOTS:
        raise InvalidInput(f"There is no root “{root}”. The roots are {', '.join(ROOTS)}.")
    newest = key_service().newest(root)
    if generation >= newest.number:
        raise Conflict("This is the newest generation. Rotate the root first.")
    finished = KeyRotation.objects.filter(root=root, generation__gt=generation, state=KeyRotation.State.FINISHED)
    if not finished.exists():
        raise Conflict(
            "No rotation to a newer generation has finished yet, so something may be wrapped under this one."
        )
    if left := left_under_older(root, key_service()):
        raise Conflict(f"{left} keys are not under the newest generation. Nothing was destroyed.")
    record_durably(RootDestroyed(root=root, generation=generation), actor=actor)
    key_service().destroy(root, generation)


def _end_old_keys(rotation: KeyRotation) -> bool:
    if rotation.workspace is None:
        return True
    old = WorkspaceKey.objects.filter(workspace=rotation.workspace, generation__lt=rotation.generation)
    try:
        with transaction.atomic():
            old.delete()
    except (ProtectedError, IntegrityError):
        return False
    return True

"""Moves keys on, a little at a time: in the worker every minute, or in front of an operator to the end.

Nothing here remembers where it was. What is left to move is what the tables show, each move is one UPDATE that names
the wrap it replaces, and both generations open meanwhile: so it may be killed anywhere, and two may do it at once.
"""

import time
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from core.errors import DamagedContent, Unavailable
from core.kms import key_service
from workspaces.conversation.sealing import moved_to
from workspaces.crypt4gh import Crypt4ghError, verify_commitment
from workspaces.keys import newest_key, open_key, unwrap_data_key, wrap_data_key
from workspaces.models import Comment, Upload, Version, WorkspaceKey
from workspaces.rotation.holders import HOLDERS, left_under_older
from workspaces.rotation.models import KeyRotation
from workspaces.services import finish_rotation

_BATCH = 100
_HELD_FOR = timedelta(seconds=60)
_NOTE_EVERY = 0.5


def continue_rotations(seconds: float = 40.0) -> int:
    """Work on everything that is not finished, and return how many rotations are left."""
    for rotation in KeyRotation.objects.exclude(state=KeyRotation.State.FINISHED).order_by("started_at"):
        try:
            continue_rotation(rotation, seconds)
        except Unavailable:
            # The key service is away, or denies. The next minute tries again; `rotate_keys status` says how far it is.
            continue
    return KeyRotation.objects.exclude(state=KeyRotation.State.FINISHED).count()


def continue_rotation(rotation: KeyRotation, seconds: float) -> None:
    """Move keys until nothing is left or the time is over.

    Raises:
        Unavailable: when the key service does not answer.

    """
    if not _hold(rotation):
        return
    try:
        if _move(rotation, time.monotonic() + seconds):
            _settle(rotation)
    finally:
        KeyRotation.objects.filter(pk=rotation.pk).update(held_until=None)


def left_of(rotation: KeyRotation) -> int:
    """Count what is not under the newest generation yet."""
    if rotation.root:
        return left_under_older(rotation.root, key_service())
    return _old_versions(rotation).count() + _old_comments(rotation).count()


def _move(rotation: KeyRotation, until: float) -> bool:
    """Move keys, and return whether the end was reached."""
    moves = _moves_of_root(rotation.root) if rotation.root else _moves_of_workspace(rotation)
    moved, stuck, noted = 0, 0, time.monotonic()
    for ok in moves:
        moved, stuck = moved + ok, stuck + (not ok)
        if time.monotonic() - noted > _NOTE_EVERY:
            _note(rotation, moved)
            moved, noted = 0, time.monotonic()
        if time.monotonic() > until:
            _note(rotation, moved)
            return False
    _note(rotation, moved)
    KeyRotation.objects.filter(pk=rotation.pk).update(stuck=stuck)
    return stuck == 0


def _moves_of_root(root: str) -> Iterator[bool]:
    service = key_service()
    head = service.newest(root).head
    for holder in HOLDERS[root]:
        yield from holder.move(service, head)


def _moves_of_workspace(rotation: KeyRotation) -> Iterator[bool]:
    assert rotation.workspace is not None  # noqa: S101  the constraint says so
    newest = newest_key(rotation.workspace)
    # An upload that is over needs its key no more; one that is not keeps it until then.
    over = Upload.objects.filter(workspace=rotation.workspace).exclude(state__in=Upload.UNFINISHED)
    over.exclude(workspace_key=newest.id).update(workspace_key=newest.id)
    last = None
    while rows := list((_old_versions(rotation).filter(pk__gt=last) if last else _old_versions(rotation))[:_BATCH]):
        for version in rows:
            yield _move_version(version, newest.id)
        last = rows[-1].pk
    for comment in list(_old_comments(rotation)):
        yield _move_comment(comment, newest.id)


def _old_comments(rotation: KeyRotation) -> QuerySet[Comment]:
    old = WorkspaceKey.objects.filter(workspace=rotation.workspace_id, generation__lt=rotation.generation)
    return Comment.objects.filter(workspace_key__in=old).select_related("file", "workspace_key").order_by("pk")


def _move_comment(comment: Comment, newest: int) -> bool:
    """Seal what somebody said under the newest key, if it opens; where nothing is left of it, only the row moves."""
    before = bytes(comment.sealed)
    same = Comment.objects.filter(pk=comment.pk, workspace_key=comment.workspace_key_id, sealed=before)
    try:
        after = moved_to(comment, open_key(WorkspaceKey.objects.get(pk=newest))) if before else b""
    except DamagedContent:
        return False
    same.update(sealed=after, workspace_key=newest)
    return True


def _old_versions(rotation: KeyRotation) -> QuerySet[Version]:
    old = WorkspaceKey.objects.filter(workspace=rotation.workspace_id, generation__lt=rotation.generation)
    return Version.objects.filter(workspace_key__in=old).select_related("file", "workspace_key").order_by("pk")


def _move_version(version: Version, newest: int) -> bool:
    """Wrap a data key under the newest key, if it opens and is the one that was committed to."""
    same = Version.objects.filter(
        pk=version.pk, workspace_key=version.workspace_key_id, wrapped_key=bytes(version.wrapped_key)
    )
    if not version.wrapped_key:
        # Its data key was destroyed: there is nothing to move, and nothing that needs the old key.
        same.update(workspace_key=newest)
        return True
    file_id, version_id = str(version.file_id), str(version.id)
    try:
        data_key = unwrap_data_key(version)
        verify_commitment(bytes(version.key_commitment), data_key, file_id, version_id)
    except (DamagedContent, Crypt4ghError):
        return False
    key = open_key(WorkspaceKey.objects.get(pk=newest))
    wrapped = wrap_data_key(key, data_key, file_id=file_id, version_id=version_id)
    same.update(wrapped_key=wrapped, workspace_key=newest)
    return True


def _settle(rotation: KeyRotation) -> None:
    """Wait a day for what began before, and then finish."""
    settled = rotation.started_at + settings.KEY_ROTATION_SETTLES
    nothing_comes_in = bool(rotation.root) and not HOLDERS[rotation.root]
    if timezone.now() < settled and not nothing_comes_in:
        KeyRotation.objects.filter(pk=rotation.pk).update(state=KeyRotation.State.SETTLING)
        return
    finish_rotation(rotation=rotation)


def _hold(rotation: KeyRotation) -> bool:
    """Take the rotation for a minute, unless another process has it."""
    now = timezone.now()
    free = KeyRotation.objects.filter(Q(held_until=None) | Q(held_until__lt=now), pk=rotation.pk)
    return bool(free.exclude(state=KeyRotation.State.FINISHED).update(held_until=now + _HELD_FOR))


def _note(rotation: KeyRotation, moved: int) -> None:
    KeyRotation.objects.filter(pk=rotation.pk).update(moved=F("moved") + moved, held_until=timezone.now() + _HELD_FOR)

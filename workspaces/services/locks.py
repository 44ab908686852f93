"""Deeds on locks."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput
from core.text import plain_line
from ledger_bridge.recording import record
from workspaces.models import Item, Lock
from workspaces.organising import notices
from workspaces.organising.events import FileLocked, FileUnlocked
from workspaces.organising.rules import refuse_if_locked
from workspaces.permissions import Right
from workspaces.services import structure

LONGEST = timedelta(days=90)
_LONGEST_REASON = 300


@transaction.atomic
def lock_file(*, actor: User, file: Item, reason: str, until: datetime) -> Lock:
    """Keep a file as it is for others until a time; one's own lock is replaced.

    Raises:
        ItemLocked: somebody else has locked it.

    """
    require(actor, Right.EDIT, file)
    structure.refuse_if_archived(file.workspace)
    said = plain_line(reason, field="reason", empty="Say why, for those who wait.")
    if len(said) > _LONGEST_REASON:
        raise InvalidInput(f"At most {_LONGEST_REASON} characters.", field="reason")
    now = timezone.now()
    if not now < until <= now + LONGEST:
        raise InvalidInput(f"Choose an end that lies ahead, and within {LONGEST.days} days.", field="until")
    file = structure.locked_item(file)
    if file.is_folder:
        raise InvalidInput("Only a file can be locked.")
    refuse_if_locked(actor, file)
    values = {"holder": actor, "reason": said, "since": now, "until": until}
    lock, _ = Lock.objects.update_or_create(file=file, defaults=values)
    ends = until.astimezone(timezone.get_default_timezone()).isoformat(timespec="minutes")
    record(FileLocked(name=file.name, until=ends, reason=said), actor=actor, subject=file)
    return lock


@transaction.atomic
def lift_lock(*, actor: User, file: Item) -> None:
    """Let others change a file again: for whoever locked it, and for managers, who tell the holder by it.

    Raises:
        Conflict: it is not locked any more.

    """
    require(actor, Right.VIEW, file)
    lock = Lock.objects.select_for_update(of=("self",)).filter(file=file).first()
    is_over = lock is None or lock.until <= timezone.now()
    is_own = lock is not None and lock.holder_id == actor.pk
    # Whoever could neither lock nor lift gets one answer, whether there is a lock or not.
    if not is_own and not (is_over and actor.has_perm(Right.EDIT.value, file)):
        require(actor, Right.MANAGE, file.workspace)
    if lock is None or is_over:
        raise Conflict("It is not locked any more.")
    holder = lock.holder_id
    lock.delete()
    event = FileUnlocked(name=file.name, whose="own" if is_own else "other", holder=str(holder))
    entry = record(event, actor=actor, subject=file)
    if not is_own:
        notices.tell_of_lifted_lock(file, holder, entry, actor)

"""Removing for good: one manager asks, somebody else confirms, and the keys are destroyed.

Nothing of the content is left in the database: the wrapped data keys, the headers of hand-overs, the hashes of the
plaintext, notes, comments and names go in one transaction. The sealed bytes, which nothing opens any more, are deleted
after it.
"""

import logging
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.inbox.telling import forget_items
from accounts.models import User
from accounts.permissions import Right as PlatformRight
from core.access import require
from core.errors import Conflict, IthacaError, Refused
from core.queue import enqueue
from ledger_bridge.models import Entry
from ledger_bridge.recording import record, record_durably
from workspaces import quotas
from workspaces.asking import managers_of, require_on_all
from workspaces.conversation.models import REGION_FIELDS
from workspaces.models import (
    AcknowledgementAsk,
    Comment,
    Favourite,
    HandOver,
    Item,
    Lock,
    Participant,
    ParticipantMark,
    Removal,
    Tagging,
    UndoableDeed,
    Upload,
    Version,
    VersionScan,
    Workspace,
)
from workspaces.permissions import Right
from workspaces.removal import notices
from workspaces.removal.events import ItemShredded, RemovalAsked, RemovalDeclined, RemovalRefused, RetentionSet
from workspaces.removal.inputs import checked_days, said
from workspaces.removal.rules import Extent, Kept, extent_of, require_nothing_keeps, taken_by
from workspaces.services import structure
from workspaces.storage import blob_store

logger = logging.getLogger(__name__)

OTHER_PERSON = "Whoever confirms a removal for good is not the one who asked for it."
_MANAGERS_DECIDE = "This workspace has a second manager. They decide, because they know what it is."
_NOT_IN_BIN = "It is not in the bin any more."
_DECIDED = "This removal has been decided already."
_ASKED_ALREADY = "Somebody asked for this, or for something it belongs to, already. Decide about that first."


def ask_for_removal(*, actor: User, item: Item, reason: str) -> Removal:
    """Ask that something in the bin be removed for good. Nothing is lost before somebody else confirms.

    Raises:
        InvalidInput: when no reason is given.
        Kept: when a legal hold or the retention of the workspace keeps it; that is recorded.
        Conflict: when it is not in the bin any more, or somebody asked already.

    """
    require(actor, Right.MANAGE, item.workspace)
    reason = said(reason, "reason")
    return _or_recorded(lambda: _ask(actor, item, reason), actor, item, reason)


def confirm_removal(*, actor: User, removal: Removal) -> Removal:
    """Remove for good, as the second person. Only a backup with its keys could bring it back.

    Raises:
        Refused: for the one who asked, and for an admin while there is a second manager.
        Kept: when a rule keeps it by now; that is recorded.
        Conflict: when it was decided or restored meanwhile.

    """
    _require_second(actor, removal)
    return _or_recorded(lambda: _confirm(actor, removal.pk), actor, removal.item, removal.reason)


@transaction.atomic
def decline_removal(*, actor: User, removal: Removal, answer: str) -> Removal:
    """Say no, or take back what one asked for oneself. It stays in the bin."""
    if removal.asked_by_id == actor.pk:
        require(actor, Right.MANAGE, removal.item.workspace)
    else:
        _require_second(actor, removal)
    return _declined(_locked(removal.pk), actor, said(answer, "answer"))


def withdraw_for_restored(actor: User, item: Item) -> None:
    """Whoever restores something has answered a removal that waits; for the deed of restoring."""
    for removal in Removal.objects.select_for_update().filter(item=item, state=Removal.State.ASKED):
        _declined(removal, actor, "It was restored.")


def finish_removals() -> int:
    """Delete the sealed bytes of what was removed for good, and return how many blobs that were.

    It runs when a removal is committed, and every minute for what a crash or an outage left over.
    """
    store, done = blob_store(), 0
    waiting = Version.objects.filter(shredded_at__isnull=False, blob_deleted_at=None).order_by("pk")
    for pk, blob in list(waiting.values_list("pk", "blob")[:1000]):
        try:
            store.delete(blob)
            store.delete_from_trash(blob)
        except IthacaError as error:
            logger.warning("The bytes of a removed version could not be deleted yet: %s", error.sentence)
            break
        Version.objects.filter(pk=pk).update(blob_deleted_at=timezone.now())
        done += 1
    return done


@transaction.atomic
def set_retention(*, actor: User, workspace: Workspace, keep_days: int, propose_after: int | None) -> Workspace:
    """Say for how long files are kept at least, and after how many days in the bin their removal is proposed.

    Raises:
        InvalidInput: when the installation does not allow so few or so many days.

    """
    require(actor, Right.MANAGE, workspace)
    checked_days(keep_days, "keep_days", least=settings.RETENTION_DAYS_LEAST)
    if propose_after is not None:
        checked_days(propose_after, "propose_after", least=1)
    found = Workspace.objects.select_for_update(no_key=True, of=("self",)).get(pk=workspace.pk)
    before = (found.keep_days, found.propose_after)
    if before == (keep_days, propose_after):
        return found
    found.keep_days, found.propose_after = keep_days, propose_after
    found.save(update_fields=["keep_days", "propose_after"])
    event = RetentionSet(
        before_keep_days=before[0],
        keep_days=keep_days,
        before_propose_after=-1 if before[1] is None else before[1],
        propose_after=-1 if propose_after is None else propose_after,
    )
    record(event, actor=actor, subject=found)
    return found


@transaction.atomic
def _ask(actor: User, item: Item, reason: str) -> Removal:
    item = _alone_in_bin(actor, item)
    require_on_all(actor, Right.EDIT, taken_by(item), subject=item)
    require_nothing_keeps(item)
    waiting = Removal.objects.filter(state=Removal.State.ASKED)
    if waiting.filter(item__in=item.path).exists() or waiting.filter(item__path__contains=[item.pk]).exists():
        raise Conflict(_ASKED_ALREADY)
    try:
        with transaction.atomic():
            removal = Removal.objects.create(item=item, reason=reason, asked_by=actor)
    except IntegrityError as error:
        raise Conflict(_ASKED_ALREADY) from error
    files = extent_of(item).files
    event = RemovalAsked(removal=str(removal.pk), name=item.name, files=files, reason=reason)
    record(event, actor=actor, subject=item)
    notices.tell_second_people(removal)
    return removal


@transaction.atomic
def _confirm(actor: User, pk: UUID) -> Removal:
    item = _alone_in_bin(None, Removal.objects.select_related("item__workspace").get(pk=pk).item)
    removal = _locked(pk)
    if actor.has_perm(Right.MANAGE, item.workspace):
        require_on_all(actor, Right.EDIT, taken_by(item), subject=item)
    require_nothing_keeps(item)
    found, name = extent_of(item), item.name
    event = ItemShredded(
        removal=str(removal.pk),
        name=name,
        files=found.files,
        versions=found.versions,
        size=found.size,
        asked_by=str(removal.asked_by_id),
        reason=removal.reason,
    )
    removal.entry = UUID(record(event, actor=actor, subject=item))
    removal.files, removal.versions, removal.size = found.files, found.versions, found.size
    _decide(removal, Removal.State.DONE, actor)
    _shred(item, found)
    enqueue("workspaces.finish_removals")
    return removal


def _shred(item: Item, found: Extent) -> None:
    """Destroy every key and every word of what the item holds."""
    now, taken = timezone.now(), taken_by(item)
    versions = Version.objects.filter(file__in=taken, shredded_at=None)
    # A header opens the file for whoever holds the key it was made for.
    HandOver.objects.filter(version__in=versions).exclude(header=b"").update(header=b"")
    # A finished upload is remembered for a while, with the name of its file.
    Upload.objects.filter(version__in=versions).delete()
    # What people said about it says what it was.
    comments = Comment.objects.filter(file__in=taken)
    Comment.mentioned.through.objects.filter(comment__in=comments).delete()
    comments.update(sealed=b"", **dict.fromkeys(REGION_FIELDS))
    AcknowledgementAsk.objects.filter(version__in=versions, withdrawn_at=None).update(withdrawn_at=now)
    AcknowledgementAsk.objects.filter(version__in=versions).update(statement="")
    ParticipantMark.objects.filter(item__in=taken).delete()
    Participant.objects.filter(workspace=item.workspace, marks=None).delete()
    # Words that were put on it may say what it was.
    Tagging.objects.filter(item__in=taken).delete()
    Lock.objects.filter(file__in=taken).delete()
    Favourite.objects.filter(item__in=taken).delete()
    forget_items(list(taken.values_list("pk", flat=True)))
    # An earlier name, which undoing would have needed.
    UndoableDeed.objects.filter(item__in=taken).delete()
    # What the scanner said may name what is in it, and there is nothing left to scan.
    VersionScan.objects.filter(version__in=versions).delete()
    versions.update(wrapped_key=b"", plaintext_sha256=b"", note="", shredded_at=now)
    quotas.give_back(item.workspace, found.size)
    taken.update(name="", name_key="", description="", shredded_at=now)


def _or_recorded(deed: Callable[[], Removal], actor: User, item: Item, reason: str) -> Removal:
    """Do the deed; when a rule keeps what was to go, write that down before saying so."""
    try:
        return deed()
    except Kept as kept:
        event = RemovalRefused(name=item.name, reason=reason, rule=kept.sentence)
        record_durably(event, actor=actor, subject=item, outcome=Entry.Outcome.DENY)
        raise


def _require_second(actor: User, removal: Removal) -> None:
    """Refuse whoever asked, whoever has nothing to say here, and an admin where a manager can answer."""
    workspace = removal.item.workspace
    if actor.pk == removal.asked_by_id:
        raise Refused(OTHER_PERSON, right=Right.MANAGE.value, subject=removal.item)
    if not actor.has_perm(PlatformRight.CONFIRM_REMOVALS.value):
        require(actor, Right.MANAGE, workspace)
    elif managers_of(workspace) - {removal.asked_by_id}:
        raise Refused(_MANAGERS_DECIDE, right=PlatformRight.CONFIRM_REMOVALS.value, subject=removal.item)


def _alone_in_bin(actor: User | None, item: Item) -> Item:
    """Return an item of the bin as it is now, with the tree of its workspace held still."""
    structure.refuse_if_archived(item.workspace)
    structure.alone(item.workspace_id)
    found = Item.objects.select_related("workspace").filter(shredded_at=None, removed_at__isnull=False)
    in_bin = found.in_bin(actor) if actor else found
    item_now = in_bin.filter(pk=item.pk).first()
    if item_now is None:
        raise Conflict(_NOT_IN_BIN)
    return item_now


def _locked(pk: UUID) -> Removal:
    removal = Removal.objects.select_for_update(of=("self",)).select_related("item__workspace").get(pk=pk)
    if removal.state != Removal.State.ASKED:
        raise Conflict(_DECIDED)
    return removal


def _declined(removal: Removal, actor: User, answer: str) -> Removal:
    removal.answer = answer
    _decide(removal, Removal.State.DECLINED, actor)
    event = RemovalDeclined(
        removal=str(removal.pk), name=removal.item.name, reason=removal.reason, answer=removal.answer
    )
    record(event, actor=actor, subject=removal.item)
    return removal


def _decide(removal: Removal, state: Removal.State, actor: User) -> None:
    removal.state, removal.decided_by, removal.decided_at = state, actor, timezone.now()
    removal.save()
    notices.forget(removal)

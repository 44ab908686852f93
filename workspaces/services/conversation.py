"""Comments: write, correct within some minutes, take back. The entry of each holds no text (conversation/events.py)."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.inbox.telling import forget_thing
from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput, Refused
from core.ids import uuid7
from ledger_bridge.recording import record
from workspaces.conversation import notices
from workspaces.conversation.events import CommentChanged, CommentTakenBack, CommentWritten
from workspaces.conversation.mentions import mentioned_in
from workspaces.conversation.models import CHANGED_WITHIN, LAST_PAGE, REGION_FIELDS
from workspaces.conversation.regions import Region
from workspaces.conversation.rules import require_author, require_no_hold
from workspaces.conversation.sealing import open_text, seal_text
from workspaces.keys import newest_key
from workspaces.models import Comment, Item, Version
from workspaces.names import clean_text
from workspaces.permissions import Right
from workspaces.services import structure
from workspaces.viewer.kinds import is_drawn

MOST_AN_HOUR = 120  # by one person: each comment may be news for many
LONGEST = 4000
_TOO_LATE = f"A comment can be changed for {CHANGED_WITHIN.seconds // 60} minutes. Take it back, or write another one."
_GONE = "This comment was taken back."


@transaction.atomic
def write_comment(
    *,
    actor: User,
    file: Item,
    text: str,
    version: Version | None = None,
    page: int | None = None,
    region: Region | None = None,
    answers: Comment | None = None,
) -> Comment:
    """Say something about a file, one of its versions, a page or a part of a page, or answer another comment.

    Raises:
        InvalidInput: it says nothing, or what it is about is not there.
        Conflict: the workspace is archived, the file was removed, or the thread was taken back meanwhile.

    """
    require(actor, Right.COMMENT, file)
    text = _said(text)
    structure.beside_others(file.workspace)
    file = _present(file)
    thread = _thread(file, answers)
    _check_place(file, version, page, thread)
    _check_region(version, page, region)
    _check_room(actor)
    mentioned = mentioned_in(text, actor, file)
    comment = Comment(id=uuid7(), file=file, version=version, page=page, thread=thread, author=actor)
    comment.region = region
    key = newest_key(file.workspace)
    made = seal_text(comment, text, key)
    comment.sealed, comment.workspace_key_id = made.sealed, key.id
    event = CommentWritten(
        comment=str(comment.pk),
        about=comment.about,
        answers=str(thread.pk) if thread else "",
        mentioned=len(mentioned),
        commitment=made.commitment,
        region=region.as_text if region else "",
    )
    comment.entry = UUID(record(event, actor=actor, subject=comment))
    comment.save(force_insert=True)
    comment.mentioned.set(mentioned)
    notices.tell_of_comment(comment, mentioned)
    return comment


@transaction.atomic
def change_comment(*, actor: User, comment: Comment, text: str) -> Comment:
    """Correct one's own comment within some minutes. That it was changed is shown beside it.

    Raises:
        Refused: to everybody but its author, and when the minutes are over.
        InvalidInput: it says nothing any more.
        Conflict: it was taken back, or a legal hold keeps what it says.

    """
    require(actor, Right.COMMENT, comment.file)
    comment = _locked(comment)
    require_author(actor, comment)
    if not comment.may_still_change:
        raise Refused(_TOO_LATE, right=Right.COMMENT.value, subject=comment.file)
    text = _said(text)
    if text == open_text(comment):
        return comment
    require_no_hold(comment)
    mentioned = mentioned_in(text, actor, comment.file)
    key = newest_key(comment.file.workspace)
    made = seal_text(comment, text, key)
    comment.sealed, comment.workspace_key_id, comment.changed_at = made.sealed, key.id, timezone.now()
    event = CommentChanged(
        comment=str(comment.pk),
        about=comment.about,
        mentioned=len(mentioned),
        commitment=made.commitment,
        region=comment.region.as_text if comment.region else "",
    )
    comment.changed_entry = UUID(record(event, actor=actor, subject=comment))
    comment.save(update_fields=["sealed", "workspace_key", "changed_at", "changed_entry"])
    comment.mentioned.set(mentioned)
    notices.tell_newly_mentioned(comment, mentioned)
    return comment


@transaction.atomic
def take_back_comment(*, actor: User, comment: Comment) -> Comment:
    """Destroy what a comment says and leave a mark. The author may, and whoever manages the workspace.

    Raises:
        Refused: to everybody else.
        Conflict: it was taken back already, or a legal hold keeps what it says.

    """
    require(actor, Right.VIEW, comment.file)
    comment = _locked(comment)
    own = comment.author_id == actor.pk
    if not own:
        require(actor, Right.MANAGE, comment.file.workspace)
    require_no_hold(comment)
    event = CommentTakenBack(comment=str(comment.pk), about=comment.about, what="own" if own else "other")
    comment.sealed, comment.taken_back_at, comment.taken_back_by = b"", timezone.now(), actor
    comment.region = None
    comment.save(update_fields=["sealed", "taken_back_at", "taken_back_by", *REGION_FIELDS])
    comment.mentioned.clear()
    forget_thing(comment.pk)
    record(event, actor=actor, subject=comment)
    return comment


def _said(text: str) -> str:
    cleaned = clean_text(text, field="text", limit=LONGEST)
    if not cleaned:
        raise InvalidInput("Write something first.", field="text")
    return cleaned


def _present(file: Item) -> Item:
    """Return the file as it is now; nobody removes it for good before this transaction has ended."""
    found = Item.objects.select_related("workspace").filter(pk=file.pk, removed_at=None).first()
    if found is None:
        raise Conflict("Somebody removed this meanwhile. You may find it in the bin.")
    if found.is_folder:
        raise InvalidInput("Only a file has a conversation.")
    return found


def _thread(file: Item, answers: Comment | None) -> Comment | None:
    """Return the comment at the beginning of the thread that is answered."""
    if answers is None:
        return None
    first = Comment.objects.select_for_update(no_key=True).filter(pk=answers.thread_id or answers.pk, file=file).first()
    if first is None:
        raise InvalidInput("There is no such comment about this file.", field="answers")
    return first


def _check_place(file: Item, version: Version | None, page: int | None, thread: Comment | None) -> None:
    if thread is not None and (version is not None or page is not None):
        raise InvalidInput("An answer is about what its thread is about.", field="version")
    if version is not None and version.file_id != file.pk:
        raise InvalidInput("This file has no such version.", field="version")
    if page is not None and (version is None or not 1 <= page <= LAST_PAGE):
        raise InvalidInput("Say which version the page is of.", field="page")


def _check_region(version: Version | None, page: int | None, region: Region | None) -> None:
    if region is None:
        return
    if version is None or page is None:
        raise InvalidInput("Say which page of which version the marked part is on.", field="region")
    if not is_drawn(version):
        raise InvalidInput("Parts are marked on drawn pages: of pictures, scans, PDF and Office files.", field="region")


def _check_room(author: User) -> None:
    lately = Comment.objects.filter(author=author, written_at__gt=timezone.now() - timedelta(hours=1))
    if lately.count() >= MOST_AN_HOUR:
        raise Conflict(f"You have written {MOST_AN_HOUR} comments within an hour. Go on later.")


def _locked(comment: Comment) -> Comment:
    """Return the comment as it is now, with nobody removing the file meanwhile."""
    structure.beside_others(comment.file.workspace)
    _present(comment.file)
    found = Comment.objects.select_for_update(no_key=True, of=("self",))
    comment = found.select_related("file__workspace", "version", "workspace_key", "author").get(pk=comment.pk)
    if comment.is_taken_back:
        raise Conflict(_GONE)
    return comment

"""A conversation as pages and programs see it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber

from accounts.models import User
from core.access import rights_on_each
from core.errors import DamagedContent
from workspaces.conversation.mentions import Piece, pieces
from workspaces.conversation.sealing import open_text
from workspaces.models import Comment, Item, Version
from workspaces.permissions import Right

THREADS_ON_A_PAGE = 20
ANSWERS_SHOWN = 5
SAID_OF_A_PAGE = 50
ANSWERS_ON_A_PAGE = 50


@dataclass(frozen=True)
class Shown:
    """A comment and what may be done with it; a thread has answers, the last few of `count`."""

    comment: Comment
    pieces: list[Piece]
    may_change: bool
    may_take_back: bool
    is_damaged: bool = False
    answers: list["Shown"] = field(default_factory=list)
    count: int = 0

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def earlier(self) -> int:
        """How many answers there are before those that are shown."""
        return self.count - len(self.answers)


@dataclass(frozen=True)
class Conversation:
    page: Page[Any]
    threads: list[Shown]


def conversation(user: User, file: Item, *, version: UUID | None = None, page: str | int = 1) -> Conversation:
    """Return a page of threads, the newest first, each with its last answers, in a fixed number of queries."""
    found = Comment.objects.filter(file=file).threads()
    if version is not None:
        found = found.filter(version=version)
    on_page = Paginator(found.with_names().order_by("-id"), THREADS_ON_A_PAGE).get_page(page)
    threads = list(on_page.object_list)
    eyes = _Eyes(user, file)
    answers, counts = _last_answers(threads), _answer_counts(threads)
    return Conversation(on_page, [eyes.one(one, answers[one.pk], counts.get(one.pk, 0)) for one in threads])


def said_of_page(user: User, version: Version, page: int) -> list[Shown]:
    """Return the first threads about a page of a version, the oldest first; `count` says how many answers each has."""
    found = Comment.objects.filter(file=version.file_id, version=version, page=page).threads()
    threads = list(found.with_names().order_by("id")[:SAID_OF_A_PAGE])
    eyes, counts = _Eyes(user, version.file), _answer_counts(threads)
    return [eyes.one(one, count=counts.get(one.pk, 0)) for one in threads]


def thread_with_answers(user: User, thread: Comment, page: str | int | None = None) -> tuple[Shown, Page[Any]]:
    """Return a thread with one page of its answers, the oldest first; without a number, the last page."""
    found = Comment.objects.filter(thread=thread).with_names().order_by("id")
    paginator = Paginator(found, ANSWERS_ON_A_PAGE)
    on_page = paginator.get_page(page or paginator.num_pages)
    answers = list(on_page.object_list)
    return _Eyes(user, thread.file).one(thread, answers, len(answers)), on_page


def page_of_answer(answer: Comment) -> int:
    before = Comment.objects.filter(thread=answer.thread_id, id__lt=answer.pk).count()
    return before // ANSWERS_ON_A_PAGE + 1


def show(user: User, comment: Comment) -> Shown:
    return _Eyes(user, comment.file).one(comment)


def text_of(comment: Comment) -> str:
    """Return what a comment says; nothing where it was taken back or is damaged."""
    try:
        return open_text(comment)
    except DamagedContent:
        return ""


def count_of(file: Item) -> int:
    """Count what is said about a file; what was taken back does not count."""
    return Comment.objects.filter(file=file, taken_back_at=None).count()


class _Eyes:
    """What one person may do with the comments on one file."""

    def __init__(self, user: User, file: Item) -> None:
        rights = rights_on_each(user, [file])[file.pk]
        is_open = file.workspace.archived_at is None
        self._user = user
        self._may_write = Right.COMMENT in rights and is_open
        self._may_manage = Right.MANAGE in rights and is_open
        self._is_open = is_open

    def one(self, comment: Comment, answers: Iterable[Comment] = (), count: int = 0) -> Shown:
        own, there = comment.author_id == self._user.pk, not comment.is_taken_back
        try:
            text, damaged = open_text(comment), False
        except DamagedContent:
            text, damaged = "", True
        return Shown(
            comment=comment,
            pieces=pieces(text, comment.mentioned.all()),
            may_change=own and self._may_write and comment.may_still_change,
            may_take_back=there and self._is_open and (own or self._may_manage),
            is_damaged=damaged,
            answers=[self.one(answer) for answer in answers],
            count=count,
        )


def _last_answers(threads: Collection[Comment]) -> dict[UUID, list[Comment]]:
    """Return the last few answers to each thread, in the order they were given, in one query."""
    numbered = Comment.objects.filter(thread__in=[one.pk for one in threads]).annotate(
        place=Window(RowNumber(), partition_by="thread", order_by=F("id").desc())
    )
    last: QuerySet[Comment] = numbered.filter(place__lte=ANSWERS_SHOWN)
    found: dict[UUID, list[Comment]] = defaultdict(list)
    for answer in Comment.objects.filter(pk__in=[one.pk for one in last]).with_names().order_by("id"):
        found[answer.thread_id].append(answer)  # type: ignore[index]
    return found


def _answer_counts(threads: Collection[Comment]) -> dict[UUID, int]:
    counted = Comment.objects.filter(thread__in=[one.pk for one in threads]).order_by().values_list("thread")
    return {thread: count for thread, count in counted.annotate(Count("pk")) if thread}

"""The inbox as pages and programs see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.inbox import kinds
from accounts.inbox.kinds import Line
from accounts.inbox.models import MailChoice, Notice
from accounts.models import User

MOST_COUNTED = 99
USUAL = MailChoice.How.DAILY


@dataclass(frozen=True)
class Row:
    """A notice; without a line it shows nothing of what it is about, not even who did it."""

    notice: Notice
    line: Line | None

    @property
    def who(self) -> str:
        if self.line is None:
            return ""
        return self.notice.actor.name if self.notice.actor else self.line.who

    @property
    def words(self) -> str:
        return self.line.words if self.line else "Something that you do not see any more"

    @property
    def place(self) -> str:
        return self.line.place if self.line else ""

    @property
    def url(self) -> str:
        return self.line.url if self.line else ""


def notices_for(person: User, *, unread: bool = False, group: str = "") -> QuerySet[Notice]:
    found = Notice.objects.visible_to(person).select_related("actor").order_by("-id")
    if unread:
        found = found.unread()
    return found.filter(kind__in=kinds.codes_in(group)) if group else found


def rows_for(person: User, notices: Sequence[Notice]) -> list[Row]:
    """Put notices into words, in a fixed number of queries for each room that tells something."""
    lines = kinds.read(person, notices)
    return [Row(notice, lines.get(notice.pk)) for notice in notices]


def unread_count(person: User) -> int:
    """Count what was not read, up to one more than is ever shown."""
    return Notice.objects.visible_to(person).unread().order_by()[: MOST_COUNTED + 1].count()


def in_page_head(request: HttpRequest) -> dict[str, Any]:
    """Give every page the number for its head: one query, and none where no head is drawn."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {"unread_notices": SimpleLazyObject(lambda: _shown_count(user))}


def mail_choices(person: User) -> dict[UUID | None, str]:
    """Return how a person wants to be mailed, by workspace; None stands for everything else."""
    chosen = dict(MailChoice.objects.filter(person=person).values_list("workspace", "how"))
    return {None: USUAL.value, **chosen}


def _shown_count(person: User) -> str:
    count = unread_count(person)
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")

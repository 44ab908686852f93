"""Links as pages and programs show them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from core.access import rights_on_each
from core.templatetags.ui import filesize
from ledger_bridge.models import Entry
from ledger_bridge.selectors import describe_entries
from sharing.links.kinds import in_words
from sharing.links.models import DeliveredFile, FileRequest, Link, Send
from sharing.links.rules import why_shut
from workspaces.models import Item, Outsider
from workspaces.permissions import Right

SHOWN = 100
LISTS = {"open": "Open", "over": "Closed and ended"}


@dataclass(frozen=True)
class LinkRow:
    """A link in words; `shut` says why it opens to nobody now, and is empty while it does."""

    link: Link
    title: str
    used: str
    shut: str

    @property
    def pill(self) -> str:
        return "expired" if self.link.state != Link.State.OPEN else "pending" if self.shut else "active"

    @property
    def state(self) -> str:
        if self.link.state != Link.State.OPEN or not self.link.is_open:
            return "Closed" if self.link.state == Link.State.CLOSED else "Ended"
        return "Shut" if self.shut else "Open"


@dataclass(frozen=True)
class DeliveryRow:
    """Something that came, and whether whoever looks may see the file it became."""

    delivery: DeliveredFile
    shown: bool


def links_in(user: User, which: str) -> QuerySet[Link]:
    """Return one of the two lists of a person, by its name in LISTS."""
    links = Link.objects.visible_to(user)
    links = links.open() if which == "open" else links.exclude(pk__in=Link.objects.open().order_by().values("pk"))
    return links.select_related("made_by", "closed_by", "workspace", "item__workspace", "filerequest", "send")


def rows_for(links: Iterable[Link]) -> list[LinkRow]:
    """Put links into words, with one question for each of their makers."""
    listed = list(links)
    items: dict[User, list[Item]] = {}
    for link in listed:
        items.setdefault(link.made_by, []).append(link.item)
    rights = {maker: rights_on_each(maker, things) for maker, things in items.items()}
    return [row_of(link, rights[link.made_by][link.item_id]) for link in listed]


def row_of(link: Link, rights: Collection[str] | None = None) -> LinkRow:
    why = why_shut(link, rights) or ""
    if link.kind == Link.Kind.SEND:
        send: Send = link.send
        return LinkRow(link, f"Copy for {send.email}", f"{send.openings:,} of {send.most_openings:,} openings", why)
    request: FileRequest = link.filerequest
    files = f"{request.files:,} of {request.most_files:,} files"
    used = f"{files}, {filesize(request.size)} of {filesize(request.most_bytes)}"
    return LinkRow(link, request.title or "Request for files", used, why)


def deliveries_of(request: FileRequest) -> QuerySet[DeliveredFile]:
    """Return what came, newest first; whoever may see the link may not see every file."""
    related = ("version__file", "outsider")
    return DeliveredFile.objects.filter(request=request).select_related(*related).order_by("-delivered_at")


def entries_of(send: Send) -> list[Entry]:
    """Return the newest entries that the recipient of a copy left."""
    return list(Entry.objects.filter(actor=send.recipient_id).order_by("-recorded_at")[:SHOWN])


def openings_of(user: User, send: Send) -> list[dict[str, Any]]:
    """Return what the recipient of a copy did, newest first by day, for whoever may see the trail of the file."""
    if not user.has_perm(Right.TRAIL, send.item):
        return []
    days = groupby(describe_entries(entries_of(send), asker=user), key=lambda event: event["at"].astimezone(UTC).date())
    return [{"day": day, "events": list(events)} for day, events in days]


def delivered_by(outsider: Outsider) -> list[DeliveredFile]:
    """Return what somebody delivered, as their confirmation shows it."""
    return list(DeliveredFile.objects.filter(outsider=outsider).select_related("version"))


def what_is_taken(request: FileRequest) -> list[tuple[str, str]]:
    """Return the rules of a request in words. How much has come already is nobody's business outside."""
    return [
        ("Kinds of files", in_words(request.kinds)),
        ("All in all", f"At most {request.most_files:,} files of together {filesize(request.most_bytes)}"),
    ]


def deliveries_shown_to(user: User, deliveries: Iterable[DeliveredFile]) -> list[DeliveryRow]:
    """Put deliveries into words. Of a file that the person may not view they see that it came, and from whom."""
    listed = list(deliveries)
    files = [delivery.version.file_id for delivery in listed]
    seen = set(Item.objects.visible_to(user).filter(pk__in=files).order_by().values_list("pk", flat=True))
    return [DeliveryRow(delivery, shown=delivery.version.file_id in seen) for delivery in listed]

"""Telling those whose own access was given, changed or taken: a mail that names who did it, and a line in their inbox.

The mail goes at once, whatever somebody chose for news: they must hear of it even if they never sign in. It names no
workspace, folder or file.
"""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from accounts.inbox import kinds, telling
from accounts.inbox.kinds import Group, Kind, Line, Reading
from accounts.inbox.models import Notice
from accounts.inbox.telling import About
from accounts.mail import address_of, send_mail
from accounts.models import User
from core.ids import uuid7
from workspaces.models import Item, Workspace
from workspaces.noticed import items_seen, workspaces_seen

CHANGED = Kind("access.changed", Group.ACCESS, "changed your access")


def register() -> None:
    kinds.register(read, [CHANGED])


def tell(person: User | None, giver: User, *, what: str, about: Workspace | Item | None = None) -> None:
    """Tell a person after commit. Groups are not told: a line in the inbox of each member would be no news."""
    if person is None or person.pk == giver.pk:
        return
    item = about.pk if isinstance(about, Item) else None
    workspace = about.workspace_id if isinstance(about, Item) else about.pk if about else None
    place = About(thing=uuid7(), workspace=workspace, item=item)
    telling.tell([person.pk], CHANGED.code, actor=giver, about=place, words=what, mailed=True)
    send_mail("access_changed", to=person.email, name=person.name, giver=giver, what=what, url=address_of("home"))


def read(reading: Reading, notices: Sequence[Notice]) -> dict[UUID, Line]:
    """What happened to one's own access is always told; where it was, only to those who still see the place."""
    return {one.pk: _line(one, reading.once(workspaces_seen), reading.once(items_seen)) for one in notices}


def _line(notice: Notice, places: dict[UUID, Workspace], items: dict[UUID, Item]) -> Line:
    item = items.get(notice.item) if notice.item else None
    place = places.get(notice.workspace) if notice.workspace else None
    if item is not None:
        return Line(f"{notice.words}, on “{item}”", str(place or ""), reverse("sharing:item_access", args=[item.pk]))
    if place is not None and notice.item is None:
        return Line(notice.words, place.name, reverse("sharing:workspace_access", args=[place.pk]))
    return Line(notice.words)

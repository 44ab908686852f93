"""What stands in the inbox about access that ends soon: one's own, and that of others which one could renew.

A mail says so as well, once for everything that ends; each end is a line of its own, because each is renewed by itself.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.inbox import kinds, telling
from accounts.inbox.kinds import Group, Kind, Line
from accounts.inbox.models import Notice
from accounts.inbox.telling import About
from accounts.mail import day
from accounts.models import User
from sharing.models import ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from workspaces.models import Item, Workspace
from workspaces.permissions import Right, Role

OWN = Kind("access.ends", Group.ACCESS, "says that some of your access ends soon")
RENEWABLE = Kind("access.can_be_renewed", Group.ACCESS, "says that access which you could renew ends soon")
_TABLES: tuple[Any, ...] = (WorkspaceUserGrant, WorkspaceGroupGrant, ItemUserException, ItemGroupException)
_HOLDERS = {WorkspaceUserGrant: "user", WorkspaceGroupGrant: "group", ItemUserException: "user"}


def register() -> None:
    kinds.register(read, [OWN, RENEWABLE])


def tell_of_end(grant: Any, *, holder: User | None, renewer: User) -> None:
    """Tell whose access ends, and who could let it last longer."""
    thing = grant.content_object
    workspace = thing.workspace_id if isinstance(thing, Item) else thing.pk
    about = About(thing=grant.pk, workspace=workspace, item=thing.pk if isinstance(thing, Item) else None)
    # It may have been renewed since the last time, and comes to another end.
    telling.forget_thing(grant.pk)
    if holder is not None:
        telling.tell([holder.pk], OWN.code, actor=None, about=about, mailed=True)
    if holder is None or renewer.pk != holder.pk:
        telling.tell([renewer.pk], RENEWABLE.code, actor=None, about=about, mailed=True)


def read(person: User, notices: Sequence[Notice]) -> dict[UUID, Line]:
    """Say what ends while it still will: what was renewed or taken away is news of its own, or none."""
    wanted = [one.thing for one in notices]
    grants = {grant.pk: grant for table in _TABLES for grant in _found(table, wanted)}
    places = {one.pk: one for one in Workspace.objects.visible_to(person).filter(pk__in=_places(notices))}
    items = {one.pk: one for one in Item.objects.visible_to(person).filter(pk__in=_items(notices))}
    lines = {}
    for notice in notices:
        grant = grants.get(notice.thing)
        if grant is None or grant.end_announced_at is None:
            continue
        place = places.get(notice.workspace) if notice.workspace else None
        item = items.get(notice.item) if notice.item else None
        if notice.kind == OWN.code:
            lines[notice.pk] = _own(grant, place, item)
        elif place is not None and person.has_perm(Right.SHARE, item or place):
            lines[notice.pk] = _renewable(grant, place, item)
    return lines


def _own(grant: Any, place: Workspace | None, item: Item | None) -> Line:
    where = f" on “{item}”" if item else ""
    verb = "ended" if grant.is_over else "ends"
    words = f"says that {_what(grant, 'your')}{where} {verb} on {day(grant.expires_at)}"
    return Line(words, str(place or ""), reverse("sharing:my_grants"))


def _renewable(grant: Any, place: Workspace, item: Item | None) -> Line:
    whose = f"{getattr(grant, 'user', None) or grant.group}"
    where, verb = f" on “{item}”" if item else "", "ended" if grant.is_over else "ends"
    words = f"says that {_what(grant, 'the')} of {whose}{where} {verb} on {day(grant.expires_at)}; you could renew it"
    return Line(words, place.name, reverse("sharing:my_grants"))


def _what(grant: Any, whose: str) -> str:
    codename = grant.permission.codename
    if isinstance(grant, (WorkspaceUserGrant, WorkspaceGroupGrant)):
        return f"{whose} role {Role(codename).label}"
    kind = "allowance" if grant.effect == "allow" else "denial"
    return f"{whose} {kind} “{Right(f'workspaces.{codename}').label}”"


def _found(table: Any, ids: Sequence[UUID]) -> Any:
    return table.objects.filter(pk__in=ids).select_related("permission", _HOLDERS.get(table, "group"))


def _places(notices: Sequence[Notice]) -> set[UUID]:
    return {one.workspace for one in notices if one.workspace}


def _items(notices: Sequence[Notice]) -> set[UUID]:
    return {one.item for one in notices if one.item}

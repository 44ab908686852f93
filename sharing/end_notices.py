"""What stands in the inbox about access that ends soon: one's own, and that of others which one could renew.

A mail says so as well, once for everything that ends; each end is a line of its own, because each is renewed by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from accounts.inbox import kinds, telling
from accounts.inbox.kinds import Group, Kind, Line, Reading
from accounts.inbox.models import Notice
from accounts.inbox.telling import About
from accounts.mail import day
from accounts.models import User
from sharing.models import Effect, ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from sharing.roles import role_called
from workspaces.models import Item, Workspace
from workspaces.noticed import items_seen, rights_in_workspaces, rights_on_items, workspaces_seen
from workspaces.permissions import Right

OWN = Kind("access.ends", Group.ACCESS, "says that some of your access ends soon")
RENEWABLE = Kind("access.can_be_renewed", Group.ACCESS, "says that access which you could renew ends soon")
_HOLDERS: dict[Any, str] = {
    WorkspaceUserGrant: "user",
    WorkspaceGroupGrant: "group",
    ItemUserException: "user",
    ItemGroupException: "group",
}


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


def read(reading: Reading, notices: Sequence[Notice]) -> dict[UUID, Line]:
    """Say what ends while it still will: what was renewed or taken away is news of its own, or none."""
    endings = _endings([one.thing for one in notices])
    lines = {}
    for notice in notices:
        ending = endings.get(notice.thing)
        if ending is None:
            continue
        place = reading.once(workspaces_seen).get(notice.workspace) if notice.workspace else None
        item = reading.once(items_seen).get(notice.item) if notice.item else None
        if notice.kind == OWN.code:
            lines[notice.pk] = _own(ending, place, item)
        elif place is not None and Right.SHARE in _rights(reading, place, item):
            lines[notice.pk] = _renewable(ending, place, item)
    return lines


@dataclass(frozen=True)
class _Ending:
    """A role or an exception whose end was announced; of a role the effect is empty."""

    end: datetime
    codename: str
    effect: str
    whose: str

    @property
    def verb(self) -> str:
        return "ended" if self.end <= timezone.now() else "ends"

    def what(self, whose: str) -> str:
        if not self.effect:
            role = role_called(self.codename)
            return f"{whose} {role.in_words}" if role else f"{whose} role"
        kind = "allowance" if self.effect == Effect.ALLOW else "denial"
        return f"{whose} {kind} “{Right(f'workspaces.{self.codename}').label}”"


def _endings(ids: Sequence[UUID]) -> dict[UUID, _Ending]:
    """Look for the grants in all four tables at once, since a notice does not say which it is in."""
    found = []
    for table, holder in _HOLDERS.items():
        effect = F("effect") if issubclass(table, (ItemUserException, ItemGroupException)) else Value("")
        announced = table.objects.filter(pk__in=ids, expires_at__isnull=False, end_announced_at__isnull=False)
        said = announced.annotate(said=Cast(effect, CharField())).order_by()
        found.append(said.values_list("pk", "expires_at", "permission__codename", "said", f"{holder}__name"))
    return {pk: _Ending(*row) for pk, *row in found[0].union(*found[1:], all=True)}


def _rights(reading: Reading, place: Workspace, item: Item | None) -> frozenset[str]:
    return reading.once(rights_on_items)[item.pk] if item else reading.once(rights_in_workspaces)[place.pk]


def _own(ending: _Ending, place: Workspace | None, item: Item | None) -> Line:
    where = f" on “{item}”" if item else ""
    words = f"says that {ending.what('your')}{where} {ending.verb} on {day(ending.end)}"
    return Line(words, str(place or ""), reverse("sharing:my_grants"))


def _renewable(ending: _Ending, place: Workspace, item: Item | None) -> Line:
    where = f" on “{item}”" if item else ""
    words = f"says that {ending.what('the')} of {ending.whose}{where} {ending.verb} on {day(ending.end)}"
    return Line(f"{words}; you could renew it", place.name, reverse("sharing:my_grants"))

"""Telling whoever may be the second person that somebody asked to remove something for good.

The mail goes at once whatever somebody chose, because a removal waits for it; it names neither the thing nor its place.
"""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from accounts.inbox import kinds
from accounts.inbox.kinds import Group, Kind, Line, Reading
from accounts.inbox.models import Notice
from accounts.inbox.telling import About, forget_thing, tell
from accounts.mail import address_of, send_mail
from accounts.models import User
from accounts.permissions import Right as PlatformRight
from core.access import visible_to
from workspaces.asking import managers_in, managers_of
from workspaces.models import Item, Removal
from workspaces.noticed import rights_in_workspaces
from workspaces.permissions import Right

ASKED = Kind("removal.asked", Group.VERSIONS, "asks a second person to confirm a removal for good")


def register() -> None:
    kinds.register(read, [ASKED])


def tell_second_people(removal: Removal) -> None:
    """Tell everybody who may answer: the other managers or, where there is none, the commission's admins."""
    item, asker = removal.item, removal.asked_by
    people = _who_may_answer(removal)
    about = About(thing=removal.pk, workspace=item.workspace_id, item=item.pk)
    tell([person.pk for person in people], ASKED.code, actor=asker, about=about, mailed=True)
    for person in people:
        send_mail(
            "removal_asked",
            to=person.email,
            name=person.name,
            asker=asker,
            url=address_of("workspaces:removal", removal.pk),
        )


def forget(removal: Removal) -> None:
    """Take the notices away of what somebody has answered."""
    forget_thing(removal.pk)


def read(reading: Reading, notices: Sequence[Notice]) -> dict[UUID, Line]:
    """Removals that the person may still answer; of what it is only those read the name who may view it."""
    waiting = Removal.objects.filter(pk__in=[one.thing for one in notices], state=Removal.State.ASKED)
    removals = {one.pk: one for one in waiting.select_related("item__workspace", "asked_by")}
    seen = visible_to(Item.objects.filter(pk__in=[one.item_id for one in removals.values()]), reading.person)
    names = {item.pk: item.name for item in seen}
    answering = _may_answer(reading, list(removals.values()))
    return {one.pk: _line(removals[one.thing], names) for one in notices if one.thing in answering}


def _line(removal: Removal, names: dict[UUID, str]) -> Line:
    name = names.get(removal.item_id)
    what = f"“{name}”" if name else "something"
    place = removal.item.workspace.name if name else ""
    return Line(
        f"asks you to confirm that {what} is removed for good", place, reverse("workspaces:removal", args=[removal.pk])
    )


def _may_answer(reading: Reading, removals: Sequence[Removal]) -> set[UUID]:
    """Return the removals that one person may answer, as `_who_may_answer` says, with few questions for all of them."""
    person = reading.person
    managed = {pk for pk, rights in reading.once(rights_in_workspaces).items() if Right.MANAGE in rights}
    may = {one.pk for one in removals if one.asked_by_id != person.pk and one.item.workspace_id in managed}
    if person.role == User.Role.COMMISSION_ADMIN and person.has_perm(PlatformRight.CONFIRM_REMOVALS.value):
        managers = managers_in({one.item.workspace_id for one in removals})
        may |= {
            one.pk
            for one in removals
            if one.asked_by_id != person.pk and not managers[one.item.workspace_id] - {one.asked_by_id}
        }
    return may


def _who_may_answer(removal: Removal) -> list[User]:
    standing = User.objects.in_good_standing().filter(is_active=True)
    if others := managers_of(removal.item.workspace) - {removal.asked_by_id}:
        return list(standing.filter(pk__in=others))
    admins = standing.filter(role=User.Role.COMMISSION_ADMIN).exclude(pk=removal.asked_by_id)
    return [person for person in admins if person.has_perm(PlatformRight.CONFIRM_REMOVALS.value)]

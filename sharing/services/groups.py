"""Groups that contributors make themselves, so that a team is given access once."""

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.events import Event
from ledger_bridge.recording import record
from ledger_bridge.subjects import Subject
from sharing import events, holding, rules
from sharing.models import GroupProfile, ItemGroupException, WorkspaceGroupGrant
from sharing.notices import tell
from sharing.permissions import Right

_DENIED_THROUGH = (
    "This group carries an exception that denies something, so nobody can leave it by themselves. "
    "Ask a manager of the group to take you out."
)


@transaction.atomic
def create_group(*, actor: User, name: str, description: str = "") -> GroupProfile:
    """Make a group; whoever makes it manages it and is its first member."""
    require(actor, Right.CREATE_GROUPS)
    name = name.strip()
    if not name:
        raise InvalidInput("Give the group a name.", field="name")
    try:
        with transaction.atomic():
            group = Group.objects.create(name=name)
    except IntegrityError:
        raise Conflict("There is a group with this name already.") from None
    profile = GroupProfile.objects.create(group=group, description=description, created_by=actor)
    profile.managers.add(actor)
    actor.groups.add(group)
    record(events.GroupCreated(group=name), actor=actor, subject=actor)
    return profile


@transaction.atomic
def add_member(*, actor: User, profile: GroupProfile, person: User) -> None:
    """Take a person into a group, and so into every workspace the group has been let into."""
    require(actor, Right.MANAGE_GROUP, profile)
    _lock(profile)
    if not rules.has_standing(person):
        raise InvalidInput("Only approved contributors can join a group.", field="person")
    if person.groups.filter(pk=profile.pk).exists():
        raise Conflict(f"{person} is in this group already.")
    person.groups.add(profile.group)
    _record_everywhere(events.GroupMemberAdded(group=profile.group.name), actor, profile, person)
    tell(person, actor, what="took you into a group")


@transaction.atomic
def remove_member(*, actor: User, profile: GroupProfile, person: User) -> None:
    """Take a person out of a group. Everybody may take themselves out, unless that would lift a denial about them.

    Raises:
        Refused: another manager must decide, because the group carries an exception that denies something.

    """
    if actor.pk != person.pk:
        require(actor, Right.MANAGE_GROUP, profile)
    _lock(profile)
    if actor.pk == person.pk and holding.denied_through(profile.group, person):
        raise Refused(_DENIED_THROUGH, right=Right.MANAGE_GROUP, subject=profile)
    if not person.groups.filter(pk=profile.pk).exists():
        raise Conflict(f"{person} is not in this group.")
    if list(profile.managers.values_list("pk", flat=True)) == [person.pk]:
        raise Conflict("This is the only manager of the group.")
    person.groups.remove(profile.group)
    profile.managers.remove(person)
    _record_everywhere(events.GroupMemberRemoved(group=profile.group.name), actor, profile, person)
    tell(person, actor, what="took you out of a group")


def _lock(profile: GroupProfile) -> None:
    GroupProfile.objects.select_for_update(no_key=True).get(pk=profile.pk)


def _record_everywhere(event: Event, actor: User, profile: GroupProfile, person: User) -> None:
    """Record in the trail of every workspace the group reaches, so that no trail misses who came in and who left."""
    reached: list[str | None] = [*sorted(set(_reached(profile)))]
    for workspace in reached or [None]:
        record(event, actor=actor, subject=Subject(workspace=workspace, person=str(person.pk)))


def _reached(profile: GroupProfile) -> Iterable[str]:
    for granted in WorkspaceGroupGrant.objects.filter(group=profile.group).values_list("content_object", flat=True):
        yield str(granted)
    excepted = ItemGroupException.objects.filter(group=profile.group)
    for workspace in excepted.values_list("content_object__workspace", flat=True).distinct():
        yield str(workspace)

"""What every deed that gives something checks, in one place: who may receive it, how much, and until when."""

from datetime import datetime, timedelta

from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from accounts.models import Institution, User
from core.access import rights_on_each
from core.errors import InvalidInput, Refused
from sharing import rules
from sharing.models import GroupProfile, PermissionSet
from sharing.roles import AnyRole, as_role, role_called, roles_for
from workspaces.models import Item, Workspace
from workspaces.names import clean_text
from workspaces.permissions import Right

LONGEST = timedelta(days=3653)


def said(text: str, *, field: str, longest: int, empty: str = "") -> str:
    """Return what somebody wrote as it is kept.

    Raises:
        InvalidInput: when it is too long, or nothing although the sentence `empty` asks for something.

    """
    kept = clean_text(text, field=field, limit=longest)
    if empty and not kept:
        raise InvalidInput(empty, field=field)
    return kept


def lock_workspace(workspace: Workspace) -> Workspace:
    """Let deeds about access in one workspace happen one after the other."""
    return Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)


def known_role(role: str) -> AnyRole:
    """Return a role that there is, also one that is given no more."""
    if (found := role_called(role)) is None:
        raise InvalidInput("Choose one of the roles.", field="role")
    return found


def role_to_give(role: str, workspace: Workspace) -> AnyRole:
    """Return a role that can be given in a workspace now: built in, or a set of its institution that is not retired.

    A set does not change until the deed is done. The workspace is locked before.

    Raises:
        InvalidInput: for every other.

    """
    found = known_role(role)
    if found.is_set:
        found = as_role(lock_set(role))
    if found.is_retired:
        raise InvalidInput(f"The {found.in_words} has been retired: it is given no more. Choose another.", field="role")
    if found.code not in {one.code for one in roles_for(workspace)}:
        raise InvalidInput("Choose one of the roles of this workspace.", field="role")
    return found


def lock_set(code: str) -> PermissionSet:
    """Let changes of a permission set, and deeds that give it, happen one after the other."""
    locked = PermissionSet.objects.select_for_update(no_key=True, of=("self",)).select_related("permission")
    return locked.get(permission__codename=code)


def role_permission(role: AnyRole) -> Permission:
    return Permission.objects.get(
        content_type__app_label="workspaces", content_type__model="workspace", codename=role.code
    )


def right_permission(right: Right) -> Permission:
    return Permission.objects.get(
        content_type__app_label="workspaces", content_type__model="item", codename=right.codename
    )


def right_to_give(role: AnyRole) -> Right:
    """Return the right it takes to give or take a role: managers are made by those who manage."""
    return Right.MANAGE if Right.MANAGE in role.rights else Right.SHARE


def check_not_more_than_own(actor: User, role: AnyRole, workspace: Workspace) -> None:
    missing = role.rights - rights_on_each(actor, [workspace])[workspace.pk]
    if missing:
        raise Refused(
            f"Nobody can give more than they have: the {role.in_words} includes “{Right(min(missing)).label}”.",
            right=right_to_give(role),
            subject=workspace,
        )


def check_end(expires_at: datetime | None) -> None:
    if expires_at is None:
        return
    if expires_at <= timezone.now():
        raise InvalidInput("Access must end in the future.", field="expires_at")
    if expires_at > timezone.now() + LONGEST:
        raise InvalidInput("Choose an end within ten years, or choose that there is none.", field="expires_at")


def check_one_receiver(person: User | None, group: Group | None) -> None:
    if (person is None) == (group is None):
        raise InvalidInput("Choose a person or a group.", field="person")


def check_receiver(actor: User, workspace: Workspace, person: User | None, group: Group | None) -> None:
    """Refuse receivers who could not use what they are given, and the owner, who needs nothing."""
    check_one_receiver(person, group)
    if person is not None:
        check_person(actor, workspace, person)
    elif group is not None:
        check_group(actor, group)


def check_person(actor: User, workspace: Workspace, person: User) -> None:
    if person.pk == actor.pk:
        raise InvalidInput("Somebody else must decide about your own access.", field="person")
    if person.pk == workspace.owner_id:
        raise InvalidInput("The owner has every right already, and nobody can change that.", field="person")
    if not rules.has_standing(person):
        raise InvalidInput(
            "Only approved contributors can be given access; this person is not one at the moment.", field="person"
        )


def check_group(actor: User, group: Group) -> None:
    """Accept groups of institutions, and own groups that the actor can see."""
    if Institution.objects.filter(members=group).exists():
        return
    if not GroupProfile.objects.visible_to(actor).filter(group=group).exists():
        raise InvalidInput("Choose the group of an institution, or a group that you belong to.", field="group")


def check_own_right(actor: User, right: Right, item: Item) -> None:
    if not actor.has_perm(right, item):
        raise Refused(
            f"Nobody can give more than they have: you may not {right.label} here.", right=right, subject=item
        )

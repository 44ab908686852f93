"""What every deed that gives something checks, in one place: who may receive it, how much, and until when."""

from datetime import datetime, timedelta

from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from accounts.models import Institution, User
from core.access import rights_on_each
from core.errors import InvalidInput, Refused
from sharing import rules
from sharing.models import GroupProfile
from workspaces.models import Item, Workspace
from workspaces.names import clean_text
from workspaces.permissions import ROLE_RIGHTS, Right, Role

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


def known_role(role: str) -> Role:
    if role not in Role.values:
        raise InvalidInput("Choose one of the roles.", field="role")
    return Role(role)


def role_permission(role: str) -> Permission:
    return Permission.objects.get(content_type__app_label="workspaces", content_type__model="workspace", codename=role)


def right_permission(right: Right) -> Permission:
    return Permission.objects.get(
        content_type__app_label="workspaces", content_type__model="item", codename=right.codename
    )


def right_to_give(role: Role) -> Right:
    """Return the right it takes to give or take a role: managers are made by those who manage."""
    return Right.MANAGE if role == Role.MANAGER else Right.SHARE


def check_not_more_than_own(actor: User, role: Role, workspace: Workspace) -> None:
    missing = ROLE_RIGHTS[role] - rights_on_each(actor, [workspace])[workspace.pk]
    if missing:
        raise Refused(
            f"Nobody can give more than they have: the role {role.label} includes “{Right(min(missing)).label}”.",
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

"""Roles in a workspace: give, change, take, leave, hand over."""

from datetime import datetime
from typing import Any, Literal

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.recording import record
from ledger_bridge.subjects import Subject
from sharing import events, holding
from sharing.models import (
    Condition,
    Effect,
    ItemGroupException,
    ItemUserException,
    WorkspaceGroupGrant,
    WorkspaceUserGrant,
)
from sharing.notices import tell
from sharing.remembering import kept_of
from sharing.roles import AnyRole, built_in, role_of
from sharing.services import checks
from sharing.services.conditions import check_condition, record_condition
from workspaces.models import Workspace
from workspaces.permissions import Right, Role
from workspaces.undoing.remembering import remember

RoleGrant = WorkspaceUserGrant | WorkspaceGroupGrant


@transaction.atomic
def grant_role(
    *,
    actor: User,
    workspace: Workspace,
    role: str,
    person: User | None = None,
    group: Group | None = None,
    expires_at: datetime | None = None,
    purpose: str = "",
    condition: Condition | None = None,
) -> RoleGrant:
    """Give a person or a group a role in a workspace, perhaps under a condition.

    Raises:
        Refused: without the right to share (for the role Manager: to manage).
        InvalidInput: when the receiver could not use it, or the end is past.
        Conflict: when they have a role here already, unless a person is given a higher one that ends.

    """
    grant = give_role(
        actor=actor,
        workspace=workspace,
        role=role,
        person=person,
        group=group,
        expires_at=expires_at,
        purpose=purpose,
        condition=condition,
    )
    tell(person, actor, what="gave you a role in a workspace", about=workspace)
    return grant


def give_role(
    *,
    actor: User,
    workspace: Workspace,
    role: str,
    person: User | None = None,
    group: Group | None = None,
    expires_at: datetime | None,
    purpose: str,
    condition: Condition | None = None,
) -> RoleGrant:
    """Give a role within a deed that tells the person itself."""
    chosen = checks.known_role(role)
    require(actor, checks.right_to_give(chosen), workspace)
    workspace = checks.lock_workspace(workspace)
    chosen = checks.role_to_give(role, workspace)
    checks.check_not_more_than_own(actor, chosen, workspace)
    checks.check_receiver(actor, workspace, person, group)
    checks.check_end(expires_at)
    check_condition(condition, workspace)
    more = {"expires_at": expires_at, "purpose": purpose, "condition": condition}
    grant = _write_grant(actor, workspace, chosen, person, group, **more)
    event = events.RoleGranted(to=events.to(group), role=chosen.in_entry, until=events.until(expires_at))
    record(event, actor=actor, subject=grant, purpose=purpose or None)
    if condition is not None:
        record_condition(actor, grant, chosen.in_words, group)
    return grant


@transaction.atomic
def change_role(
    *,
    actor: User,
    grant: RoleGrant,
    role: str,
    expires_at: datetime | None = None,
    purpose: str | None = None,
    condition: Condition | Literal["as it was"] | None = "as it was",
) -> RoleGrant:
    """Change the role of a grant, its end, its condition; without a purpose the old one stays."""
    grant = alter_role(actor=actor, grant=grant, role=role, expires_at=expires_at, purpose=purpose, condition=condition)
    tell(
        receiver_of(grant)[0],
        actor,
        what="changed your role in a workspace, or when it ends",
        about=grant.content_object,
    )
    return grant


def alter_role(
    *,
    actor: User,
    grant: RoleGrant,
    role: str,
    expires_at: datetime | None,
    purpose: str | None,
    condition: Condition | Literal["as it was"] | None = "as it was",
) -> RoleGrant:
    """Change a grant within a deed that tells the person itself."""
    chosen, old = checks.known_role(role), role_of(grant)
    for touched in (old, chosen):
        require(actor, checks.right_to_give(touched), grant.content_object)
    checks.lock_workspace(grant.content_object)
    if chosen.code != old.code:
        chosen = checks.role_to_give(role, grant.content_object)
    checks.check_not_more_than_own(actor, chosen, grant.content_object)
    grant = _locked(grant)
    checks.check_receiver(actor, grant.content_object, *receiver_of(grant))
    checks.check_end(expires_at)
    _make_room(grant, chosen)
    event = events.RoleChanged(
        to=events.to(receiver_of(grant)[1]),
        old_role=role_of(grant).in_entry,
        old_until=events.until(grant.expires_at),
        role=chosen.in_entry,
        until=events.until(expires_at),
    )
    grant.permission = checks.role_permission(chosen)
    grant.expires_at, grant.end_recorded_at, grant.end_announced_at = expires_at, None, None
    grant.purpose = grant.purpose if purpose is None else purpose
    before = grant.condition_id
    if condition != "as it was":
        check_condition(condition, grant.content_object)
        grant.condition = condition
    grant.save(
        update_fields=["permission", "expires_at", "end_recorded_at", "end_announced_at", "purpose", "condition"]
    )
    record(event, actor=actor, subject=grant, purpose=grant.purpose or None)
    if grant.condition_id != before:
        record_condition(actor, grant, chosen.in_words, receiver_of(grant)[1])
    return grant


@transaction.atomic
def revoke_role(*, actor: User, grant: RoleGrant) -> int:
    """Take a role away, and with the last one every exception that let the same receiver in.

    Return how many exceptions those were.
    """
    require(actor, checks.right_to_give(role_of(grant)), grant.content_object)
    checks.lock_workspace(grant.content_object)
    grant = _locked(grant)
    person, group = receiver_of(grant)
    if person and person.pk == actor.pk:
        raise InvalidInput("Somebody else must decide about your own access. You can leave the workspace.")
    kept = kept_of(grant) | {"lifted": []}
    if not holding.roles_besides(grant):
        kept["lifted"] = [kept_of(one) for one in _allowances(grant.content_object, person, group)]
        _allowances(grant.content_object, person, group).delete()
    lifted = len(kept["lifted"])
    event = events.RoleRevoked(to=events.to(group), role=role_of(grant).in_entry, exceptions_lifted=lifted)
    entry = record(event, actor=actor, subject=grant)
    remember(actor=actor, kind=event.kind, entry=entry, thing=grant.content_object, before=kept)
    grant.delete()
    tell(person, actor, what="took your role in a workspace away", about=grant.content_object)
    return lifted


@transaction.atomic
def leave_workspace(*, actor: User, workspace: Workspace) -> None:
    """Give up one's own roles and every exception that lets one in."""
    require(actor, Right.VIEW, workspace)
    if workspace.owner_id == actor.pk:
        raise InvalidInput("The owner cannot leave. Hand the workspace over to somebody first.")
    checks.lock_workspace(workspace)
    grants = WorkspaceUserGrant.objects.filter(user=actor, content_object=workspace).select_related("permission")
    roles = [role_of(grant) for grant in grants]
    lifted = _allowances(workspace, actor, None).delete()[0]
    if not roles and not lifted:
        raise InvalidInput("You have no role of your own here; access through a group ends with leaving the group.")
    grants.delete()
    event = events.WorkspaceLeft(role=", ".join(role.in_entry for role in roles) or "none", exceptions_lifted=lifted)
    record(event, actor=actor, subject=workspace)


@transaction.atomic
def transfer_ownership(*, actor: User, workspace: Workspace, person: User) -> Workspace:
    """Hand a workspace over; the former owner stays as a manager until the new one decides otherwise."""
    require(actor, Right.MANAGE, workspace)
    workspace = checks.lock_workspace(workspace)
    if workspace.owner_id != actor.pk:
        raise Refused("Only the owner can hand a workspace over.", right=Right.MANAGE, subject=workspace)
    checks.check_receiver(actor, workspace, person, None)
    WorkspaceUserGrant.objects.filter(user__in=[actor, person], content_object=workspace).delete()
    workspace.owner = person
    workspace.save(update_fields=["owner"])
    _write_grant(actor, workspace, built_in(Role.MANAGER), actor, None, expires_at=None, purpose="Former owner")
    event = events.OwnershipTransferred(own_role=Role.MANAGER)
    record(event, actor=actor, subject=Subject(workspace=str(workspace.pk), person=str(person.pk)))
    return workspace


def receiver_of(grant: Any) -> tuple[User | None, Group | None]:
    """Return the person or the group that a grant or an exception is for."""
    return getattr(grant, "user", None), getattr(grant, "group", None)


def _write_grant(
    giver: User, workspace: Workspace, role: AnyRole, person: User | None, group: Group | None, **fields: Any
) -> RoleGrant:
    """Insert a grant. Those that have run out make room; one that has not is a conflict, unless this one raises it."""
    model: Any = WorkspaceUserGrant if person else WorkspaceGroupGrant
    receiver: dict[str, Any] = {"user": person} if person else {"group": group}
    for former in model.objects.filter(content_object=workspace, **receiver).select_related("permission"):
        if former.is_over:
            former.delete()
        elif not (person and fields["expires_at"] and _is_more(role, role_of(former))):
            raise Conflict(f"{person or group} has a role here already. Change that one.")
    try:
        with transaction.atomic():
            grant: RoleGrant = model.objects.create(
                content_object=workspace,
                permission=checks.role_permission(role),
                granted_by=giver,
                **receiver,
                **fields,
            )
    except IntegrityError:
        raise Conflict(f"{person or group} has a role here already. Change that one.") from None
    return grant


def _is_more(role: AnyRole, than: AnyRole) -> bool:
    """Return whether a role gives something that another does not; whoever has both has what either gives."""
    return not role.rights <= than.rights


def _make_room(grant: RoleGrant, role: AnyRole) -> None:
    """Let a grant get a role that the same person has in another row only where that row has run out."""
    if isinstance(grant, WorkspaceGroupGrant):
        return
    others = WorkspaceUserGrant.objects.filter(user=grant.user, content_object=grant.content_object_id)
    for other in others.exclude(pk=grant.pk).filter(permission=checks.role_permission(role)):
        if not other.is_over:
            raise Conflict(f"{grant.user} has the {role.in_words} here already. Change that one, or take it away.")
        other.delete()


def _locked(grant: RoleGrant) -> RoleGrant:
    rows: Any = type(grant).objects.select_related("permission", "content_object")
    found = rows.select_for_update(no_key=True, of=("self",)).filter(pk=grant.pk).first()
    if found is None:
        raise Conflict("This role has been taken away in the meantime.")
    return found  # type: ignore[no-any-return]


def _allowances(workspace: Workspace, person: User | None, group: Group | None) -> QuerySet[Any]:
    """Return the exceptions that let in; those that deny stay, for the case that the person comes back."""
    here: dict[str, Any] = {"content_object__workspace": workspace, "effect": Effect.ALLOW}
    if person:
        return ItemUserException.objects.filter(user=person, **here).select_related("permission")
    return ItemGroupException.objects.filter(group=group, **here).select_related("permission")

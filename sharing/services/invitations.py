"""Invitations: a role offered to an e-mail address, whether or not somebody has an account with it."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.access import require, rights_on_each
from core.errors import Conflict, InvalidInput
from core.queue import enqueue
from ledger_bridge.recording import record
from sharing import events
from sharing.models import Invitation, WorkspaceUserGrant
from sharing.permissions import Right as SharingRight
from sharing.roles import AnyRole
from sharing.services import checks
from sharing.services.grants import _write_grant
from workspaces.models import Workspace

ANSWER_WITHIN = timedelta(days=14)
MAX_WAITING = 100  # for one workspace: nobody should be able to send mail without end from here


@transaction.atomic
def invite(
    *,
    actor: User,
    workspace: Workspace,
    email: str,
    role: str,
    message: str = "",
    grant_expires_at: datetime | None = None,
) -> Invitation:
    """Offer a role to an address. What happens here does not depend on whether there is an account with it."""
    require(actor, checks.right_to_give(checks.known_role(role)), workspace)
    workspace = checks.lock_workspace(workspace)
    chosen = checks.role_to_give(role, workspace)
    checks.check_not_more_than_own(actor, chosen, workspace)
    checks.check_end(grant_expires_at)
    address = _address(email)
    _check_room(workspace, address)
    invitation = _create(actor, workspace, address, chosen, message, grant_expires_at)
    event = events.InvitationSent(
        invitation=str(invitation.pk),
        role=chosen.in_entry,
        answer_by=events.until(invitation.expires_at),
        until=events.until(grant_expires_at),
    )
    record(event, actor=actor, subject=invitation)
    enqueue("sharing.send_invitations")
    return invitation


@transaction.atomic
def accept_invitation(*, actor: User, invitation: Invitation) -> WorkspaceUserGrant:
    """Take the offered role, if whoever offered it may still give it."""
    require(actor, SharingRight.ANSWER_INVITATION, invitation)
    workspace = checks.lock_workspace(invitation.workspace)
    invitation = _waiting(invitation)
    chosen = checks.known_role(invitation.role)
    if chosen.is_retired:
        raise Conflict(f"The {chosen.in_words} that was offered is given no more. Ask for a new invitation.")
    may_give = {checks.right_to_give(chosen), *chosen.rights}
    if not may_give <= rights_on_each(invitation.invited_by, [workspace])[workspace.pk]:
        raise Conflict("The person who invited you may no longer do so. Ask them or the owner for a new invitation.")
    if invitation.grant_expires_at and invitation.grant_expires_at <= timezone.now():
        raise Conflict("The access that was offered has ended already. Ask for a new invitation.")
    if workspace.owner_id == actor.pk:
        raise Conflict("You own this workspace: you have every right already.")
    grant = _write_grant(
        invitation.invited_by, workspace, chosen, actor, None, expires_at=invitation.grant_expires_at, purpose=""
    )
    _close(invitation, Invitation.State.ACCEPTED)
    event = events.InvitationAccepted(
        invitation=str(invitation.pk), role=chosen.in_entry, until=events.until(invitation.grant_expires_at)
    )
    record(event, actor=actor, subject=invitation)
    return grant  # type: ignore[return-value]


@transaction.atomic
def decline_invitation(*, actor: User, invitation: Invitation) -> None:
    require(actor, SharingRight.ANSWER_INVITATION, invitation)
    invitation = _waiting(invitation)
    _close(invitation, Invitation.State.DECLINED)
    offered = checks.known_role(invitation.role)
    event = events.InvitationDeclined(invitation=str(invitation.pk), role=offered.in_entry)
    record(event, actor=actor, subject=invitation)


@transaction.atomic
def withdraw_invitation(*, actor: User, invitation: Invitation) -> None:
    offered = checks.known_role(invitation.role)
    require(actor, checks.right_to_give(offered), invitation.workspace)
    invitation = _waiting(invitation)
    _close(invitation, Invitation.State.WITHDRAWN)
    event = events.InvitationWithdrawn(invitation=str(invitation.pk), role=offered.in_entry)
    record(event, actor=actor, subject=invitation)


def _address(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidInput("Enter an e-mail address.", field="email") from None
    return address


def _check_room(workspace: Workspace, address: str) -> None:
    """Refuse what would help nobody: members (whom the inviter sees anyway), and mail without end."""
    member = WorkspaceUserGrant.objects.filter(content_object=workspace, user__email=address).first()
    if workspace.owner.email == address or (member and not member.is_over):
        raise Conflict("Somebody with this address has a role here already.")
    if Invitation.objects.waiting().filter(workspace=workspace).count() >= MAX_WAITING:
        raise Conflict(f"There are {MAX_WAITING} invitations waiting for an answer. Withdraw some first.")


def _create(
    actor: User, workspace: Workspace, address: str, role: AnyRole, message: str, grant_expires_at: datetime | None
) -> Invitation:
    now = timezone.now()
    # An open invitation that nobody answered in time makes room for a new one.
    stale = Invitation.objects.filter(workspace=workspace, email=address, state=Invitation.State.OPEN)
    stale.filter(expires_at__lte=now).update(state=Invitation.State.WITHDRAWN)
    try:
        with transaction.atomic():
            return Invitation.objects.create(
                workspace=workspace,
                email=address,
                role=role.code,
                message=message,
                grant_expires_at=grant_expires_at,
                invited_by=actor,
                expires_at=now + ANSWER_WITHIN,
            )
    except IntegrityError:
        raise Conflict("This address has been invited already and has not answered yet.") from None


def _waiting(invitation: Invitation) -> Invitation:
    found = Invitation.objects.select_for_update(no_key=True, of=("self",)).select_related("workspace", "invited_by")
    fresh = found.get(pk=invitation.pk)
    if fresh.state != Invitation.State.OPEN:
        raise Conflict(f"This invitation is {fresh.get_state_display().lower()} already.")
    if not fresh.is_waiting:
        raise Conflict("This invitation has run out. Ask for a new one.")
    return fresh


def _close(invitation: Invitation, state: Invitation.State) -> None:
    invitation.state = state
    invitation.save(update_fields=["state"])

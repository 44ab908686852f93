"""The deeds about access, by noun."""

from sharing.services.exceptions import EXCEPTION_RIGHTS, lift_exception, set_exception
from sharing.services.expiry import record_expired_grants
from sharing.services.grants import change_role, grant_role, leave_workspace, revoke_role, transfer_ownership
from sharing.services.groups import add_member, create_group, remove_member
from sharing.services.invitations import (
    accept_invitation,
    decline_invitation,
    invite,
    withdraw_invitation,
)

__all__ = [
    "EXCEPTION_RIGHTS",
    "accept_invitation",
    "add_member",
    "change_role",
    "create_group",
    "decline_invitation",
    "grant_role",
    "invite",
    "leave_workspace",
    "lift_exception",
    "record_expired_grants",
    "remove_member",
    "revoke_role",
    "set_exception",
    "transfer_ownership",
    "withdraw_invitation",
]

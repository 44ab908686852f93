"""The deeds about access, by noun."""

from sharing.services.exceptions import lift_exception, set_exception
from sharing.services.expiry import record_expired_grants
from sharing.services.grants import change_role, grant_role, leave_workspace, revoke_role, transfer_ownership
from sharing.services.groups import add_member, create_group, remove_member
from sharing.services.invitations import (
    accept_invitation,
    decline_invitation,
    invite,
    withdraw_invitation,
)
from sharing.services.requests import ask_for_access, grant_request, refuse_request, withdraw_request
from sharing.services.watching import watch_requests

__all__ = [
    "accept_invitation",
    "add_member",
    "ask_for_access",
    "change_role",
    "create_group",
    "decline_invitation",
    "grant_request",
    "grant_role",
    "invite",
    "leave_workspace",
    "lift_exception",
    "record_expired_grants",
    "refuse_request",
    "remove_member",
    "revoke_role",
    "set_exception",
    "transfer_ownership",
    "watch_requests",
    "withdraw_invitation",
    "withdraw_request",
]

"""The deeds about access, by noun."""

from sharing.services.bulk import set_exceptions
from sharing.services.conditions import make_condition, remove_condition
from sharing.services.exceptions import lift_exception, set_exception
from sharing.services.expiry import record_expired_grants
from sharing.services.file_requests import begin_delivery, check_delivery, deliver_file, make_file_request
from sharing.services.grants import change_role, grant_role, leave_workspace, revoke_role, transfer_ownership
from sharing.services.groups import add_member, create_group, remove_member
from sharing.services.invitations import (
    accept_invitation,
    decline_invitation,
    invite,
    withdraw_invitation,
)
from sharing.services.links import close_link, end_links
from sharing.services.looking import look_as
from sharing.services.renewing import announce_ends, renew_grant
from sharing.services.requests import ask_for_access, grant_request, refuse_request, withdraw_request
from sharing.services.reviewing import keep_grant, plan_reviews, start_review, take_grant, watch_reviews
from sharing.services.sends import counted_opening, send_copy
from sharing.services.sets import change_permission_set, make_permission_set, retire_permission_set
from sharing.services.shares import Shared, share_item
from sharing.services.visits import begin_visit, end_visit, introduce, prove_code, send_code
from sharing.services.watching import watch_requests

__all__ = [
    "Shared",
    "accept_invitation",
    "add_member",
    "announce_ends",
    "ask_for_access",
    "begin_delivery",
    "begin_visit",
    "change_permission_set",
    "change_role",
    "check_delivery",
    "close_link",
    "counted_opening",
    "create_group",
    "decline_invitation",
    "deliver_file",
    "end_links",
    "end_visit",
    "grant_request",
    "grant_role",
    "introduce",
    "invite",
    "keep_grant",
    "leave_workspace",
    "lift_exception",
    "look_as",
    "make_condition",
    "make_file_request",
    "make_permission_set",
    "plan_reviews",
    "prove_code",
    "record_expired_grants",
    "refuse_request",
    "remove_condition",
    "remove_member",
    "renew_grant",
    "retire_permission_set",
    "revoke_role",
    "send_code",
    "send_copy",
    "set_exception",
    "set_exceptions",
    "share_item",
    "start_review",
    "take_grant",
    "transfer_ownership",
    "watch_requests",
    "watch_reviews",
    "withdraw_invitation",
    "withdraw_request",
]

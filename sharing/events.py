"""What happens to access: roles, exceptions, invitations, groups.

Whom it concerns is the entry's `person`; `to` says "a person" or names the group. `until` is a time
in UTC or "no end".
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.models import Group

from ledger_bridge.events import Event

# DICOM PS3.16, context group 403 (security alerts).
_ROLES_CHANGED = "110136"
_OBJECT_SECURITY_CHANGED = "110135"
_USER_SECURITY_CHANGED = "110137"


def until(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else "no end"


def to(group: Group | None) -> str:
    return f"the group “{group.name}”" if group else "a person"


@dataclass(frozen=True, kw_only=True)
class RoleGranted(Event):
    kind = "grant.given"
    sentence = "gave {to} the role {role} (until: {until})"
    action = "C"
    dicom_code = _ROLES_CHANGED
    to: str
    role: str
    until: str


@dataclass(frozen=True, kw_only=True)
class RoleChanged(Event):
    kind = "grant.changed"
    sentence = "changed the role of {to} from {old_role} (until: {old_until}) to {role} (until: {until})"
    action = "U"
    dicom_code = _ROLES_CHANGED
    to: str
    old_role: str
    old_until: str
    role: str
    until: str


@dataclass(frozen=True, kw_only=True)
class RoleRevoked(Event):
    kind = "grant.revoked"
    sentence = "took the role {role} from {to}, and {exceptions_lifted} exceptions that let them in"
    action = "D"
    dicom_code = _ROLES_CHANGED
    to: str
    role: str
    exceptions_lifted: int


@dataclass(frozen=True, kw_only=True)
class RoleExpired(Event):
    kind = "grant.expired"
    sentence = "let the role {role} of {to} end at {until}, as it was given"
    action = "D"
    dicom_code = _ROLES_CHANGED
    to: str
    role: str
    until: str


@dataclass(frozen=True, kw_only=True)
class WorkspaceLeft(Event):
    kind = "workspace.left"
    sentence = "left the workspace, giving up the role {role} and {exceptions_lifted} exceptions that let them in"
    action = "D"
    dicom_code = _ROLES_CHANGED
    role: str
    exceptions_lifted: int


@dataclass(frozen=True, kw_only=True)
class OwnershipTransferred(Event):
    kind = "workspace.handed_over"
    sentence = "handed the workspace over to a new owner and stayed as {own_role}"
    action = "U"
    dicom_code = _ROLES_CHANGED
    own_role: str


@dataclass(frozen=True, kw_only=True)
class ExceptionSet(Event):
    kind = "exception.set"
    sentence = "set an exception: {effect} {right} to {to} here and below (until: {until})"
    action = "C"
    dicom_code = _OBJECT_SECURITY_CHANGED
    effect: str
    right: str
    to: str
    until: str


@dataclass(frozen=True, kw_only=True)
class ExceptionLifted(Event):
    kind = "exception.lifted"
    sentence = "lifted an exception: {effect} {right} to {to}"
    action = "D"
    dicom_code = _OBJECT_SECURITY_CHANGED
    effect: str
    right: str
    to: str


@dataclass(frozen=True, kw_only=True)
class ExceptionExpired(Event):
    kind = "exception.expired"
    sentence = "let an exception end at {until}, as it was set: {effect} {right} to {to}"
    action = "D"
    dicom_code = _OBJECT_SECURITY_CHANGED
    effect: str
    right: str
    to: str
    until: str


@dataclass(frozen=True, kw_only=True)
class InvitationSent(Event):
    kind = "invitation.sent"
    sentence = "invited somebody to the role {role} (answer by {answer_by}; access until: {until})"
    action = "C"
    dicom_code = _ROLES_CHANGED
    invitation: str
    role: str
    answer_by: str
    until: str


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(Event):
    kind = "invitation.accepted"
    sentence = "accepted an invitation and has the role {role} (until: {until})"
    action = "C"
    dicom_code = _ROLES_CHANGED
    invitation: str
    role: str
    until: str


@dataclass(frozen=True, kw_only=True)
class InvitationDeclined(Event):
    kind = "invitation.declined"
    sentence = "declined an invitation to the role {role}"
    action = "U"
    dicom_code = _ROLES_CHANGED
    invitation: str
    role: str


@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(Event):
    kind = "invitation.withdrawn"
    sentence = "withdrew an invitation to the role {role}"
    action = "D"
    dicom_code = _ROLES_CHANGED
    invitation: str
    role: str


@dataclass(frozen=True, kw_only=True)
class GroupCreated(Event):
    kind = "group.created"
    sentence = "created the group “{group}”"
    action = "C"
    dicom_code = _USER_SECURITY_CHANGED
    group: str


@dataclass(frozen=True, kw_only=True)
class GroupMemberAdded(Event):
    kind = "group.member_added"
    sentence = "took somebody into the group “{group}”"
    action = "U"
    dicom_code = _USER_SECURITY_CHANGED
    group: str


@dataclass(frozen=True, kw_only=True)
class GroupMemberRemoved(Event):
    kind = "group.member_removed"
    sentence = "removed somebody from the group “{group}”"
    action = "U"
    dicom_code = _USER_SECURITY_CHANGED
    group: str

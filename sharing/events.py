"""What happens to access: roles, exceptions, invitations, groups.

Whom it concerns is the entry's `person`; `to` says "a person" or names the group. `until` is a time
in UTC or "no end".
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.models import Group

from ledger_bridge.events import Event
from workspaces.permissions import Right, Role

# DICOM PS3.16, context group 403 (security alerts).
ROLES_CHANGED = "110136"
OBJECT_SECURITY_CHANGED = "110135"
_USER_SECURITY_CHANGED = "110137"

_NAMES = {role.value: str(role.label) for role in Role}
_ENDS = {"no end": "never"}
_ROLES = {"role": _NAMES, "old_role": _NAMES, "own_role": _NAMES, "until": _ENDS, "old_until": _ENDS}
_RIGHTS = {right.codename: str(right.label) for right in Right}
_EXCEPTIONS = {
    "effect": {"allow": "allowed", "deny": "not allowed"},
    "right": _RIGHTS,
    "until": _ENDS,
}


def until(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else "no end"


def to(group: Group | None) -> str:
    return f"the group “{group.name}”" if group else "a person"


@dataclass(frozen=True, kw_only=True)
class RoleGranted(Event):
    kind = "grant.given"
    label = "Role given"
    sentence = "gave {to} the role {role} (ends: {until})"
    words = _ROLES
    action = "C"
    dicom_code = ROLES_CHANGED
    to: str
    role: str
    until: str


@dataclass(frozen=True, kw_only=True)
class RoleChanged(Event):
    kind = "grant.changed"
    label = "Role changed"
    sentence = "changed the role of {to} from {old_role} (ends: {old_until}) to {role} (ends: {until})"
    words = _ROLES
    action = "U"
    dicom_code = ROLES_CHANGED
    to: str
    old_role: str
    old_until: str
    role: str
    until: str


@dataclass(frozen=True, kw_only=True)
class RoleRevoked(Event):
    kind = "grant.revoked"
    label = "Role taken away"
    sentence = "took the role {role} from {to}, and {exceptions_lifted} exceptions that let them in"
    words = _ROLES
    action = "D"
    dicom_code = ROLES_CHANGED
    to: str
    role: str
    exceptions_lifted: int


@dataclass(frozen=True, kw_only=True)
class RoleExpired(Event):
    kind = "grant.expired"
    label = "Role ended"
    sentence = "let the role {role} of {to} end at {until}, as it was given"
    words = _ROLES
    action = "D"
    dicom_code = ROLES_CHANGED
    to: str
    role: str
    until: str


@dataclass(frozen=True, kw_only=True)
class WorkspaceLeft(Event):
    kind = "workspace.left"
    label = "Workspace left"
    sentence = "left the workspace, giving up the role {role} and {exceptions_lifted} exceptions that let them in"
    words = _ROLES
    action = "D"
    dicom_code = ROLES_CHANGED
    role: str
    exceptions_lifted: int


@dataclass(frozen=True, kw_only=True)
class OwnershipTransferred(Event):
    kind = "workspace.handed_over"
    label = "Workspace handed over"
    sentence = "handed the workspace over to {person} and stayed as {own_role}"
    words = _ROLES
    action = "U"
    dicom_code = ROLES_CHANGED
    own_role: str


@dataclass(frozen=True, kw_only=True)
class ExceptionSet(Event):
    kind = "exception.set"
    label = "Exception set"
    sentence = "set an exception: {to} is {effect} to {right} here and below (ends: {until})"
    words = _EXCEPTIONS
    action = "C"
    dicom_code = OBJECT_SECURITY_CHANGED
    effect: str
    right: str
    to: str
    until: str


@dataclass(frozen=True, kw_only=True)
class ExceptionLifted(Event):
    kind = "exception.lifted"
    label = "Exception lifted"
    sentence = "lifted an exception: {to} was {effect} to {right}"
    words = _EXCEPTIONS
    action = "D"
    dicom_code = OBJECT_SECURITY_CHANGED
    effect: str
    right: str
    to: str


@dataclass(frozen=True, kw_only=True)
class ExceptionExpired(Event):
    kind = "exception.expired"
    label = "Exception ended"
    sentence = "let an exception end at {until}, as it was set: {to} was {effect} to {right}"
    words = _EXCEPTIONS
    action = "D"
    dicom_code = OBJECT_SECURITY_CHANGED
    effect: str
    right: str
    to: str
    until: str


@dataclass(frozen=True, kw_only=True)
class InvitationSent(Event):
    kind = "invitation.sent"
    label = "Invitation sent"
    sentence = "invited somebody to the role {role} (ends: {until}; answer by {answer_by})"
    words = _ROLES
    action = "C"
    dicom_code = ROLES_CHANGED
    invitation: str
    role: str
    answer_by: str
    until: str


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(Event):
    kind = "invitation.accepted"
    label = "Invitation accepted"
    sentence = "accepted an invitation and has the role {role} (ends: {until})"
    words = _ROLES
    action = "C"
    dicom_code = ROLES_CHANGED
    invitation: str
    role: str
    until: str


@dataclass(frozen=True, kw_only=True)
class InvitationDeclined(Event):
    kind = "invitation.declined"
    label = "Invitation declined"
    sentence = "declined an invitation to the role {role}"
    words = _ROLES
    action = "U"
    dicom_code = ROLES_CHANGED
    invitation: str
    role: str


@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(Event):
    kind = "invitation.withdrawn"
    label = "Invitation withdrawn"
    sentence = "withdrew an invitation to the role {role}"
    words = _ROLES
    action = "D"
    dicom_code = ROLES_CHANGED
    invitation: str
    role: str


@dataclass(frozen=True, kw_only=True)
class GroupCreated(Event):
    kind = "group.created"
    label = "Group created"
    sentence = "created the group “{group}”"
    action = "C"
    dicom_code = _USER_SECURITY_CHANGED
    group: str


@dataclass(frozen=True, kw_only=True)
class GroupMemberAdded(Event):
    kind = "group.member_added"
    label = "Group member added"
    sentence = "took {person} into the group “{group}”"
    action = "U"
    dicom_code = _USER_SECURITY_CHANGED
    group: str


@dataclass(frozen=True, kw_only=True)
class GroupMemberRemoved(Event):
    kind = "group.member_removed"
    label = "Group member removed"
    sentence = "removed {person} from the group “{group}”"
    action = "U"
    dicom_code = _USER_SECURITY_CHANGED
    group: str


@dataclass(frozen=True, kw_only=True)
class RoleRenewed(Event):
    kind = "grant.renewed"
    label = "Role renewed"
    sentence = "renewed the role {role} of {to}: it ended {old_until}, and ends {until} now"
    words = _ROLES
    action = "U"
    dicom_code = ROLES_CHANGED
    to: str
    role: str
    old_until: str
    until: str


@dataclass(frozen=True, kw_only=True)
class ExceptionRenewed(Event):
    kind = "exception.renewed"
    label = "Exception renewed"
    sentence = (
        "renewed an exception: {to} is {effect} to {right} here and below; it ended {old_until}, and ends {until} now"
    )
    words = _EXCEPTIONS
    action = "U"
    dicom_code = OBJECT_SECURITY_CHANGED
    effect: str
    right: str
    to: str
    old_until: str
    until: str


@dataclass(frozen=True, kw_only=True)
class RoleEndAnnounced(Event):
    kind = "grant.end_announced"
    label = "End of a role announced"
    sentence = "announced that the role {role} of {to} ends at {until}"
    words = _ROLES
    action = "E"
    dicom_code = ROLES_CHANGED
    to: str
    role: str
    until: str


@dataclass(frozen=True, kw_only=True)
class ExceptionEndAnnounced(Event):
    kind = "exception.end_announced"
    label = "End of an exception announced"
    sentence = "announced that an exception ends at {until}: {to} is {effect} to {right} until then"
    words = _EXCEPTIONS
    action = "E"
    dicom_code = OBJECT_SECURITY_CHANGED
    effect: str
    right: str
    to: str
    until: str


@dataclass(frozen=True, kw_only=True)
class ItemShared(Event):
    """Somebody may do here and below what a role includes; `allowed` and `denied` are the exceptions that it took."""

    kind = "item.shared"
    label = "Shared"
    sentence = (
        "shared this with {to} as {role}: here and below, allowed: {allowed} (ends: {until}); not allowed: {denied}"
    )
    words = {"role": _NAMES, "allowed": _RIGHTS, "denied": _RIGHTS, "until": _ENDS}
    action = "C"
    dicom_code = OBJECT_SECURITY_CHANGED
    to: str
    role: str
    allowed: str
    denied: str
    until: str


@dataclass(frozen=True, kw_only=True)
class SeenAsSomebody(Event):
    """A manager looked at the tree of a workspace, or at one folder of it, as `person` sees it: names and rights."""

    kind = "workspace.seen_as"
    label = "Looked at as somebody else"
    sentence = "looked at which files and folders {person} sees here, and with which rights"
    action = "R"
    dicom_code = "110101"

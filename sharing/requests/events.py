"""What happens to requests for access. The asker's purpose is the purpose of the entry; their message is not kept here.

`request` is the id of the request, `what` holds the codes of a role or of rights.
"""

from dataclasses import dataclass

from ledger_bridge.events import Event
from sharing.events import OBJECT_SECURITY_CHANGED
from workspaces.permissions import Right, Role

_WHAT = {role.value: f"the role {role.label}" for role in Role} | {right.codename: str(right.label) for right in Right}
_WORDS = {"what": _WHAT, "measure": {"asked": "as asked", "less": "in part"}}


@dataclass(frozen=True, kw_only=True)
class AccessAsked(Event):
    kind = "access_request.made"
    label = "Access asked for"
    sentence = "asked for access for {how_long}: {what}"
    words = _WORDS
    action = "C"
    request: str
    what: str
    how_long: str


@dataclass(frozen=True, kw_only=True)
class AccessGranted(Event):
    kind = "access_request.granted"
    label = "Request granted"
    sentence = "granted the request of {person} {measure}: {what} (ends: {until})"
    words = _WORDS
    action = "U"
    dicom_code = OBJECT_SECURITY_CHANGED
    request: str
    measure: str
    what: str
    until: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AccessNotGranted(Event):
    kind = "access_request.refused"
    label = "Request refused"
    sentence = "refused the request of {person} for {what}: {reason}"
    words = _WORDS
    action = "U"
    request: str
    what: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AccessRequestWithdrawn(Event):
    kind = "access_request.withdrawn"
    label = "Request withdrawn"
    sentence = "withdrew a request for {what}"
    words = _WORDS
    action = "D"
    request: str
    what: str


@dataclass(frozen=True, kw_only=True)
class AccessRequestExpired(Event):
    kind = "access_request.expired"
    label = "Request not answered"
    sentence = "let the request of {person} for {what} end without an answer"
    words = _WORDS
    action = "U"
    request: str
    what: str


@dataclass(frozen=True, kw_only=True)
class AccessRequestReminded(Event):
    kind = "access_request.reminded"
    label = "Request reminded of"
    sentence = "reminded {person} of a request for access that has waited for {how_long}"
    action = "E"
    request: str
    how_long: str


@dataclass(frozen=True, kw_only=True)
class AccessRequestPassedOn(Event):
    kind = "access_request.passed_on"
    label = "Request passed on"
    sentence = "passed a request for access that has waited for {how_long} on to {person}"
    action = "U"
    request: str
    how_long: str


def in_days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"

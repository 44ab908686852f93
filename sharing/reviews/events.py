"""What happens to reviews of access. `what` is the code of a role or of a right, `review` the id of the review."""

from dataclasses import dataclass

from ledger_bridge.events import Event
from sharing.events import OBJECT_SECURITY_CHANGED
from workspaces.permissions import Right, Role

_WHAT = {role.value: f"the role {role.label}" for role in Role}
_WHAT |= {right.codename: f"the right to {right.label}" for right in Right}
_WORDS = {"what": _WHAT, "until": {"no end": "never"}}


@dataclass(frozen=True, kw_only=True)
class ReviewPlanned(Event):
    kind = "access_review.planned"
    label = "Reviews of access planned"
    sentence = "planned reviews of access: {every}"
    action = "U"
    dicom_code = OBJECT_SECURITY_CHANGED
    every: str


@dataclass(frozen=True, kw_only=True)
class ReviewStarted(Event):
    kind = "access_review.started"
    label = "Review of access started"
    sentence = "started a review of access: {grants} to look at, by {due}"
    action = "C"
    dicom_code = OBJECT_SECURITY_CHANGED
    review: str
    grants: int
    due: str


@dataclass(frozen=True, kw_only=True)
class GrantKept(Event):
    kind = "access_review.kept"
    label = "Access confirmed in a review"
    sentence = "confirmed in a review that {to} keeps {what} (ends: {until})"
    words = _WORDS
    action = "U"
    dicom_code = OBJECT_SECURITY_CHANGED
    review: str
    to: str
    what: str
    until: str


@dataclass(frozen=True, kw_only=True)
class GrantTaken(Event):
    """Beside the entry of the deed that took it away."""

    kind = "access_review.taken"
    label = "Access taken away in a review"
    sentence = "decided in a review that {to} loses {what}"
    words = _WORDS
    action = "U"
    dicom_code = OBJECT_SECURITY_CHANGED
    review: str
    to: str
    what: str


@dataclass(frozen=True, kw_only=True)
class ReviewReminded(Event):
    kind = "access_review.reminded"
    label = "Reminded of a review of access"
    sentence = "reminded the managers of a review of access: {open} without an answer, by {due}"
    action = "E"
    dicom_code = OBJECT_SECURITY_CHANGED
    review: str
    open: int
    due: str


@dataclass(frozen=True, kw_only=True)
class ReviewFinished(Event):
    kind = "access_review.finished"
    label = "Review of access finished"
    sentence = "finished a review of access: {kept} kept, {taken} taken away, {gone} ended by themselves"
    action = "U"
    dicom_code = OBJECT_SECURITY_CHANGED
    review: str
    kept: int
    taken: int
    gone: int

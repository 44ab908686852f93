"""What a kind of event is called in the audit standards: DICOM PS3.15 A.5 (with PS3.16 CID 400 and 403) and IHE BALP.

A kind says two things of itself, `action` and `dicom_code` (see `ledger_bridge.events.Event`). From these follow the
pattern that both renderings share, FHIR (`audit_event.py`) and DICOM (`audit_message.py`):

    content created, read, updated, deleted   BALP Create, Read, Update, Delete   the DICOM event named, else "rest"
    a trail or a list searched                BALP Query                          110101 or 110112
    signing in and out                        User Authentication                 110114 with 110122 or 110123
    rights, roles, refusals, alarms           Security Alert                      110113 with one of 110126 to 110142
    start and stop                            Application Activity                110100 with 110120 or 110121
    anything else                             a RESTful operation                 "rest"

DICOM's 110100 alone says nothing (A.5.3.1 wants start or stop with it): it is the default of a kind that names no code.
"""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

DCM = "http://dicom.nema.org/resources/ontology/DCM"
REST = "http://terminology.hl7.org/CodeSystem/audit-event-type"
INTERACTION = "http://hl7.org/fhir/restful-interaction"
AUTHORIZATION = "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType"
LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
OWN_KIND = "urn:x-ithaca:event-kind"

EVENTS = {
    "110100": "Application Activity",
    "110101": "Audit Log Used",
    "110103": "DICOM Instances Accessed",
    "110104": "DICOM Instances Transferred",
    "110105": "DICOM Study Deleted",
    "110106": "Export",
    "110107": "Import",
    "110112": "Query",
    "110113": "Security Alert",
    "110114": "User Authentication",
}
"""CID 400, Audit Event ID, as far as it can occur here."""

_ACTIVITIES = {"110120": "Application Start", "110121": "Application Stop"}
_AUTHENTICATIONS = {"110122": "Login", "110123": "Logout"}
_ALERTS = {
    "110126": "Node Authentication",
    "110127": "Emergency Override Started",
    "110128": "Network Configuration",
    "110129": "Security Configuration",
    "110130": "Hardware Configuration",
    "110131": "Software Configuration",
    "110132": "Use of Restricted Function",
    "110133": "Audit Recording Stopped",
    "110134": "Audit Recording Started",
    "110135": "Object Security Attributes Changed",
    "110136": "Security Roles Changed",
    "110137": "User Security Attributes Changed",
    "110138": "Emergency Override Stopped",
    "110139": "Remote Service Operation Started",
    "110140": "Remote Service Operation Stopped",
    "110141": "Local Service Operation Started",
    "110142": "Local Service Operation Stopped",
}
TYPES = _ACTIVITIES | _AUTHENTICATIONS | _ALERTS
"""CID 401 and 403, Audit Event Type Code."""

_EVENT_OF_TYPE = {
    **dict.fromkeys(_ACTIVITIES, "110100"),
    **dict.fromkeys(_AUTHENTICATIONS, "110114"),
    **dict.fromkeys(_ALERTS, "110113"),
}
_RESTRICTED_FUNCTION = "110132"
_UNSAID = "110100"


class Pattern(Enum):
    """The shape of a record: which parties it names, and in which roles."""

    CREATE = "Create"
    READ = "Read"
    UPDATE = "Update"
    DELETE = "Delete"
    QUERY = "Query"
    OPERATION = "operation"
    SECURITY = "security"
    AUTHENTICATION = "authentication"
    ACTIVITY = "activity"


CONTENT = frozenset({Pattern.CREATE, Pattern.READ, Pattern.UPDATE, Pattern.DELETE})
_OF_ACTION = {"C": Pattern.CREATE, "R": Pattern.READ, "U": Pattern.UPDATE, "D": Pattern.DELETE}
_OF_EVENT = {
    "110101": Pattern.QUERY,
    "110112": Pattern.QUERY,
    "110113": Pattern.SECURITY,
    "110114": Pattern.AUTHENTICATION,
}
_INTERACTIONS = {
    Pattern.CREATE: "create",
    Pattern.READ: "read",
    Pattern.UPDATE: "update",
    Pattern.DELETE: "delete",
    Pattern.QUERY: "search",
    Pattern.OPERATION: "operation",
}


@dataclass(frozen=True)
class Code:
    system: str
    code: str
    meaning: str


@dataclass(frozen=True)
class Classification:
    """How records of one kind are coded. `event` is absent where DICOM has no word for it."""

    pattern: Pattern
    action: str
    event: Code | None
    types: tuple[Code, ...]
    interaction: Code | None


@lru_cache(maxsize=1024)
def classify(action: str, dicom_code: str) -> Classification:
    """Say how a kind with this action and code is coded.

    Raises:
        KeyError: for a code that is not in the tables above.

    """
    event = _EVENT_OF_TYPE.get(dicom_code, dicom_code)
    types = [Code(DCM, dicom_code, TYPES[dicom_code])] if dicom_code in TYPES else []
    if dicom_code == _RESTRICTED_FUNCTION:
        types.append(Code(AUTHORIZATION, "AuthZ-Role", "Authorization Decision using only Roles"))
    pattern = _pattern(action, event, said=dicom_code != _UNSAID)
    return Classification(
        pattern=pattern,
        action=action if pattern in CONTENT or pattern is Pattern.QUERY else "E",
        event=Code(DCM, event, EVENTS[event]) if dicom_code != _UNSAID else None,
        types=tuple(types),
        interaction=_interaction(pattern),
    )


def _pattern(action: str, event: str, *, said: bool) -> Pattern:
    if said and event == _UNSAID:
        return Pattern.ACTIVITY
    return _OF_EVENT.get(event) or _OF_ACTION.get(action, Pattern.OPERATION)


def _interaction(pattern: Pattern) -> Code | None:
    name = _INTERACTIONS.get(pattern)
    return Code(INTERACTION, name, name) if name else None

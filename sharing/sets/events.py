"""What happens to permission sets. `rights` are in words: what a set gave at that moment."""

from dataclasses import dataclass

from ledger_bridge.events import Event
from sharing.events import ROLES_CHANGED


@dataclass(frozen=True, kw_only=True)
class SetMade(Event):
    kind = "permission_set.made"
    label = "Permission set made"
    sentence = "made the permission set “{name}”, which gives: {rights}"
    action = "C"
    dicom_code = ROLES_CHANGED
    set: str
    name: str
    rights: str
    institution: str
    description: str


@dataclass(frozen=True, kw_only=True)
class SetChanged(Event):
    """Recorded in the trail of every workspace in which somebody has it."""

    kind = "permission_set.changed"
    label = "Permission set changed"
    sentence = "changed the permission set “{old_name}”, which gave {old_rights}: now it is “{name}” and gives {rights}"
    action = "U"
    dicom_code = ROLES_CHANGED
    set: str
    old_name: str
    name: str
    old_rights: str
    rights: str


@dataclass(frozen=True, kw_only=True)
class SetRetired(Event):
    kind = "permission_set.retired"
    label = "Permission set retired"
    sentence = "retired the permission set “{name}”: whoever has it keeps it, and nobody else is given it"
    action = "U"
    dicom_code = ROLES_CHANGED
    set: str
    name: str

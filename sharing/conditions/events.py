"""What happens to conditions. `networks` and `hours` are the words that stand on pages, "anywhere" and "always"."""

from dataclasses import dataclass

from ledger_bridge.events import Event

_ROLES_CHANGED = "110136"  # DICOM PS3.16, context group 403


@dataclass(frozen=True, kw_only=True)
class ConditionMade(Event):
    kind = "condition.made"
    label = "Condition made"
    sentence = "made the condition “{name}”: {networks}, {hours}"
    action = "C"
    condition: str
    name: str
    networks: str
    hours: str


@dataclass(frozen=True, kw_only=True)
class ConditionRemoved(Event):
    kind = "condition.removed"
    label = "Condition removed"
    sentence = "removed the condition “{name}”, under which nobody had access"
    action = "D"
    condition: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ConditionPut(Event):
    """`on` is the role or the right; `holds` is what is asked for, in words, or "without a condition"."""

    kind = "condition.put"
    label = "Access put under a condition"
    sentence = "gave {to} the {on} {holds}"
    action = "U"
    dicom_code = _ROLES_CHANGED
    to: str
    on: str
    condition: str
    holds: str

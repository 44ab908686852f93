"""What happens when somebody looks at who opened what. `filters` is what they asked for, as of a trail."""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class ActivityViewed(Event):
    kind = "activity.viewed"
    label = "Activity looked at"
    sentence = "looked at who opened what ({filters})"
    action = "R"
    dicom_code = "110101"
    filters: str


@dataclass(frozen=True, kw_only=True)
class ActivityExported(Event):
    kind = "activity.exported"
    label = "Activity exported"
    sentence = "exported who opened what ({filters})"
    action = "R"
    dicom_code = "110106"
    filters: str

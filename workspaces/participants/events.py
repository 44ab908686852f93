"""What happens to marks of participants. The pseudonym is sealed in the entry, as names are."""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class ItemMarkedAbout(Event):
    """`participant` is the id under which pages know the pseudonym."""

    kind = "item.marked_about"
    label = "Marked as about a participant"
    sentence = "marked “{name}” as being about the participant {pseudonym}"
    action = "U"
    name: str
    pseudonym: str
    participant: str


@dataclass(frozen=True, kw_only=True)
class ItemUnmarkedAbout(Event):
    kind = "item.unmarked_about"
    label = "Mark of a participant taken off"
    sentence = "took off “{name}” that it is about the participant {pseudonym}"
    action = "U"
    name: str
    pseudonym: str
    participant: str


@dataclass(frozen=True, kw_only=True)
class ParticipantActivityViewed(Event):
    kind = "activity.participant_viewed"
    label = "Activity about a participant looked at"
    sentence = "looked at who has seen the data of the participant {pseudonym}"
    action = "R"
    dicom_code = "110101"
    pseudonym: str
    participant: str


@dataclass(frozen=True, kw_only=True)
class ParticipantActivityExported(Event):
    kind = "activity.participant_exported"
    label = "Activity about a participant exported"
    sentence = "exported who has seen the data of the participant {pseudonym}"
    action = "R"
    dicom_code = "110106"
    pseudonym: str
    participant: str

"""What is recorded about erasures. Streams are named by their commitments, subjects never: they are to be forgotten."""

import dataclasses

from ledger_bridge.events import Event


@dataclasses.dataclass(frozen=True, kw_only=True)
class SubjectErased(Event):
    """From this entry on nothing in the stream can be opened; it accounts for every entry that is missing its key."""

    kind = "erasure.done"
    label = "Something erased"
    sentence = "confirmed that all entries about a {of} are erased (stream {stream}): {ground}"
    words = {"of": {"workspace": "workspace", "item": "file or folder", "person": "person"}}
    action = "D"
    dicom_code = "110105"
    erasure: str
    of: str
    stream: str
    ground: str
    entries: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class ErasureAsked(Event):
    kind = "erasure.asked"
    label = "Erasure asked for"
    sentence = "asked that all entries about a {of} be erased (stream {stream}): {ground}"
    words = {"of": {"workspace": "workspace", "item": "file or folder", "person": "person"}}
    action = "E"
    dicom_code = "110105"
    erasure: str
    of: str
    stream: str
    ground: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class ErasureWithdrawn(Event):
    kind = "erasure.withdrawn"
    label = "Erasure turned down"
    sentence = "turned down or withdrew an erasure (stream {stream})"
    action = "E"
    dicom_code = "110105"
    erasure: str
    stream: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class ErasureRefused(Event):
    """A hold or the retention period stood against it."""

    kind = "erasure.refused"
    label = "Erasure refused"
    sentence = "was refused an erasure (stream {stream}): {rule}"
    action = "E"
    dicom_code = "110105"
    stream: str
    ground: str
    rule: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class HoldPlaced(Event):
    kind = "erasure.hold_placed"
    label = "Legal hold placed"
    sentence = "placed a legal hold: {reason}"
    action = "C"
    dicom_code = "110136"
    hold: str
    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class HoldLifted(Event):
    kind = "erasure.hold_lifted"
    label = "Legal hold lifted"
    sentence = "lifted a legal hold that was placed because: {reason}"
    action = "D"
    dicom_code = "110136"
    hold: str
    reason: str

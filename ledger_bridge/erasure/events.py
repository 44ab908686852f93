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

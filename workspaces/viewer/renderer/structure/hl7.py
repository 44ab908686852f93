"""HL7 v2: segments, their fields, and in these repetitions and components, each under its number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workspaces.viewer.renderer.structure.nodes import Node, NotSound, decoded

_HEADS = ("MSH", "FHS", "BHS")
_SEGMENTS = {
    "MSH": "Message header", "SFT": "Software", "EVN": "Event", "PID": "Patient", "PD1": "Patient, more",
    "NK1": "Next of kin", "PV1": "Visit", "PV2": "Visit, more", "AL1": "Allergy", "DG1": "Diagnosis",
    "PR1": "Procedure", "ORC": "Order", "OBR": "Request", "OBX": "Observation", "NTE": "Note",
    "SPM": "Specimen", "SAC": "Container",
    "TQ1": "Timing", "CTD": "Contact", "CTI": "Clinical trial", "CSR": "Clinical study registration",
    "CSP": "Clinical study phase", "GT1": "Guarantor", "IN1": "Insurance", "IN2": "Insurance, more", "MRG": "Merge",
    "MSA": "Acknowledgement", "ERR": "Error", "QRD": "Query", "RXA": "Administration", "RXE": "Pharmacy order",
    "RXO": "Pharmacy request", "RXR": "Route", "TXA": "Document", "SCH": "Appointment", "FT1": "Transaction",
    "FHS": "File header", "FTS": "File trailer", "BHS": "Batch header", "BTS": "Batch trailer", "DSC": "Continuation",
}  # fmt: skip
# Names of the fields that a reader of results looks for, from the first on; a dash stands for one without a word here.
_FIELDS = {
    "MSH": "Field separator|Encoding characters|Sending application|Sending facility|Receiving application"
    "|Receiving facility|Time of message|Security|Message type|Control number|Processing|Version",
    "PID": "Set|Patient (external number)|Patient numbers|Patient (alternate number)|Name|Mother's maiden name"
    "|Born|Sex|Alias|Race|Address|County|Phone (home)|Phone (business)|Language|Marital status|Religion|Account",
    "OBR": "Set|Placer order|Filler order|Service|Priority|Requested|Observed from|Observed to|Volume|Collector"
    "|Specimen action|Danger|Clinical information|Specimen received|Specimen source|Ordering provider|Callback phone"
    "|-|-|-|-|Reported|-|Section|Result status",
    "OBX": "Set|Value type|Observation|Sub-number|Value|Units|Reference range|Abnormal flags|Probability"
    "|Nature of test|Result status|-|Access checks|Observed|Producer|Observer|Method",
    "NTE": "Set|Source|Comment|Type",
    "SPM": "Set|Specimen number|Parents|Type",
    "DG1": "Set|Coding method|Code|Description|Time|Type",
    "AL1": "Set|Type|Substance|Severity|Reaction|Identified",
    "PV1": "Set|Class|Location|Admission type",
    "ORC": "Control|Placer order|Filler order|Placer group|Status",
    "MSA": "Code|Control number|Text",
}
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}$")
_ENDS = re.compile(r"[\r\n\x0b\x1c]+")
_LEAST_MARKS = 4


@dataclass(frozen=True)
class _Marks:
    """What stands between fields, components, repetitions and sub-components, and what hides one of these."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    hide: str = "\\"
    part: str = "&"


def nodes(content: bytes) -> Iterator[Node]:
    """Yield the lines of all messages in a file.

    Raises:
        NotSound: it does not begin as one.

    """
    segments = [segment for segment in _ENDS.split(decoded(content)) if segment.strip()]
    if not segments or not segments[0].startswith(_HEADS):
        raise NotSound
    marks = _Marks()
    for segment in segments:
        if segment.startswith(_HEADS):
            marks = _marks(segment)
        yield from _segment(segment, marks)


def _marks(head: str) -> _Marks:
    field, said = head[3:4], head[4:8]
    if not field or len(said) < _LEAST_MARKS or field in said:
        return _Marks(field or "|")
    return _Marks(field, *said)


def _segment(segment: str, marks: _Marks) -> Iterator[Node]:
    name, *fields = segment.split(marks.field)
    if not _SEGMENT.match(name):
        yield Node(0, "", segment)
        return
    if name in _HEADS:
        fields.insert(0, marks.field)
    yield Node(0, name, _SEGMENTS.get(name, ""), group=True)
    titles = _FIELDS.get(name, "").split("|")
    for number, said in enumerate(fields, start=1):
        title = titles[number - 1] if number <= len(titles) and titles[number - 1] != "-" else ""
        if said and name in _HEADS and number <= 2:  # noqa: PLR2004  these two are the marks themselves
            yield Node(1, _named(name, number, title), said)
        elif said:
            yield from _field(_named(name, number, title), f"{name}-{number}", said, marks)


def _named(name: str, number: int, title: str) -> str:
    return f"{name}-{number} {title}".rstrip()


def _field(label: str, place: str, said: str, marks: _Marks) -> Iterator[Node]:
    for repetition in said.split(marks.repetition):
        components = repetition.split(marks.component)
        if len(components) == 1:
            yield Node(1, label, _shown(repetition, marks))
            continue
        filled = [(at, one) for at, one in enumerate(components, start=1) if one]
        yield Node(1, label, " · ".join(_shown(one, marks) for _, one in filled), group=True, closed=True)
        for at, one in filled:
            yield Node(2, f"{place}.{at}", _shown(one, marks))


def _shown(said: str, marks: _Marks) -> str:
    """Return a value with the marks in it that were hidden."""
    hidden = {"F": marks.field, "S": marks.component, "R": marks.repetition, "E": marks.hide, "T": marks.part}
    if marks.hide not in said:
        return said
    escape = re.escape(marks.hide)
    return re.sub(
        f"{escape}([FSRET]|\\.br){escape}", lambda found: "\n" if found[1] == ".br" else hidden[found[1]], said
    )

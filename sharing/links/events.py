"""What happens to links from outside. `request` is the id of the link.

Whoever brings something has no account; the entry names them by an id of their own, as it names everybody.
"""

from dataclasses import dataclass

from ledger_bridge.events import Event
from sharing.events import OBJECT_SECURITY_CHANGED
from sharing.links.kinds import Kind

_KINDS = {kind.value: str(kind.label) for kind in Kind} | {"": "every kind"}
_MODES = {"mode": {"view": "look at", "download": "download"}}
_WORDS = {"kinds": _KINDS, "whom": {"anybody": "whoever has it", "one": "one address, by a code mailed there"}}


@dataclass(frozen=True, kw_only=True)
class FileRequestMade(Event):
    kind = "file_request.made"
    label = "Files asked for"
    sentence = (
        "made a link by which {whom} can deliver files here, at most {most_files} of together {most_bytes} bytes "
        "(kinds: {kinds}; ends: {until})"
    )
    words = _WORDS
    action = "C"
    dicom_code = OBJECT_SECURITY_CHANGED
    request: str
    whom: str
    kinds: str
    most_files: int
    most_bytes: int
    until: str


@dataclass(frozen=True, kw_only=True)
class FileDelivered(Event):
    """`proved` says whether the address that the deliverer gave was proved by a code."""

    kind = "file_request.delivered"
    label = "File delivered"
    sentence = "delivered a file of {size} bytes through a link, from outside (SHA-256 {sha256})"
    action = "C"
    dicom_code = "110107"
    request: str
    size: int
    sha256: str
    proved: bool


@dataclass(frozen=True, kw_only=True)
class FileRequestClosed(Event):
    kind = "file_request.closed"
    label = "File request closed"
    sentence = "closed a link for delivering files; {files} had come through it"
    action = "D"
    dicom_code = OBJECT_SECURITY_CHANGED
    request: str
    files: int


@dataclass(frozen=True, kw_only=True)
class FileRequestExpired(Event):
    kind = "file_request.expired"
    label = "File request ended"
    sentence = "let a link for delivering files end at {until}, as it was made; {files} had come through it"
    action = "D"
    dicom_code = OBJECT_SECURITY_CHANGED
    request: str
    files: int
    until: str


@dataclass(frozen=True, kw_only=True)
class CopySent(Event):
    """`link` is the id of the link; whom it is for is the entry's person, the purpose that of the entry."""

    kind = "send.made"
    label = "Copy sent outside"
    sentence = "sent {person} version {number} of “{name}” to {mode}, at most {most_openings} times (ends: {until})"
    words = _MODES
    action = "C"
    dicom_code = OBJECT_SECURITY_CHANGED
    link: str
    name: str
    number: int
    mode: str
    most_openings: int
    until: str


@dataclass(frozen=True, kw_only=True)
class CopyClosed(Event):
    kind = "send.closed"
    label = "Copy sent outside closed"
    sentence = "closed the link by which {person} could open a copy; it had been opened {openings} times"
    action = "D"
    dicom_code = OBJECT_SECURITY_CHANGED
    link: str
    openings: int


@dataclass(frozen=True, kw_only=True)
class CopyExpired(Event):
    kind = "send.expired"
    label = "Copy sent outside ended"
    sentence = "let the link of {person} for a copy end at {until}, as it was made; it had been opened {openings} times"
    action = "D"
    dicom_code = OBJECT_SECURITY_CHANGED
    link: str
    openings: int
    until: str

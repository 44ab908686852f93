"""What happens to a file between its upload and the word of the scanner."""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class VersionSentToScanner(Event):
    kind = "version.sent_to_scanner"
    label = "Sent to the virus scanner"
    sentence = "sent version {number} of “{name}” to the virus scanner"
    action = "R"
    name: str
    number: int


@dataclass(frozen=True, kw_only=True)
class VersionFoundClean(Event):
    kind = "version.found_clean"
    label = "No virus found"
    sentence = "found no virus in version {number} of “{name}”"
    action = "E"
    name: str
    number: int
    scanner: str


@dataclass(frozen=True, kw_only=True)
class VersionFoundInfected(Event):
    kind = "version.found_infected"
    label = "Virus found"
    sentence = "found “{finding}” in version {number} of “{name}” and holds it back"
    action = "E"
    dicom_code = "110113"
    name: str
    number: int
    finding: str
    scanner: str


@dataclass(frozen=True, kw_only=True)
class VersionNotScanned(Event):
    kind = "version.not_scanned"
    label = "Not scanned for viruses"
    sentence = "did not scan version {number} of “{name}” for viruses: {finding}"
    action = "E"
    name: str
    number: int
    finding: str


@dataclass(frozen=True, kw_only=True)
class VersionReleased(Event):
    kind = "version.released"
    label = "Let go in spite of the virus scanner"
    sentence = "let go of version {number} of “{name}”, of which the scanner had said “{finding}”: {reason}"
    action = "U"
    dicom_code = "110113"
    name: str
    number: int
    finding: str
    reason: str

"""What checking the stored files finds."""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class VersionDamageFound(Event):
    kind = "version.damage_found"
    label = "Damage to a stored file found"
    sentence = "found version {number} of “{name}” damaged while checking the stored files"
    action = "R"
    dicom_code = "110113"
    name: str
    number: int
    finding: str


@dataclass(frozen=True, kw_only=True)
class VersionFoundWhole(Event):
    kind = "version.found_whole"
    label = "A damaged file is whole again"
    sentence = "found version {number} of “{name}”, which was damaged, whole again"
    action = "R"
    name: str
    number: int


@dataclass(frozen=True, kw_only=True)
class DocumentDamageFound(Event):
    kind = "document.damage_found"
    label = "Damage to a stored document found"
    sentence = "found the document {document} of an application damaged while checking the stored files"
    action = "R"
    dicom_code = "110113"
    document: str
    finding: str


@dataclass(frozen=True, kw_only=True)
class DocumentFoundWhole(Event):
    kind = "document.found_whole"
    label = "A damaged document is whole again"
    sentence = "found a document of an application, which was damaged, whole again"
    action = "R"


@dataclass(frozen=True, kw_only=True)
class StoredFilesOpenedForCheck(Event):
    kind = "storage.opened_for_check"
    label = "Stored files opened for a check"
    sentence = "began to open every stored file to check it, without handing out anything"
    action = "R"

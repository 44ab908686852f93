"""The base of every event, and the ledger's own events.

An event is a frozen dataclass with a dotted `kind` and a `schema` number. Fields are only ever appended, with a
default; a kind is never used again for something else. Values are JSON without floating-point numbers.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

BY_TOKEN = "by_token"  # noqa: S105  the name of a field
"""A detail that an entry of any kind has when a program acted by a personal token: the id of that token."""

_KINDS: dict[str, type["Event"]] = {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """What happened, in the words of one room.

    `label` is what people call this kind. `sentence` completes "Ana Ribeiro …" and may name in braces the event's own
    fields and {person}, whom it concerns. `words` says for a field what its codes mean. `action` is the FHIR AuditEvent
    action (C, R, U, D, E) and `dicom_code` the DICOM PS3.16 audit event code of this kind.
    """

    kind: ClassVar[str] = ""
    schema: ClassVar[int] = 1
    label: ClassVar[str] = ""
    sentence: ClassVar[str] = ""
    words: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    action: ClassVar[str] = "E"
    dicom_code: ClassVar[str] = "110100"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.kind in _KINDS:
            message = f"The event kind {cls.kind} is taken by {_KINDS[cls.kind].__qualname__}."
            raise TypeError(message)
        _KINDS[cls.kind] = cls

    def detail(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


def event_kinds() -> dict[str, type[Event]]:
    """Return every known kind with its class."""
    return dict(_KINDS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class AccessRefused(Event):
    kind = "access.refused"
    label = "Access refused"
    sentence = "was refused “{right}” and told: “{rule}”"
    action = "E"
    dicom_code = "110132"
    right: str
    rule: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrailViewed(Event):
    kind = "trail.viewed"
    label = "Trail looked at"
    sentence = "looked at the trail ({filters})"
    action = "R"
    dicom_code = "110101"
    filters: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrailCounted(Event):
    """Somebody saw how many entries an export would hold, without taking it."""

    kind = "trail.counted"
    label = "Export weighed up"
    sentence = "asked how many entries an export would hold ({filters})"
    action = "R"
    dicom_code = "110101"
    filters: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReceiptViewed(Event):
    """`entry` is the id of the entry that was looked at."""

    kind = "receipt.viewed"
    label = "Receipt looked at"
    sentence = "looked at the receipt of an entry"
    action = "R"
    dicom_code = "110101"
    entry: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReceiptTaken(Event):
    kind = "receipt.taken"
    label = "Receipt downloaded"
    sentence = "downloaded the receipt of an entry"
    action = "R"
    dicom_code = "110106"
    entry: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrailExported(Event):
    """`operator` is the account of the machine that ran the command, where a command was run."""

    kind = "trail.exported"
    label = "Trail exported"
    sentence = "exported the trail ({filters})"
    action = "R"
    dicom_code = "110106"
    filters: str
    complete: bool
    operator: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class LogKeyAdded(Event):
    """From `first` leaves on, checkpoints carry this key's signature too."""

    kind = "ledger.key_added"
    label = "Signing key added"
    sentence = "added the key {key} to those that sign for the log"
    action = "C"
    dicom_code = "110137"
    key: str
    vkey: str
    first: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class LogKeyRetired(Event):
    """Beyond `last` leaves this key signs nothing; its private half was destroyed."""

    kind = "ledger.key_retired"
    label = "Signing key retired"
    sentence = "retired the key {key}, which signed for the log up to {last} entries"
    action = "D"
    dicom_code = "110137"
    key: str
    last: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class LogSucceeded(Event):
    """`checkpoint` is the last note of the log that ended, `carried` how many of its leaves follow this entry."""

    kind = "ledger.succeeded"
    label = "Log continued under a new name"
    sentence = "continued the retired log {origin} of {size} entries, of which {carried} follow"
    action = "C"
    origin: str
    size: int
    checkpoint: str
    carried: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class BackupMade(Event):
    """`operator` is the account of the machine that ran the command."""

    kind = "backup.made"
    label = "Backup begun"
    sentence = "began a backup of the installation"
    action = "R"
    dicom_code = "110106"
    backup: str
    operator: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class BackupRestored(Event):
    """What was recorded between `made_at` and this entry is not in this database."""

    kind = "backup.restored"
    label = "Backup put back"
    sentence = "put back the backup of {made_at}"
    action = "U"
    dicom_code = "110107"
    backup: str
    made_at: str
    operator: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class BackupRehearsed(Event):
    """The installation was rebuilt from this backup in an empty directory, and all of its files were opened there."""

    kind = "backup.rehearsed"
    label = "Restore rehearsed"
    sentence = "rehearsed a restore, which opened {files} sealed files"
    action = "E"
    dicom_code = "110106"
    backup: str
    files: int
    operator: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class BackupsRemoved(Event):
    """What was destroyed since they were made cannot be brought back from them any more."""

    kind = "backup.removed"
    label = "Old backups removed"
    sentence = "removed {count} old backups and kept {kept}"
    action = "D"
    dicom_code = "110105"
    count: int
    kept: int
    operator: str

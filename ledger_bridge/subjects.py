"""What an entry is about, as labels and keys: the ledger knows no other room's tables."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Subject:
    """Ids (UUID text) of what an event is about; each may be missing."""

    workspace: str | None = None
    item: str | None = None
    version: str | None = None
    person: str | None = None


class HasSubject(Protocol):
    """A row that knows how the ledger calls it."""

    @property
    def ledger_subject(self) -> Subject: ...

"""What is recorded about removing for good, and about how long things are kept."""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class RemovalAsked(Event):
    kind = "removal.asked"
    label = "Removal for good asked for"
    sentence = "asked that “{name}” be removed for good ({files} files): {reason}"
    action = "E"
    removal: str
    name: str
    files: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class RemovalDeclined(Event):
    kind = "removal.declined"
    label = "Removal for good declined"
    sentence = "declined or took back the removal of “{name}” for good: {answer}"
    action = "E"
    removal: str
    name: str
    reason: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class RemovalRefused(Event):
    """A hold or the retention period stood against it."""

    kind = "removal.refused"
    label = "Removal for good refused"
    sentence = "was refused the removal of “{name}” for good: {rule}"
    action = "E"
    name: str
    reason: str
    rule: str


@dataclass(frozen=True, kw_only=True)
class ItemShredded(Event):
    """The keys of everything in it are destroyed; it accounts for every version that has none any more."""

    kind = "removal.done"
    label = "Removed for good"
    sentence = "confirmed that “{name}” is removed for good ({files} files, {size} bytes): {reason}"
    action = "D"
    removal: str
    name: str
    files: int
    versions: int
    size: int
    asked_by: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RetentionSet(Event):
    """`propose_after` is -1 where the bin proposes nothing."""

    kind = "workspace.retention_set"
    label = "Retention changed"
    sentence = "set that files are kept at least {keep_days} days (before: {before_keep_days})"
    action = "U"
    before_keep_days: int
    keep_days: int
    before_propose_after: int
    propose_after: int

"""What happens to tags and locks. Favourites are nobody else's business, and leave no entry."""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class ItemTagged(Event):
    kind = "item.tagged"
    label = "Tag put on"
    sentence = "put the tag “{tag}” on “{name}”"
    action = "U"
    name: str
    tag: str


@dataclass(frozen=True, kw_only=True)
class ItemUntagged(Event):
    kind = "item.untagged"
    label = "Tag taken off"
    sentence = "took the tag “{tag}” off “{name}”"
    action = "U"
    name: str
    tag: str


@dataclass(frozen=True, kw_only=True)
class TagRenamed(Event):
    kind = "tag.renamed"
    label = "Tag renamed"
    sentence = "renamed the tag “{before}” to “{tag}”"
    action = "U"
    before: str
    tag: str


@dataclass(frozen=True, kw_only=True)
class TagRemoved(Event):
    """`items` says how many files and folders it stood on, those in the bin among them."""

    kind = "tag.removed"
    label = "Tag removed"
    sentence = "removed the tag “{tag}” from the workspace and from {items} files and folders"
    action = "D"
    tag: str
    items: int


@dataclass(frozen=True, kw_only=True)
class FileLocked(Event):
    """`until` is when it ends by itself, in UTC."""

    kind = "file.locked"
    label = "File locked"
    sentence = "locked “{name}” until {until}: {reason}"
    action = "U"
    name: str
    until: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class FileUnlocked(Event):
    """`holder` is who held it."""

    kind = "file.unlocked"
    label = "Lock lifted"
    sentence = "lifted {whose} lock on “{name}”"
    words = {"whose": {"own": "their own", "other": "somebody else's"}}
    action = "U"
    name: str
    whose: str
    holder: str

"""What rooms above tell people, and how that reads: registered from above, because this room does not know them.

A reader is handed some notices that one person reads, and returns a line for each of which that person may still see
what it is about. What it leaves out is shown as nothing but a time.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import TextChoices

from accounts.inbox.models import Notice
from accounts.models import User

T = TypeVar("T")


class Group(TextChoices):
    """What one can choose to see alone."""

    COMMENTS = "comments", "Comments and mentions"
    VERSIONS = "versions", "Files and versions"
    ACKNOWLEDGEMENTS = "acknowledgements", "To acknowledge"
    ACCESS = "access", "Access"


@dataclass(frozen=True)
class Kind:
    """`bare` completes “Ana Ribeiro …” and says nothing of what it is about: that is what a mail may say."""

    code: str
    group: Group
    bare: str


@dataclass(frozen=True)
class Line:
    """`words` completes “Ana Ribeiro …” for somebody who may see all that they name."""

    words: str
    place: str = ""
    url: str = ""
    may_be_mailed: bool = False
    """The workspace allows that names of files stand in mails."""
    who: str = "The installation"
    """Who did it, where that is nobody with an account."""


class Reading:
    """One person reading some notices; what several rooms need for their lines is found once for all of them."""

    def __init__(self, person: User, notices: Sequence[Notice]) -> None:
        self.person = person
        self.notices = notices
        self._found: dict[Any, Any] = {}

    def once(self, find: Callable[["Reading"], T]) -> T:
        if find not in self._found:
            self._found[find] = find(self)
        found: T = self._found[find]
        return found


Reader = Callable[[Reading, Sequence[Notice]], Mapping[UUID, Line]]
Places = Callable[[User], Iterable[tuple[UUID, str]]]

_kinds: dict[str, Kind] = {}
_readers: dict[str, Reader] = {}
_places: list[Places] = []


def register(reader: Reader, kinds: Collection[Kind]) -> None:
    for kind in kinds:
        _kinds[kind.code], _readers[kind.code] = kind, reader


def register_places(places: Places) -> None:
    """Let a room say which workspaces somebody may choose mails for."""
    _places.append(places)


def kind_of(notice: Notice) -> Kind | None:
    return _kinds.get(notice.kind)


def is_known(code: str) -> bool:
    return code in _kinds


def codes_in(group: str) -> list[str]:
    return [kind.code for kind in _kinds.values() if kind.group == group]


def places_of(person: User) -> dict[UUID, str]:
    """Return the workspaces that a person sees, by id."""
    return {workspace: name for places in _places for workspace, name in places(person)}


def read(person: User, notices: Sequence[Notice]) -> dict[UUID, Line]:
    """Return a line for each notice of which the person may still see what it is about."""
    lines: dict[UUID, Line] = {}
    reading = Reading(person, notices)
    for reader in dict.fromkeys(_readers[one.kind] for one in notices if one.kind in _readers):
        lines |= reader(reading, [one for one in notices if _readers.get(one.kind) is reader])
    return lines

"""Who can be mentioned, and who was. Nobody learns by it more of who may see the file than they are shown anyway."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from accounts.models import User
from core.errors import InvalidInput
from workspaces.asking import knows_who_is_in, people_who_may
from workspaces.models import Comment, Item, Version
from workspaces.permissions import Right

MOST = 20
_SUGGESTED = 8


@dataclass(frozen=True)
class Piece:
    """A part of a text: words as they were typed, or the name of somebody who was mentioned."""

    text: str
    is_mention: bool = False


def mentionable(author: User, file: Item, words: str = "") -> list[User]:
    """Return whom the author may mention: people who may view the file, as far as the author may know of them.

    Whoever has a role in the workspace knows who else is there. Whoever was let into single files knows those who have
    shown themselves on this one.
    """
    people = people_who_may(Right.VIEW, file, words)
    if not knows_who_is_in(author, file.workspace):
        shown = set(Comment.objects.filter(file=file).values_list("author", flat=True))
        shown |= set(Version.objects.filter(file=file).values_list("created_by", flat=True))
        people = [person for person in people if person.pk in shown]
    return [person for person in people if person.pk != author.pk]


def suggestions(author: User, file: Item, words: str) -> list[tuple[User, str]]:
    """Return the first few whose name or institution holds the words, and what to write for each."""
    found = mentionable(author, file, words)
    twice = _names_twice(found)
    named = sorted(found, key=lambda person: (not person.name.casefold().startswith(words.casefold()), person.name))
    return [(person, _full(person) if person.name in twice else person.name) for person in named[:_SUGGESTED]]


def mentioned_in(text: str, author: User, file: Item) -> list[User]:
    """Return the people whose names stand behind an @ in the text.

    Raises:
        InvalidInput: two people have the name, or too many are named.

    """
    if "@" not in text:
        return []
    called = _Called(mentionable(author, file))
    names = {match[1].casefold() for match in called.found_in(text)}
    found = {person.pk: person for name in names for person in _only_one(called.people.get(name, []))}
    if len(found) > MOST:
        raise InvalidInput(f"A comment can mention {MOST} people at most.", field="text")
    return list(found.values())


def pieces(text: str, people: Iterable[User]) -> list[Piece]:
    """Return a text in parts, with the names of the people who were mentioned apart from the rest."""
    found, end = [], 0
    for match in _Called(people).found_in(text):
        found += [Piece(text[end : match.start()]), Piece(match[0], is_mention=True)]
        end = match.end()
    return [piece for piece in [*found, Piece(text[end:])] if piece.text]


class _Called:
    """People by what can be written for them: the name alone, or with the institution in brackets."""

    def __init__(self, people: Iterable[User]) -> None:
        self.people: dict[str, list[User]] = {}
        names: set[str] = set()
        for person in people:
            for name in {person.name, _full(person)}:
                self.people.setdefault(name.casefold(), []).append(person)
                names.add(name)
        # The longest first: “Ana Lima (Charité)” is one person where “Ana Lima” may be two.
        self._names = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))

    def found_in(self, text: str) -> Iterator[re.Match[str]]:
        if self._names:
            yield from re.finditer(rf"(?<!\w)@({self._names})(?!\w)", text, re.IGNORECASE)


def _only_one(people: list[User]) -> list[User]:
    if len(people) > 1:
        them = " or ".join(f"@{_full(person)}" for person in people[:3])
        raise InvalidInput(f"Several people here are called “{people[0].name}”. Write {them}.", field="text")
    return people


def _names_twice(people: Iterable[User]) -> set[str]:
    return {name for name, count in Counter(person.name for person in people).items() if count > 1}


def _full(person: User) -> str:
    return f"{person.name} ({person.institution})" if person.institution else person.name

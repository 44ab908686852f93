"""One deed on many things: each of them a deed of its own, with its own right, its own transaction and its own entry.

What is refused for one leaves the others alone, and is said with the sentence that the deed itself gives (ADR 0039).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from core.errors import Conflict, InvalidInput, IthacaError, Refused
from workspaces.models import Item

T = TypeVar("T")
MOST = 200

_GONE = "It is not there any more, or not for you."


@dataclass(frozen=True)
class Outcome:
    """What became of one thing: done, refused with a sentence, or taken along with a folder that was chosen too."""

    id: UUID
    item: Item | None
    error: IthacaError | None = None
    with_folder: Item | None = None

    @property
    def is_done(self) -> bool:
        return self.error is None and self.with_folder is None

    @property
    def is_refused(self) -> bool:
        return self.error is not None

    @property
    def sentence(self) -> str:
        """Why it was not done, or with what it goes along; nothing where it was simply done."""
        if self.error is not None:
            return self.error.sentence
        if self.with_folder is not None:
            return f"It goes along with the folder “{self.with_folder.name}”, which is chosen too."
        return ""

    @property
    def code(self) -> str:
        if self.error is not None:
            return self.error.code
        return "along" if self.with_folder is not None else "done"


@dataclass(frozen=True)
class Choice:
    """What somebody chose: the things that are there for them, and the ids of those that are not."""

    items: Sequence[Item]
    gone: Sequence[UUID] = ()

    @property
    def ids(self) -> list[UUID]:
        return [item.pk for item in self.items]


def choose_among(items: QuerySet[Item], ids: Collection[UUID]) -> Choice:
    """Find what was chosen among the items that somebody may see, those higher up in the tree first.

    Raises:
        InvalidInput: nothing was chosen, or too much at once.

    """
    asked = list(dict.fromkeys(ids))
    if not asked:
        raise InvalidInput("Choose at least one file or folder.", field="items")
    if len(asked) > MOST:
        raise InvalidInput(f"Choose at most {MOST} files and folders at once.", field="items")
    found = list(items.filter(pk__in=asked).select_related("workspace", "current_version").order_by())
    found.sort(key=lambda item: (item.depth, not item.is_folder, item.name_key, item.pk))
    known = {item.pk for item in found}
    return Choice(found, [one for one in asked if one not in known])


def do_each(choice: Choice, deed: Callable[[Item], Any], *, along: bool = False) -> list[Outcome]:
    """Do a deed on one thing after the other; with `along`, not on what lies in a chosen folder that it was done on."""
    done: dict[UUID, Item] = {}
    outcomes = []
    for item in choice.items:
        above = next((done[one] for one in item.path[:-1] if one in done), None) if along else None
        outcome = Outcome(item.pk, item, with_folder=above) if above else _do(item, deed)
        if outcome.is_done:
            done[item.pk] = item
        outcomes.append(outcome)
    return outcomes + [Outcome(one, None, error=Conflict(_GONE)) for one in choice.gone]


def foresee(deed: Callable[[], T]) -> T:
    """Return what would come of a deed: it is done, and taken back (ADR 0030)."""
    with transaction.atomic():
        found = deed()
        transaction.set_rollback(True)
    return found


def refusals(outcomes: Iterable[Outcome]) -> list[Refused]:
    """Return what was refused by a rule: that is written down, as every refusal is."""
    return [outcome.error for outcome in outcomes if isinstance(outcome.error, Refused)]


def _do(item: Item, deed: Callable[[Item], Any]) -> Outcome:
    try:
        deed(item)
    except IthacaError as error:
        return Outcome(item.pk, item, error=error)
    return Outcome(item.pk, item)

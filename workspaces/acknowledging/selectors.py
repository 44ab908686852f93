"""Who has acknowledged a version and who has not, as pages and programs see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import User
from workspaces.asking import knows_who_is_in, people_who_may
from workspaces.models import Acknowledgement, AcknowledgementAsk, Version
from workspaces.permissions import Right


@dataclass(frozen=True)
class Standing:
    """One person of those who are asked; `at` is when they acknowledged it."""

    person: User
    at: datetime | None
    sees_it: bool


@dataclass(frozen=True)
class AskShown:
    """What one person is asked about a version."""

    ask: AcknowledgementAsk
    given_at: datetime | None

    @property
    def keeps_shut(self) -> bool:
        return self.ask.required and self.given_at is None


@dataclass(frozen=True)
class Roll:
    """Who is asked. `people` is empty where whoever looks is not shown who is in the workspace: they see numbers."""

    people: list[Standing]
    given: int
    missing: int
    is_shown: bool


def asks_on(person: User, versions: Iterable[Version]) -> dict[UUID, AskShown]:
    """Return what a person is asked about each of the versions, in two queries."""
    standing = AcknowledgementAsk.objects.filter(version__in=list(versions), withdrawn_at=None)
    asks = list(standing.select_related("asked_by"))
    if not asks:
        return {}
    mine = dict(Acknowledgement.objects.filter(ask__in=asks, person=person).values_list("ask", "at"))
    return {ask.version_id: AskShown(ask, mine.get(ask.pk)) for ask in asks}


def roll_of(viewer: User, ask: AcknowledgementAsk) -> Roll:
    """Return who may view the version and who has acknowledged it, those who have not first."""
    file = ask.version.file
    given = {one.person: one.at for one in ask.given.select_related("person__institution")}
    seeing = people_who_may(Right.VIEW, file)
    missing = [person for person in seeing if person not in given]
    if not knows_who_is_in(viewer, file.workspace):
        return Roll([], len(given), len(missing), is_shown=False)
    rows = [Standing(person, None, sees_it=True) for person in missing]
    rows += [Standing(person, at, sees_it=person in seeing) for person, at in given.items()]
    rows.sort(key=lambda row: (row.at is not None, row.person.name.casefold()))
    return Roll(rows, len(given), len(missing), is_shown=True)

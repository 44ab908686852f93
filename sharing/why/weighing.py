"""Weighs what was said about one person and one thing, right by right, and names the rule that decided.

`sharing.rules` decides; this says why, from the same rows. A property test holds the two against each other on random
installations, so that no page can say "may" where the rules say "may not".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from sharing import rules
from sharing.models import Effect, ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from sharing.roles import role_of
from sharing.why import words
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


@dataclass(frozen=True)
class Cause:
    """One rule that speaks about a right: what it says, where it stands, and whose decision it was.

    `rule` is its number in docs/sharing.md. `place` is nothing where the reader may not know the name of the place.
    """

    rule: int
    allows: bool
    sentence: str
    place: Workspace | Item | None = None
    group: str = ""
    role: str = ""
    given_by: str = ""
    given_at: datetime | None = None
    renewed_by: str = ""
    renewed_at: datetime | None = None
    until: datetime | None = None
    purpose: str = ""

    @property
    def is_given(self) -> bool:
        """True when somebody decided it, rather than the rule alone."""
        return self.given_at is not None


@dataclass(frozen=True)
class Verdict:
    """Whether a person has a right, the rule that decided, and what else speaks about it without deciding."""

    right: Right
    cause: Cause
    others: tuple[Cause, ...]

    @property
    def allowed(self) -> bool:
        return self.cause.allows


@dataclass(frozen=True)
class Answer:
    """Rights about which the same rules say the same, as one row of a page."""

    rights: tuple[Right, ...]
    cause: Cause
    others: tuple[Cause, ...]

    @property
    def in_words(self) -> str:
        return ", ".join(right.label for right in self.rights)


def together(verdicts: Iterable[Verdict]) -> list[Answer]:
    """Put rights with one reason into one answer."""
    found: dict[tuple[Cause, tuple[Cause, ...]], list[Right]] = {}
    for verdict in verdicts:
        found.setdefault((verdict.cause, verdict.others), []).append(verdict.right)
    return [Answer(tuple(rights), cause, others) for (cause, others), rights in found.items()]


def why(person: User, thing: Workspace | Item, *, reader: User) -> list[Verdict]:
    """Return the verdict on every right, in a fixed number of queries; places the reader does not see go unnamed."""
    workspace = thing.workspace if isinstance(thing, Item) else thing
    if not rules.has_standing(person):
        none = Cause(1, allows=False, sentence=words.no_standing(person))
        return [Verdict(right, none, ()) for right in Right]
    if person.pk == workspace.owner_id:
        every = Cause(2, allows=True, sentence=words.owner(workspace), place=workspace)
        return [Verdict(right, every, ()) for right in Right]
    said = _Said(person, workspace, thing, reader)
    view = _verdict(said, Right.VIEW, None)
    return [view, *(_verdict(said, right, view) for right in Right if right != Right.VIEW)]


def _verdict(said: "_Said", right: Right, view: Verdict | None) -> Verdict:
    speaking = [*said.exceptions(right), *said.let_in(right), *said.roles(right)]
    first = speaking[0] if speaking else said.nothing(right)
    if view is not None and not view.allowed and said.item is not None:
        return Verdict(right, Cause(5, allows=False, sentence=words.no_view(view.cause.sentence)), tuple(speaking))
    return Verdict(right, first, tuple(speaking[1:]))


class _Said:
    """Everything that was said about a person and a thing, fetched once."""

    def __init__(self, person: User, workspace: Workspace, thing: Workspace | Item, reader: User) -> None:
        self.workspace = workspace
        self.item = thing if isinstance(thing, Item) else None
        self._now = timezone.now()
        self._grants = _rows(WorkspaceUserGrant, WorkspaceGroupGrant, person, content_object=workspace)
        places: dict[str, Any] = (
            {"content_object__in": self.item.path} if self.item else {"content_object__workspace": workspace}
        )
        if self.item is None:
            places |= {"permission__codename": Right.VIEW.codename, "effect": Effect.ALLOW}
        found = _rows(ItemUserException, ItemGroupException, person, **places)
        # The nearest decides, and at the same place a denial (rule 4).
        self._exceptions = sorted(
            found, key=lambda row: (row.content_object.depth, row.effect == Effect.DENY), reverse=True
        )
        rows = [*self._grants, *self._exceptions]
        holding = rules.fulfilled(person, {row.condition_id for row in rows if row.condition_id})
        # Under a condition that is not fulfilled, they are not there.
        self._waiting = {row.pk for row in rows if row.condition_id and row.condition_id not in holding}
        self._named = _seen(reader, [row.content_object_id for row in found])
        self._viewed = _seen(person, [row.content_object_id for row in found]) if self.item is None else set()

    def exceptions(self, right: Right) -> Iterator[Cause]:
        """Rule 4, the strongest first."""
        if self.item is None:
            return
        for row in self._exceptions:
            if row.permission.codename == right.codename and self._is_there(row):
                yield self._of_exception(row, right)

    def let_in(self, right: Right) -> Iterator[Cause]:
        """Rule 6: whoever an exception lets view something in a workspace may view the workspace."""
        if self.item is not None or right != Right.VIEW:
            return
        for row in self._exceptions:
            if self._is_there(row) and row.content_object_id in self._viewed:
                yield _cause(6, row, words.let_in(self._place(row), _group(row)), allows=True, place=self._place(row))

    def roles(self, right: Right) -> Iterator[Cause]:
        """Rule 3, those without an end and those that last longest first."""
        for row in self._grants:
            if right in role_of(row).rights and self._is_there(row):
                yield self._of_role(row, self._gives(row), allows=True)

    def _gives(self, row: Any) -> str:
        return words.under(words.role_gives(role_of(row), self.workspace, _group(row)), row.condition)

    def nothing(self, right: Right) -> Cause:
        """Return why nothing gives the right: a condition, a role that does not include it or has ended, or none."""
        if waits := self._waits(right):
            return waits
        live = [row for row in self._grants if self._is_there(row)]
        if live:
            most = max(live, key=lambda row: role_of(row).size)
            return self._of_role(most, words.role_lacks(role_of(most), self.workspace, _group(most)), allows=False)
        if ended := self._last_ended(right):
            return ended
        let_in = self.item is not None and any(
            row.permission.codename == Right.VIEW.codename and row.effect == Effect.ALLOW and self._is_there(row)
            for row in self._exceptions
        )
        sentence = words.only_let_in(right) if let_in else words.nobody(self.workspace)
        return Cause(4 if let_in else 3, allows=False, sentence=sentence, place=self.workspace)

    def _is_there(self, row: Any) -> bool:
        return not row.is_over and row.pk not in self._waiting

    def _waits(self, right: Right) -> Cause | None:
        """Return what would give the right if its condition were fulfilled now."""
        for row in self._grants:
            if right in role_of(row).rights and row.pk in self._waiting and not row.is_over:
                sentence = words.waits(words.role_gives(role_of(row), self.workspace, _group(row)), row.condition)
                return self._of_role(row, sentence, allows=False)
        for row in self._exceptions if self.item else []:
            if row.permission.codename == right.codename and row.pk in self._waiting and not row.is_over:
                said = words.exception(self._place(row), right, _group(row), allows=True)
                return _cause(4, row, words.waits(said, row.condition), allows=False, place=self._place(row))
        return None

    def _last_ended(self, right: Right) -> Cause | None:
        over: list[Cause] = [
            self._of_role(row, words.role_ended(role_of(row), self.workspace, _group(row)), allows=False)
            for row in self._grants
            if row.is_over and right in role_of(row).rights
        ]
        for row in self._exceptions if self.item else []:
            if row.is_over and row.effect == Effect.ALLOW and row.permission.codename == right.codename:
                sentence = words.allowance_ended(self._place(row), right, _group(row))
                over.append(_cause(4, row, sentence, allows=False, place=self._place(row)))
        return max(over, key=lambda cause: cause.until or self._now, default=None)

    def _of_exception(self, row: Any, right: Right) -> Cause:
        allows, place = row.effect == Effect.ALLOW, self._place(row)
        sentence = words.under(words.exception(place, right, _group(row), allows=allows), row.condition)
        return _cause(4, row, sentence, allows=allows, place=place)

    def _of_role(self, row: Any, sentence: str, *, allows: bool) -> Cause:
        return _cause(3, row, sentence, allows=allows, place=self.workspace, role=row.permission.codename)

    def _place(self, row: Any) -> Item | None:
        """Return where an exception stands, unless the reader does not see that folder."""
        return row.content_object if row.content_object_id in self._named else None


def _cause(rule: int, row: Any, sentence: str, **more: Any) -> Cause:
    return Cause(
        rule,
        sentence=sentence,
        group=_group(row),
        given_by=row.granted_by.name,
        given_at=row.granted_at,
        renewed_by=row.renewed_by.name if row.renewed_by else "",
        renewed_at=row.renewed_at,
        until=row.expires_at,
        purpose=row.purpose,
        **more,
    )


def _rows(for_user: Any, for_group: Any, person: User, **where: Any) -> list[Any]:
    """Return what was said about the person and about their groups, the longest first."""
    own = for_user.objects.filter(user=person, **where)
    through = for_group.objects.filter(group__in=person.groups.all(), **where).select_related("group")
    found: list[Any] = [*_with_places(own), *_with_places(through)]
    return sorted(found, key=lambda row: (row.expires_at is not None, -(row.expires_at or row.granted_at).timestamp()))


def _with_places(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.select_related("content_object", "permission__permission_set", "condition", "granted_by", "renewed_by")


def _seen(person: User, items: list[UUID]) -> set[UUID]:
    return set(Item.objects.visible_to(person).filter(pk__in=items).values_list("pk", flat=True)) if items else set()


def _group(row: Any) -> str:
    return row.group.name if hasattr(row, "group_id") else ""

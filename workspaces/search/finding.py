"""What a person finds: always among what they may view at this moment, by the same SQL as every list.

Nothing is counted, sorted or cut off before that question, so neither a number nor a page tells of anything hidden.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from accounts.models import User
from accounts.permissions import Right as PlatformRight
from workspaces.models import Item, Workspace
from workspaces.organising.selectors import called
from workspaces.search.kinds import of_type
from workspaces.search.words import items_with, person_has, workspace_has

MOST = 1_000
"""So many files and folders are looked at for one question; whoever has more must ask more narrowly."""
SORTS = {"name": "Name", "date": "Last changed", "size": "Size"}

_ORDER: dict[str, list[Any]] = {
    "name": ["name_key", "id"],
    "date": ["-changed_at", "id"],
    "size": [F("current_version__plaintext_size").desc(nulls_last=True), "name_key", "id"],
}
_WORKSPACE_ORDER = {"name": ["name", "id"], "date": ["-created_at", "id"]}


@dataclass(frozen=True)
class Question:
    """What somebody looks for. Each part narrows it; one without any part asks for nothing."""

    words: str = ""
    kind: str = ""
    workspace: UUID | None = None
    type: str = ""
    since: date | None = None
    tag: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.narrows_items)

    @property
    def narrows_items(self) -> bool:
        """True when it asks for something that only files and folders have."""
        return bool(self.kind or self.workspace or self.type or self.since or self.tag)


@dataclass(frozen=True)
class FoundItems:
    items: QuerySet[Item]
    count: int
    is_cut_off: bool


def find_items(user: User, asked: Question, *, sort: str = "name") -> FoundItems:
    if asked.is_empty:
        return FoundItems(Item.objects.none(), 0, is_cut_off=False)
    found = list(_candidates(user, asked)[: MOST + 1])
    # Asked again, and not only looked up: between the two questions a right may have gone.
    items = Item.objects.visible_to(user).filter(pk__in=found[:MOST])
    related = items.select_related("workspace", "current_version", "created_by", "brought_by")
    ordered = related.order_by(*_ORDER.get(sort, _ORDER["name"]))
    return FoundItems(ordered, min(len(found), MOST), is_cut_off=len(found) > MOST)


def find_workspaces(user: User, asked: Question, *, sort: str = "name") -> QuerySet[Workspace]:
    if not asked.words or asked.narrows_items:
        return Workspace.objects.none()
    found = Workspace.objects.visible_to(user).filter(workspace_has(asked.words))
    return found.select_related("owner__institution").order_by(*_WORKSPACE_ORDER.get(sort, _WORKSPACE_ORDER["name"]))


def find_people(user: User, asked: Question) -> QuerySet[User]:
    """Find people by name and institution, among those that the page of people shows."""
    if not asked.words or asked.narrows_items or not user.has_perm(PlatformRight.SEE_PEOPLE.value):
        return User.objects.none()
    found = User.objects.visible_to(user).filter(person_has(asked.words))
    return found.select_related("institution").order_by("name", "pk")


def _candidates(user: User, asked: Question) -> QuerySet[Any]:
    """Return the ids of what is found, in no order, so that the database may stop when it has enough."""
    # Whoever sees an item sees its workspace. Naming these lets the database leave out everybody else's at once.
    seen = Workspace.objects.visible_to(user).order_by().values_list("pk", flat=True)
    places = list(seen.filter(pk=asked.workspace) if asked.workspace else seen)
    found = Item.objects.visible_to(user)
    if asked.words:
        found = found.filter(pk__in=items_with(asked.words, places))
    if asked.workspace or not asked.words:
        found = found.filter(workspace__in=places)
    if asked.kind:
        found = found.filter(kind=asked.kind)
    if asked.type:
        found = found.filter(of_type(asked.type))
    if asked.tag:
        found = found.filter(called(asked.tag))
    if asked.since:
        found = found.filter(changed_at__date__gte=asked.since)
    return found.order_by().values_list("pk", flat=True)

"""The tree of a workspace as somebody else sees it, as far as the reader sees it too."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from accounts.models import User
from core.access import rights_on_each, visible_to
from workspaces.asking import has_role
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

PAGE_SIZE = 50


@dataclass(frozen=True)
class SeenItem:
    """A folder or file that both see, with what the other person may do with it."""

    item: Item
    rights: tuple[Right, ...]

    @property
    def in_words(self) -> str:
        return ", ".join(right.label for right in self.rights)


@dataclass(frozen=True)
class Seen:
    """One page of a folder; `rights` are those on the workspace itself, none for whoever does not see it at all."""

    rights: tuple[Right, ...]
    page: Page[Item]
    rows: list[SeenItem]


def items_seen_by_both(person: User, reader: User, workspace: Workspace) -> QuerySet[Item]:
    """Return what the person sees, without anything that is hidden from the reader."""
    return visible_to(Item.objects.visible_to(reader).filter(workspace=workspace), person)


def seen_as(
    person: User, *, reader: User, workspace: Workspace, folder: Item | None = None, page: str | int | None = 1
) -> Seen:
    """Return a page of the workspace, or of a folder in it, as the person sees it."""
    rights = rights_on_each(person, [workspace])[workspace.pk]
    both = items_seen_by_both(person, reader, workspace)
    if folder is None and rights == {Right.VIEW} and not has_role(person, workspace):
        # Whoever was let in to single items finds them at the top, as in `workspaces.selectors`.
        found = both.exclude(parent__in=both.order_by().values("pk"))
    else:
        found = both.filter(parent=folder)
    on_page = Paginator(found.order_by("-kind", "name_key", "id"), PAGE_SIZE).get_page(page)
    items = list(on_page.object_list)
    on_items = rights_on_each(person, items) if items else {}
    return Seen(_sorted(rights), on_page, [SeenItem(item, _sorted(on_items[item.pk])) for item in items])


def _sorted(rights: frozenset[str]) -> tuple[Right, ...]:
    return tuple(right for right in Right if right in rights)

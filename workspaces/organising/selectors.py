"""Answers about tags, locks and favourites, for pages and programs."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import User
from workspaces.models import Favourite, Item, Lock, Tag, Tagging, Workspace
from workspaces.names import name_key


def tags_of(items: Iterable[Item]) -> dict[UUID, list[Tag]]:
    """Return the tags of items that somebody is shown, by item, in one query."""
    found: dict[UUID, list[Tag]] = defaultdict(list)
    on_them = Tagging.objects.filter(item__in=[item.pk for item in items]).select_related("tag")
    for tagging in on_them.order_by("tag__name_key"):
        found[tagging.item_id].append(tagging.tag)
    return found


def locks_on(items: Iterable[Item]) -> dict[UUID, Lock]:
    """Return the locks that stand on items that somebody is shown, by item, in one query."""
    standing = Lock.objects.standing().filter(file__in=[item.pk for item in items]).select_related("holder")
    return {lock.file_id: lock for lock in standing}


def tags_shown_to(user: User, workspace: Workspace) -> QuerySet[Tag]:
    """Return the tags that stand on something the person may view: other words may tell of what is hidden."""
    seen = Tagging.objects.filter(tag=OuterRef("pk"), item__in=Item.objects.visible_to(user).order_by())
    return Tag.objects.filter(Exists(seen), workspace=workspace)


def tags_kept_in(workspace: Workspace) -> QuerySet[Tag]:
    """Return every tag of a workspace with how often it stands, for those who manage it."""
    return Tag.objects.filter(workspace=workspace).annotate(count=Count("taggings")).order_by("name_key")


def called(name: str) -> Q:
    """Return the condition that an item has a tag of a name."""
    return Q(pk__in=Tagging.objects.filter(tag__name_key=name_key(name)).values("item"))


def is_favourite(user: User, thing: Workspace | Item) -> bool:
    item = thing if isinstance(thing, Item) else None
    workspace = thing.workspace_id if isinstance(thing, Item) else thing.pk
    return Favourite.objects.filter(person=user, workspace=workspace, item=item).exists()


def favourite_workspaces(user: User) -> QuerySet[Workspace]:
    """Return the workspaces somebody keeps at hand, as far as they still may view them."""
    kept = Favourite.objects.filter(person=user, item=None).values("workspace")
    return Workspace.objects.visible_to(user).filter(pk__in=kept).order_by("name", "id")


def favourite_items(user: User) -> QuerySet[Any]:
    """Return the files and folders somebody keeps at hand, as far as they are there and they may view them."""
    kept = Favourite.objects.filter(person=user, item__isnull=False).values("item")
    found = Item.objects.visible_to(user).filter(pk__in=kept)
    return found.select_related("workspace", "current_version").order_by("-kind", "name_key", "id")

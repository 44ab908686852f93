"""Whom one may ask about: everybody about oneself, and whoever may share a thing about anybody it could concern."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.models import User
from core.access import require
from sharing.models import ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from sharing.selectors.access import people_concerned
from sharing.selectors.people import FOUND_AT_ONCE, contributors
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def person_asked_about(user: User, thing: Workspace | Item, code: str) -> User:
    """Return whom the address names: oneself where it names nobody.

    Raises:
        Refused: without the right to share, for anybody but oneself.
        Http404: for whoever could have no access here, or does not exist.

    """
    if code in {"", str(user.pk)}:
        return user
    require(user, Right.SHARE, thing)
    try:
        return people_to_ask_about(thing).get(pk=UUID(code))
    except (ValueError, User.DoesNotExist):
        raise Http404 from None


def people_to_ask_about(thing: Workspace | Item) -> QuerySet[User]:
    """Return everybody who could be given access, and those about whom something is said here already."""
    concerned = people_concerned(thing) if isinstance(thing, Item) else _of_workspace(thing)
    could = contributors().order_by().values("pk")
    return User.objects.filter(Q(pk__in=could) | Q(pk__in=concerned.values("pk"))).select_related("institution")


def find_people(thing: Workspace | Item, query: str) -> list[User]:
    """Return the first whose name or institution contains the words."""
    sought = query.strip().replace("\0", "")
    if not sought:
        return []
    matching = Q(name__icontains=sought) | Q(institution__name__icontains=sought)
    return list(people_to_ask_about(thing).filter(matching).order_by("name")[:FOUND_AT_ONCE])


def _of_workspace(workspace: Workspace) -> QuerySet[User]:
    """Return the owner, and everybody with a role or an exception, also through a group, that holds or has ended."""
    here, below = {"content_object": workspace}, {"content_object__workspace": workspace}
    groups = Q(group__in=WorkspaceGroupGrant.objects.filter(**here).values("group"))
    groups |= Q(group__in=ItemGroupException.objects.filter(**below).values("group"))
    found = Q(pk=workspace.owner_id) | Q(pk__in=User.groups.through.objects.filter(groups).values("user"))
    found |= Q(pk__in=WorkspaceUserGrant.objects.filter(**here).values("user"))
    return User.objects.filter(found | Q(pk__in=ItemUserException.objects.filter(**below).values("user")))

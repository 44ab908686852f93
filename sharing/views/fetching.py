"""The only doors to the things that the pages are about: a stranger finds nothing behind them."""

import re
from collections.abc import Callable, Sequence
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.models import Group
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.models import User
from accounts.stepup import requires_recent_authentication
from core.access import require
from core.errors import InvalidInput
from sharing.models import ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from sharing.selectors.people import contributors, find_contributors, groups_to_choose, is_outside
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

Crumbs = list[tuple[str, str | None]]
Receiver = dict[str, Any]
AnyGrant = WorkspaceUserGrant | WorkspaceGroupGrant | ItemUserException | ItemGroupException


def person_of(request: HttpRequest) -> User:
    """Return who is signed in; the middleware lets nobody else through."""
    assert isinstance(request.user, User)  # noqa: S101  for the type checker
    return request.user


def get_workspace(request: HttpRequest, workspace_id: UUID) -> Workspace:
    return get_object_or_404(Workspace.objects.visible_to(request.user).select_related("owner"), pk=workspace_id)


def get_shared_workspace(request: HttpRequest, workspace_id: UUID) -> Workspace:
    """Return a workspace in which the person may share; a refusal names the rule."""
    workspace = get_workspace(request, workspace_id)
    require(person_of(request), Right.SHARE, workspace)
    return workspace


def get_item(request: HttpRequest, item_id: UUID) -> Item:
    return get_object_or_404(Item.objects.visible_to(request.user).select_related("workspace__owner"), pk=item_id)


def get_grant(request: HttpRequest, grant_id: UUID) -> WorkspaceUserGrant | WorkspaceGroupGrant:
    seen = Workspace.objects.visible_to(request.user)
    for model, holder in ((WorkspaceUserGrant, "user"), (WorkspaceGroupGrant, "group")):
        rows: Any = model.objects.filter(content_object__in=seen)
        found = rows.select_related("content_object", "permission", holder).filter(pk=grant_id).first()
        if found:
            return found  # type: ignore[no-any-return]
    raise Http404


def get_exception(request: HttpRequest, exception_id: UUID) -> ItemUserException | ItemGroupException:
    seen = Item.objects.visible_to(request.user)
    for model, holder in ((ItemUserException, "user"), (ItemGroupException, "group")):
        rows: Any = model.objects.filter(content_object__in=seen)
        found = rows.select_related("content_object__workspace", "permission", holder).filter(pk=exception_id).first()
        if found:
            return found  # type: ignore[no-any-return]
    raise Http404


def chosen_receiver(request: HttpRequest) -> Receiver | None:
    """Return the person or group that the address names, as a deed takes it; nothing while none is chosen."""
    if person := request.GET.get("person"):
        return {"person": get_object_or_404(contributors(), pk=uuid_in(person))}
    if group := request.GET.get("group"):
        mine = Group.objects.filter(pk__in=groups_to_choose(person_of(request)))
        return {"group": get_object_or_404(mine, pk=_number(group))}
    return None


def receiver_of(grant: AnyGrant) -> Receiver:
    """Return whom a grant or an exception is for, as `chosen_receiver` does."""
    if isinstance(grant, (WorkspaceUserGrant, ItemUserException)):
        return {"person": grant.user}
    return {"group": grant.group}


def confirmed_outside(
    request: HttpRequest, receiver: Receiver, view: Callable[..., HttpResponse]
) -> Callable[..., HttpResponse]:
    """Return the view, behind a proof of a factor where what it gives would leave the giver's institution."""
    [whom] = receiver.values()
    if not is_outside(person_of(request), whom):
        return view
    return cast("Callable[..., HttpResponse]", requires_recent_authentication(view))


def choose(
    request: HttpRequest,
    *,
    title: str,
    crumbs: Crumbs,
    groups: bool,
    invite_url: str | None = None,
    kept: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    """Let the person look for somebody; every answer leads back to the same address with the choice in it.

    `kept` are parameters that the address has already, and keeps.
    """
    words = request.GET.get("q", "")
    if "\0" in words:
        raise InvalidInput("This search holds a character that no name has. Search for something else.")
    user = person_of(request)
    context = {
        "title": title,
        "crumbs": crumbs,
        "words": words,
        "people": find_contributors(words, but=user),
        "groups": groups_to_choose(user) if groups else [],
        "invite_url": invite_url,
        "kept": kept,
        "kept_query": f"{urlencode(kept)}&" if kept else "",
    }
    return render(request, "sharing/choose.html", context)


def confirm(
    request: HttpRequest,
    *,
    title: str,
    question: str,
    label: str,
    back: str,
    crumbs: Crumbs,
    form: Any = None,
    **more: Any,
) -> HttpResponse:
    context = {"title": title, "question": question, "label": label, "back": back, "crumbs": crumbs, "form": form}
    context |= more
    return render(request, "sharing/confirm.html", context, status=400 if form and form.errors else 200)


def workspace_crumbs(workspace: Workspace, *more: tuple[str, str | None]) -> Crumbs:
    return [
        ("Workspaces", reverse("workspaces:list")),
        (workspace.name, reverse("workspaces:detail", args=[workspace.pk])),
        ("Access", reverse("sharing:workspace_access", args=[workspace.pk])),
        *more,
    ]


def item_crumbs(item: Item, *more: tuple[str, str | None]) -> Crumbs:
    workspace = item.workspace
    page = "workspaces:folder" if item.is_folder else "workspaces:file"
    return [
        ("Workspaces", reverse("workspaces:list")),
        (workspace.name, reverse("workspaces:detail", args=[workspace.pk])),
        (item.name, reverse(page, args=[item.pk])),
        ("Access", reverse("sharing:item_access", args=[item.pk])),
        *more,
    ]


def query_without_page(request: HttpRequest) -> str:
    return urlencode([(name, value) for name, value in request.GET.items() if name != "page"])


def _number(text: str) -> int:
    """Read a key of a table; other digits than ours ("²") and numbers that no key has are nobody's."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Http404
    return int(text)


def uuid_in(text: str) -> UUID:
    """Read an id in an address; what is none is nobody's."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None

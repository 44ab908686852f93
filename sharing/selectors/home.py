"""What the first page says: what needs me, what happened, where I was."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from ledger_bridge.blind_ids import real_ids
from ledger_bridge.models import Entry
from sharing import events
from sharing.models import AccessReview, Invitation, ItemGroupException, ItemUserException, WorkspaceUserGrant
from sharing.reviews.selectors import reviews_for
from sharing.rules import workspaces_with_right
from sharing.selectors.grants import GrantRow, ending_for, rows_for
from workspaces.models import Item, Workspace
from workspaces.permissions import Right, Role

SOON = timedelta(days=14)
SHOWN = 6
_CHANGES = {
    events.RoleGranted.kind: "gave you a role",
    events.RoleChanged.kind: "changed your role, or when it ends",
    events.RoleRevoked.kind: "took your role away",
    events.ExceptionSet.kind: "made an exception about you",
    events.ExceptionLifted.kind: "lifted an exception about you",
    events.ItemShared.kind: "shared something with you, or restricted what you may do with it",
    events.GroupMemberAdded.kind: "took you into a group that is let in",
    events.GroupMemberRemoved.kind: "took you out of a group that is let in",
}
_ON_ITEMS = {
    events.ExceptionSet.kind: "made an exception for you on",
    events.ExceptionLifted.kind: "lifted an exception for you on",
    events.ItemShared.kind: "decided what you may do with",
}
_LOOKED_BACK = 200  # entries; enough to find the last few files somebody opened


@dataclass(frozen=True)
class ChangedAccess:
    """Something that was given to somebody, or taken from them, as a line."""

    giver: str
    sentence: str
    place: str
    at: datetime
    item: Item | None = None
    """What it is about, for those who may see it."""
    what: str = ""


def invitations_for(user: User) -> QuerySet[Invitation]:
    waiting = Invitation.objects.visible_to(user).waiting()
    return waiting.select_related("workspace", "invited_by__institution")


def my_workspaces(user: User) -> list[Workspace]:
    """Return what the person sees, what changed last first."""
    return list(Workspace.objects.visible_to(user).filter(archived_at=None).order_by("-created_at")[:SHOWN])


def ending_access(user: User) -> list[GrantRow]:
    """Return own access that ends soon, and that of others in workspaces where the person could renew it."""
    return rows_for(user, ending_for(user, _managed(user), within=SOON)[:SHOWN])


def reviews_to_do(user: User) -> list[AccessReview]:
    """Return the open reviews of workspaces that the person manages."""
    return list(reviews_for(_managed(user))[:SHOWN])


def changed_access(user: User) -> list[ChangedAccess]:
    """Return what others gave to the person or took from them lately, newest first; what they do not see, unnamed."""
    lately = Entry.objects.filter(person=user.pk, kind__in=_CHANGES, recorded_at__gt=timezone.now() - SOON)
    entries = list(lately.order_by("-recorded_at")[:SHOWN])
    people = User.objects.in_bulk({entry.actor for entry in entries if entry.actor})
    # Whoever had a role knows the name; of a workspace that was never open to them nobody tells it here.
    known = {entry.workspace for entry in entries if entry.kind == events.RoleRevoked.kind}
    visible = Workspace.objects.visible_to(user).filter(pk__in={entry.workspace for entry in entries})
    places = {workspace.pk: workspace for workspace in [*visible, *Workspace.objects.filter(pk__in=known)]}
    items = Item.objects.visible_to(user).in_bulk({entry.item for entry in entries if entry.item})
    return [
        ChangedAccess(
            giver=people[entry.actor].name if entry.actor in people else "The installation",
            sentence=_ON_ITEMS[entry.kind] if entry.item in items else _CHANGES[entry.kind],
            place=places[entry.workspace].name if entry.workspace in places else "",
            at=entry.recorded_at,
            item=items.get(entry.item),
            what=_what(entry.kind, entry.detail) if entry.item in items else "",
        )
        for entry in entries
    ]


def _what(kind: str, detail: dict[str, Any]) -> str:
    """Return what an entry about an item says that somebody may or may not do there."""
    if not detail:  # it was erased
        return ""
    if kind == events.ItemShared.kind:
        return events.ItemShared.words["role"].get(detail["role"], detail["role"])
    right = events.ExceptionSet.words["right"].get(detail["right"], detail["right"])
    effect = events.ExceptionSet.words["effect"][detail["effect"]]
    return f"to {right} {'was ' if kind == events.ExceptionLifted.kind else 'is '}{effect}"


def opened_last(user: User) -> list[Item]:
    """Return the files the person opened last and may still see."""
    entries = Entry.objects.filter(actor=user.pk).order_by("-recorded_at").values_list("kind", "item")[:_LOOKED_BACK]
    opened = list(dict.fromkeys(item for kind, item in entries if item and kind == "version.opened"))
    real = real_ids(opened)
    order = [UUID(real[str(item)]) for item in opened if str(item) in real]
    visible = Item.objects.visible_to(user).filter(pk__in=order[: 2 * SHOWN]).select_related("workspace")
    found = {item.pk: item for item in visible}
    return [found[pk] for pk in order if pk in found][:SHOWN]


def shared_with(user: User) -> QuerySet[Item]:
    """Return the items that the person reaches through an exception which lets them in, not through a role."""
    return Item.objects.visible_to(user).filter(pk__in=_allowed_items(user)).select_related("workspace__owner")


def only_by_exception(user: User, items: Iterable[Item]) -> list[Item]:
    """Keep the items in whose workspace the person has no role."""
    listed = list(items)
    concerned = Workspace.objects.order_by().filter(pk__in={item.workspace_id for item in listed})
    with_role = set(workspaces_with_right(concerned, user, Right.VIEW).values_list("pk", flat=True))
    return [item for item in listed if item.workspace_id not in with_role]


def _managed(user: User) -> QuerySet[Any, Any]:
    """Return ids of workspaces where the person could renew a role: an offer, not a right, so groups are left out."""
    own = Q(owner=user)
    given = WorkspaceUserGrant.objects.filter(user=user, permission__codename=Role.MANAGER).exclude(
        expires_at__lte=timezone.now()
    )
    return Workspace.objects.filter(own | Q(pk__in=given.values("content_object"))).values("pk")


def _allowed_items(user: User) -> list[Any]:
    live = Q(permission__codename=Right.VIEW.codename, effect="allow") & (
        Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    )
    own = ItemUserException.objects.filter(live, user=user).values_list("content_object", flat=True)
    through = ItemGroupException.objects.filter(live, group__in=user.groups.all())
    return [*own, *through.values_list("content_object", flat=True)]

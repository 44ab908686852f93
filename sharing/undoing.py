"""The reverse of taking a role away and of lifting an exception: giving it again, as it was, by whoever took it."""

from typing import Any

from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from accounts.models import User
from core.access import require
from core.errors import Conflict
from sharing import services
from sharing.conditions.models import Condition
from sharing.events import ExceptionLifted, RoleRevoked
from sharing.models import ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from sharing.selectors.people import is_outside
from workspaces.models import Item, UndoableDeed
from workspaces.permissions import Right
from workspaces.undoing.reversing import Reverse, register, require_seen

_SAID_ANEW = "Somebody made an exception about the same since, so undoing would undo theirs. Nothing was done."
_GIVEN_ANEW = "Somebody gave a role to the same since, so undoing would give more than they meant. Nothing was done."
_NOBODY = "Whoever had it is not here any more. Nothing was done."
_GONE = "Something that it was about was removed since. Nothing was done."


def register_access() -> None:
    register(RoleRevoked.kind, Reverse(RoleRevoked.label, _give_role, _workspace_access, _gives_outside))
    register(ExceptionLifted.kind, Reverse(ExceptionLifted.label, _set_exception, _item_access, _gives_outside))


def _give_role(actor: User, deed: UndoableDeed) -> None:
    """Give the role again, and with it the exceptions that ended with it. Each leaves an entry of its own."""
    kept, receiver = deed.before, _receiver(deed.before)
    require(actor, Right.SHARE, deed.workspace)
    model: Any = WorkspaceUserGrant if "person" in receiver else WorkspaceGroupGrant
    holder = dict(zip(["user" if "person" in receiver else "group"], receiver.values(), strict=True))
    if (
        model.objects.filter(content_object=deed.workspace, granted_at__gte=deed.done_at, **holder)
        .exclude(granted_by=actor)
        .exists()
    ):
        raise Conflict(_GIVEN_ANEW)
    services.grant_role(
        actor=actor,
        workspace=deed.workspace,
        role=kept["what"],
        expires_at=_end(kept),
        purpose=kept["purpose"],
        condition=_condition(kept),
        **receiver,
    )
    for one in kept["lifted"]:
        _put(actor, one)


def _set_exception(actor: User, deed: UndoableDeed) -> None:
    _put(actor, deed.before)


def _put(actor: User, kept: dict[str, Any]) -> None:
    item = Item.objects.select_related("workspace").filter(pk=kept["on"], removed_at=None).first()
    if item is None:
        raise Conflict(_GONE)
    require_seen(actor, item)
    require(actor, Right.SHARE, item)
    receiver = _receiver(kept)
    about: dict[str, Any] = {"content_object": item, "permission__codename": kept["what"]}
    of_person = ItemUserException.objects.filter(**about, user=receiver.get("person"))
    of_group = ItemGroupException.objects.filter(**about, group=receiver.get("group"))
    if of_person.exists() or of_group.exists():
        raise Conflict(_SAID_ANEW)
    services.set_exception(
        actor=actor,
        item=item,
        right=Right(f"workspaces.{kept['what']}"),
        effect=kept["effect"],
        expires_at=_end(kept),
        purpose=kept["purpose"],
        condition=_condition(kept),
        **receiver,
    )


def _receiver(kept: dict[str, Any]) -> dict[str, Any]:
    if kept["person"]:
        person = User.objects.filter(pk=kept["person"]).first()
        found: dict[str, Any] = {"person": person}
    else:
        found = {"group": Group.objects.filter(pk=kept["group"]).first()}
    if None in found.values():
        raise Conflict(_NOBODY)
    return found


def _condition(kept: dict[str, Any]) -> Condition | None:
    """Return the condition that it held under: without it, undoing would give more than there was."""
    if not kept["condition"]:
        return None
    found = Condition.objects.filter(pk=kept["condition"]).first()
    if found is None:
        raise Conflict(_GONE)
    return found


def _end(kept: dict[str, Any]) -> Any:
    return parse_datetime(kept["expires_at"]) if kept["expires_at"] else None


def _gives_outside(actor: User, deed: UndoableDeed) -> bool:
    [receiver] = _receiver(deed.before).values()
    return is_outside(actor, receiver)


def _workspace_access(deed: UndoableDeed) -> str:
    return reverse("sharing:workspace_access", args=[deed.workspace_id])


def _item_access(deed: UndoableDeed) -> str:
    return reverse("sharing:item_access", args=[deed.item_id])

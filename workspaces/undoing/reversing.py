"""What undoes which kind of deed. Rooms above say so for their own deeds (ADR 0007)."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import User
from core.errors import Conflict, Refused
from workspaces.models import Item, UndoableDeed, Workspace
from workspaces.permissions import Right


def _stays_inside(actor: User, deed: UndoableDeed) -> bool:
    return False


@dataclass(frozen=True)
class Reverse:
    """How one kind of deed is undone.

    `do` does the reverse deed, which asks for its rights; it raises Conflict where the thing changed since. `address`
    is the page that shows what came of it. `gives_outside` says whether it gives something to another institution.
    """

    label: str
    do: Callable[[User, UndoableDeed], None]
    address: Callable[[UndoableDeed], str]
    gives_outside: Callable[[User, UndoableDeed], bool] = _stays_inside


_reverses: dict[str, Reverse] = {}


def register(kind: str, reverse: Reverse) -> None:
    _reverses[kind] = reverse


def require_seen(actor: User, thing: Item | Workspace) -> None:
    """Refuse what the actor may not view any more, without its name, which an explanation of the refusal would tell.

    Raises:
        Refused: they may not.

    """
    if not actor.has_perm(Right.VIEW, thing):
        raise Refused("It is not there any more, or not for you.", right=Right.VIEW.value, subject=thing)


def reverse_of(deed: UndoableDeed) -> Reverse:
    """Return what undoes a deed.

    Raises:
        Conflict: nothing does in this release.

    """
    found = _reverses.get(deed.kind)
    if found is None:
        raise Conflict("This cannot be undone here.")
    return found

"""Who may see an entry, and what the ledger asks of rooms above it.

The ledger knows neither workspaces nor second factors. Rooms that do say so here, once, in `ready()`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase

from core.errors import Unavailable
from ledger_bridge.filters import EVERYTHING, TrailFilters
from ledger_bridge.models import Entry
from ledger_bridge.permissions import Right

EntryPolicy = Callable[[Any, Entry], bool]
"""Whether a person may see an entry, because they may see the trail of what it is about."""

EntryCondition = Callable[[Any, TrailFilters], Q | None]
"""The same answer for all entries within these filters, as a condition with ids; nothing means "none of them".

The database knows entries by blind ids only, so no query of a room can be part of it: the room gathers ids, and no
more than are needed within the filters.
"""

View = Callable[..., HttpResponseBase]

_policies: list[tuple[EntryPolicy, EntryCondition]] = []
_step_up: list[Callable[[View], View]] = []


def register_entry_policy(policy: EntryPolicy, condition: EntryCondition) -> None:
    """Let a room say yes to an entry, and to all of them at once. Nobody can say no for another."""
    _policies.append((policy, condition))


def register_step_up(decorator: Callable[[View], View]) -> None:
    """Say how a person proves a factor once more before an export."""
    _step_up[:] = [decorator]


def sees_every_trail(user: Any) -> bool:
    return bool(user.has_perm(Right.VIEW_TRAILS.value))


def may_see_entry(user: Any, entry: Entry) -> bool:
    """Answer yes for those who acted or were acted upon, for auditors, and where a room above says so."""
    if user.ledger_id and user.ledger_id in {str(entry.actor), str(entry.person)}:
        return True
    return sees_every_trail(user) or any(policy(user, entry) for policy, _ in _policies)


def entries_visible_to(user: Any, *, within: TrailFilters = EVERYTHING) -> Q:
    """Return the condition on those entries within these filters for which `may_see_entry` answers yes.

    Raises:
        InvalidInput: when a room would have to name too many things; narrower filters help.

    """
    # Everybody may see what is recorded about themselves.
    if sees_every_trail(user) or (user.ledger_id and within.people == (user.ledger_id,)):
        return Q()
    allowed = Q(pk__in=[])
    if user.ledger_id:
        allowed |= Q(actor=user.ledger_id) | Q(person=user.ledger_id)
    for _, condition in _policies:
        if found := condition(user, within):
            allowed |= found
    return allowed


def requires_step_up(view: View) -> View:
    """Ask the person for a factor again, in the way that was registered. Without one the view stays shut."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not _step_up:
            raise Unavailable("This installation has no way to confirm who you are, so nothing is exported.")
        return _step_up[0](view)(request, *args, **kwargs)

    return asked

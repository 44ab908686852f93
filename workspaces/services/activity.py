"""Looking at who opened what, and taking it away as a table: both are recorded before anything is shown."""

from collections.abc import Callable, Iterator
from contextvars import Context, copy_context
from functools import partial

from accounts.models import User
from core.access import require
from core.credentials import ENDED, credential_stands
from core.errors import Refused
from ledger_bridge.filters import TrailFilters
from ledger_bridge.recording import record_durably
from ledger_bridge.selectors import Place
from workspaces.activity import table
from workspaces.activity.events import ActivityExported, ActivityViewed
from workspaces.activity.lines import Line, portion_of
from workspaces.models import Item, Workspace
from workspaces.outsiders import as_now
from workspaces.permissions import Right

_PORTION = 500


def view_activity(*, actor: User, about: Workspace | Item, filters: TrailFilters) -> None:
    """Record that `actor` looks at who opened what in a workspace, or a file.

    Raises:
        Refused: without the right to see the trail of it.

    """
    require(actor, Right.TRAIL, about)
    record_durably(ActivityViewed(filters=filters.describe()), actor=actor, subject=about)


def export_activity(*, actor: User, about: Workspace | Item, filters: TrailFilters) -> Iterator[bytes]:
    """Record that `actor` takes the activity away, and return it as a table, portion by portion.

    Raises:
        Refused: without the right to see the trail of it; also later, if it goes meanwhile.

    """
    require(actor, Right.TRAIL, about)
    record_durably(ActivityExported(filters=filters.describe()), actor=actor, subject=about)
    # Portions leave after the request has left the middleware: from where and with what it was made is known in here.
    return _portions(copy_context(), partial(_portion, actor, about, filters))


def _portions(context: Context, portion: Callable[[Place | None], tuple[list[Line], Place | None]]) -> Iterator[bytes]:
    yield table.head()
    place = None
    while True:
        lines, place = context.run(portion, place)
        yield table.rows(lines)
        if place is None:
            return


def _portion(
    actor: User, about: Workspace | Item, filters: TrailFilters, place: Place | None
) -> tuple[list[Line], Place | None]:
    """Ask again, since session, approval and right may have gone while the table was on its way, and read on."""
    if not credential_stands():
        raise Refused(ENDED, right=Right.TRAIL.value, subject=about)
    asker = as_now(actor)
    if asker is None:
        raise Refused("You are not known here any more.", right=Right.TRAIL.value, subject=about)
    require(asker, Right.TRAIL, about)
    return portion_of(filters, asker=asker, place=place, size=_PORTION)

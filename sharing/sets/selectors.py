"""Permission sets as their page shows them."""

from dataclasses import dataclass

from accounts.models import User
from sharing.models import PermissionSet
from sharing.sets.rules import may_change


@dataclass(frozen=True)
class SetRow:
    """A set, and whether the reader may change it."""

    one: PermissionSet
    may_change: bool


def set_rows(user: User) -> list[SetRow]:
    """Return the sets that the person may see, those that are given first."""
    seen = PermissionSet.objects.visible_to(user).select_related("institution", "permission", "made_by")
    listed = sorted(seen, key=lambda one: (one.retired_at is not None, one.institution.name, one.name.casefold()))
    return [SetRow(one, one.retired_at is None and may_change(user, one)) for one in listed]

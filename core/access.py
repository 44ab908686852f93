"""Who acts, and the one question every deed asks first.

Rights are named in each room's `permissions.py`, asked for here, and answered by Django's authentication backends:
`accounts.backends` for platform roles, `sharing.backends` for workspaces and their items. Nobody answering means no.
"""

import os
import pwd
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from django.contrib.auth import get_backends
from django.db.models import Model, QuerySet

from core.errors import Refused

M = TypeVar("M", bound=Model)


class Right(Protocol):
    """A member of a room's enum of rights: its value is the dotted permission, its label the words for it."""

    @property
    def value(self) -> str: ...
    @property
    def label(self) -> Any: ...


class Actor(Protocol):
    """Somebody or something that acts: a person (`accounts.User`) or a `Service`."""

    @property
    def ledger_id(self) -> str | None: ...
    @property
    def ledger_kind(self) -> str: ...
    @property
    def ledger_institution(self) -> str | None: ...
    def has_perm(self, perm: str, obj: Any = None) -> bool: ...


@dataclass(frozen=True)
class Service:
    """A part of the installation that acts by itself, with exactly the rights it was given."""

    name: str
    rights: frozenset[str] = field(default_factory=frozenset)
    ledger_kind = "service"
    ledger_institution = None

    @property
    def ledger_id(self) -> None:
        return None

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return perm in self.rights


def machine_account() -> str:
    """Return who runs a command, as far as the machine knows: nobody there has shown who they are."""
    number, called_by = os.getuid(), os.environ.get("SUDO_USER")
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = f"account {number}"
    return f"{name}, through sudo by {called_by}" if called_by else name


@dataclass(frozen=True)
class Anonymous:
    """Somebody who has not signed in."""

    ledger_id = None
    ledger_kind = "anonymous"
    ledger_institution = None

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False


def require(actor: Actor, right: Right, thing: Any = None) -> None:
    """Raise Refused unless `actor` has `right` on `thing`. There is no flag that skips this.

    Raises:
        Refused: with a sentence that names the rule that refused.

    """
    if actor.has_perm(right.value, thing):
        return
    raise Refused(explain_refusal(actor, right, thing), right=right.value, subject=thing)


def explain_refusal(actor: Actor, right: Right, thing: Any = None) -> str:
    """Return a sentence that names the rule, from the backend that knows it."""
    for backend in get_backends():
        explain = getattr(backend, "explain_refusal", None)
        if explain and (sentence := explain(actor, right.value, thing)):
            return str(sentence)
    return f"You do not have the right “{right.label}” here."


def where_to_ask(actor: Actor, right: str, thing: Any = None) -> str | None:
    """Return the address of the page on which to ask for a refused right, from the backend that has one."""
    for backend in get_backends():
        answer = getattr(backend, "where_to_ask", None)
        if answer and (address := answer(actor, right, thing)):
            return str(address)
    return None


def visible_to(queryset: QuerySet[M], user: Any) -> QuerySet[M]:
    """Return what of `queryset` the user may see, as the first backend that knows the model says; else nothing."""
    for backend in get_backends():
        narrow = getattr(backend, "visible", None)
        if narrow and (answer := narrow(queryset, user)) is not None:
            return answer  # type: ignore[no-any-return]
    return queryset.none()


def rights_on_each(user: Any, things: Iterable[Model]) -> dict[Any, frozenset[str]]:
    """Return the rights the user has on each of `things` (of one model), in a fixed number of queries."""
    listed = list(things)
    for backend in get_backends():
        answer = getattr(backend, "rights_on_each", None)
        if answer and (rights := answer(user, listed)) is not None:
            return rights  # type: ignore[no-any-return]
    return {thing.pk: frozenset() for thing in listed}

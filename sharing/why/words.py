"""The sentences. They say neither "you" nor "they", so that one sentence serves everybody who reads it."""

from accounts.models import User
from sharing.models import Condition
from sharing.roles import AnyRole
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

_SOMEWHERE = "a folder above that you do not see"


def no_standing(person: User) -> str:
    if person.role != User.Role.CONTRIBUTOR:
        role = User.Role(person.role).label.lower()
        return f"Only contributors have rights in workspaces, and the role of this account is {role}."
    return "The approval of this account is suspended or has expired. A commission admin can renew it."


def owner(workspace: Workspace) -> str:
    return f"The owner of “{workspace}” has every right in it, and no exception changes that."


def exception(place: Item | None, right: Right, group: str, *, allows: bool) -> str:
    verb = "allows" if allows else "denies"
    return f"An exception on {_at(place)} {verb} “{right.label}” there and below{_through(group)}."


def let_in(place: Item | None, group: str) -> str:
    where = _at(place) if place else "something in it"
    return f"An exception gives the right to view {where}, and with it the way there{_through(group)}."


def role_gives(role: AnyRole, workspace: Workspace, group: str) -> str:
    return f"The {role.in_words} in “{workspace}” includes it{_through(group)}."


def role_lacks(role: AnyRole, workspace: Workspace, group: str) -> str:
    return f"The {role.in_words} in “{workspace}” does not include it{_through(group)}."


def role_ended(role: AnyRole, workspace: Workspace, group: str) -> str:
    return f"The {role.in_words} in “{workspace}”, which included it, has ended{_through(group)}."


def allowance_ended(place: Item | None, right: Right, group: str) -> str:
    return f"The exception on {_at(place)} that allowed “{right.label}” has ended{_through(group)}."


def under(sentence: str, condition: Condition | None) -> str:
    """Add to a sentence about a role or an exception the condition that it is under."""
    return f"{sentence} It holds {condition.in_words}." if condition is not None else sentence


def waits(sentence: str, condition: Condition) -> str:
    """Say that a role or an exception would give a right if its condition were fulfilled.

    Of somebody else than the reader it is not known from where they would ask.
    """
    unknown = " From where somebody asks is known only while they do." if condition.networks else ""
    return f"{under(sentence, condition)} That is not so now.{unknown}"


def only_let_in(right: Right) -> str:
    return f"There is no role here; an exception lets view this, and none allows “{right.label}”."


def nobody(workspace: Workspace) -> str:
    return f"There is no role in “{workspace}”, and no exception that allows it."


def no_view(because: str) -> str:
    return f"Without the right to view there is no other right. {because}"


def _at(place: Item | None) -> str:
    return f"the {place.get_kind_display().lower()} “{place}”" if place else _SOMEWHERE


def _through(group: str) -> str:
    return f", through the group “{group}”" if group else ""

"""Every role there is, under one roof: those that are built in, and the permission sets of institutions.

Grants, invitations and requests name a role by its code. What the code gives is answered here for pages and deeds, and
from the same table, in SQL, in `sharing.rules`; a property test holds the two against each other.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sharing.sets.models import CODE_BEGINS, PermissionSet
from workspaces.models import Workspace
from workspaces.permissions import ROLE_RIGHTS, Right, Role

_BUILT_IN = {
    Role.LOOK_ONLY: "look at files in the viewer; no downloading, printing, copying text or handing over",
    Role.VISITOR: "look at files and download them",
    Role.CONTRIBUTOR: "also print, copy text, upload, comment, rename and move, and see the trail",
    Role.MANAGER: "also share, and manage the workspace",
}


@dataclass(frozen=True)
class AnyRole:
    """A role, wherever it was defined. `rights` are dotted permissions, as `require` takes them."""

    code: str
    label: str
    description: str
    rights: frozenset[str]
    is_set: bool = False
    is_retired: bool = False

    def __str__(self) -> str:
        return self.label

    @property
    def choice(self) -> tuple[str, str]:
        """Return it as forms offer it."""
        return self.code, f"{self.label}: {self.description}" if self.description else self.label

    @property
    def in_words(self) -> str:
        return f"permission set “{self.label}”" if self.is_set else f"role {self.label}"

    @property
    def in_entry(self) -> str:
        """Return it as entries keep it. What a set gives can change, so they say what it was."""
        return f"“{self.label}” ({in_words(self.rights)})" if self.is_set else self.code

    @property
    def size(self) -> int:
        return len(self.rights)


def role_called(code: str) -> AnyRole | None:
    return roles_called([code]).get(code)


def roles_called(codes: Iterable[str]) -> dict[str, AnyRole]:
    """Return roles by their codes: those that are built in from the program, sets in one query."""
    listed = set(codes)
    found = {role.value: built_in(role) for role in Role if role.value in listed}
    if others := {code for code in listed if code.startswith(CODE_BEGINS)}:
        sets = PermissionSet.objects.filter(permission__codename__in=others).select_related("permission")
        found |= {one.permission.codename: as_role(one) for one in sets}
    return found


def role_of(grant: Any) -> AnyRole:
    """Return the role that a grant gives. Rows are read with `permission__permission_set`, so that it asks nothing."""
    permission = grant.permission
    if permission.codename in Role.values:
        return built_in(Role(permission.codename))
    return as_role(permission.permission_set)


def roles_for(workspace: Workspace) -> list[AnyRole]:
    """Return what can be given in a workspace: what is built in, then the sets of its institution."""
    sets = PermissionSet.objects.in_use().filter(institution=workspace.institution_id).select_related("permission")
    return [*(built_in(role) for role in Role), *(as_role(one) for one in sets)]


def built_in(role: Role) -> AnyRole:
    return AnyRole(role.value, role.label, _BUILT_IN[role], ROLE_RIGHTS[role])


def as_role(one: PermissionSet) -> AnyRole:
    rights = frozenset(f"workspaces.{code}" for code in one.rights)
    about = f"{in_words(rights)}. {one.description}".removesuffix(". ")
    return AnyRole(one.permission.codename, one.name, about, rights, is_set=True, is_retired=one.retired_at is not None)


def in_words(rights: Collection[str]) -> str:
    return ", ".join(right.label for right in Right if right in rights)

"""The rules of access, in one place. See docs/sharing.md.

1. A person who is not in good standing, or whose platform role is not contributor, has no right on any workspace.
2. The owner of a workspace has every right in it; no exception touches that.
3. A role on the workspace (given to the person or to one of their groups, not expired) gives its rights.
4. An exception on an item (not expired) allows or denies one right there and below. The most specific item wins; at
   equal depth deny wins over allow. An exception overrides the role, in either direction.
5. Nothing without view: whoever may not view an item has no other right on it either.
6. A workspace can be viewed by its owner, by whoever has a role in it, and by whoever an exception lets view one of its
   items. Every other right on the workspace itself comes from rules 2 and 3 alone.

One check, a page of checks and the list of what a person may see are all made of the same three pieces of SQL below, so
they cannot come to different answers. Nothing is remembered between two questions: a revoked right is gone at once.
"""

import re
from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from workspaces.models import Workspace
from workspaces.permissions import ROLE_RIGHTS, Right

M = TypeVar("M", bound=models.Model)

_UNEXPIRED = "(said.expires_at IS NULL OR said.expires_at > :now)"

# Rule 3 as a relation: which rights the person has on which workspaces, from roles.
_ROLES = f"""(
    SELECT said.content_object_id AS workspace_id, gives.codename
    FROM sharing_workspaceusergrant said
    JOIN auth_permission role ON role.id = said.permission_id
    JOIN unnest(:roles::text[], :codenames::text[]) AS gives(role, codename) ON gives.role = role.codename
    WHERE said.user_id = :person AND {_UNEXPIRED}
    UNION ALL
    SELECT said.content_object_id, gives.codename
    FROM accounts_user_groups member
    JOIN sharing_workspacegroupgrant said ON said.group_id = member.group_id
    JOIN auth_permission role ON role.id = said.permission_id
    JOIN unnest(:roles::text[], :codenames::text[]) AS gives(role, codename) ON gives.role = role.codename
    WHERE member.user_id = :person AND {_UNEXPIRED}
)"""  # noqa: S608  constants only; values are bound

# What rule 4 weighs: which rights are allowed or denied to the person on which items.
_EXCEPTIONS = f"""(
    SELECT said.content_object_id AS item_id, asked.codename, said.effect
    FROM sharing_itemuserexception said
    JOIN auth_permission asked ON asked.id = said.permission_id
    WHERE said.user_id = :person AND {_UNEXPIRED}
    UNION ALL
    SELECT said.content_object_id, asked.codename, said.effect
    FROM accounts_user_groups member
    JOIN sharing_itemgroupexception said ON said.group_id = member.group_id
    JOIN auth_permission asked ON asked.id = said.permission_id
    WHERE member.user_id = :person AND {_UNEXPIRED}
)"""  # noqa: S608  constants only; values are bound

# Rules 2 to 4 for one right on one item. "deny" sorts after "allow", so descending order lets it win.
_MAY = """(
    {workspace} IN (SELECT owned.id FROM workspaces_workspace owned WHERE owned.owner_id = :person)
    OR COALESCE(
        CASE WHEN EXISTS (SELECT FROM {exceptions} anything) THEN (
            SELECT found.effect = 'allow' FROM {exceptions} found
            WHERE found.codename = {codename} AND found.item_id = ANY({path})
            ORDER BY array_position({path}, found.item_id) DESC, found.effect DESC LIMIT 1
        ) END,
        {workspace} IN (SELECT held.workspace_id FROM {roles} held WHERE held.codename = {codename})
    )
)"""

_RIGHTS_ON_ITEMS = f"""
    WITH held_role AS {_ROLES}, found_exception AS {_EXCEPTIONS}
    SELECT item.id, asked.codename
    FROM workspaces_item item CROSS JOIN unnest(:asked::text[]) AS asked(codename)
    WHERE item.id = ANY(:things) AND {
    _MAY.format(
        workspace="item.workspace_id",
        path="item.path",
        codename="asked.codename",
        roles="held_role",
        exceptions="found_exception",
    )
}"""  # noqa: S608  constants only; values are bound

# The same question about many people and one item: the person becomes a column.
_RIGHTS_OF_PEOPLE = f"""
    SELECT asker.id, asked.codename
    FROM unnest(:things::uuid[]) AS asker(id) CROSS JOIN unnest(:asked::text[]) AS asked(codename),
        workspaces_item item
    WHERE item.id = :item AND {
    _MAY.format(
        workspace="item.workspace_id", path="item.path", codename="asked.codename", roles=_ROLES, exceptions=_EXCEPTIONS
    ).replace(":person", "asker.id")
}"""  # noqa: S608  constants only; values are bound

_RIGHTS_ON_WORKSPACES = f"""
    SELECT owned.id, asked.codename
    FROM workspaces_workspace owned CROSS JOIN unnest(:asked::text[]) AS asked(codename)
    WHERE owned.id = ANY(:things) AND owned.owner_id = :person
    UNION
    SELECT held.workspace_id, held.codename FROM {_ROLES} held
    WHERE held.workspace_id = ANY(:things) AND held.codename = ANY(:asked)
"""  # noqa: S608  constants only; values are bound

_MAY_VIEW = _MAY.format(
    workspace="item.workspace_id", path="item.path", codename="'view'", roles=_ROLES, exceptions=_EXCEPTIONS
)

# Rule 6, second half: the workspaces that the person sees because of an exception.
_LET_IN = f"""(
    SELECT item.workspace_id FROM {_EXCEPTIONS} let JOIN workspaces_item item ON item.id = let.item_id
    WHERE let.codename = 'view' AND let.effect = 'allow' AND item.removed_at IS NULL AND {_MAY_VIEW}
)"""  # noqa: S608  constants only; values are bound


def has_standing(person: Any) -> bool:
    """Rule 1."""
    return isinstance(person, User) and person.role == User.Role.CONTRIBUTOR and person.in_good_standing


def visible_items(queryset: QuerySet[M], person: User) -> QuerySet[M]:
    """Narrow items to those that the person may view."""
    return queryset.filter(_Condition(person, _MAY, workspace="workspace_id", path="path"))


def visible_workspaces(queryset: QuerySet[M], person: User) -> QuerySet[M]:
    """Narrow workspaces to those that the person may view (rule 6)."""
    from_role = _Condition(person, "{id} IN (SELECT held.workspace_id FROM {roles} held)", id="id")
    let_in = _Condition(person, f"{{id}} IN {_LET_IN}", id="id")
    return queryset.filter(Q(owner=person) | Q(from_role) | Q(let_in))


def item_rights(person: User, items: Iterable[Any], asked: Iterable[str]) -> dict[Any, frozenset[str]]:
    """Return which of the asked codenames the person has on each item (by id), in one query."""
    wanted = {*asked, Right.VIEW.codename}
    return _with_view(_pairs(_RIGHTS_ON_ITEMS, items, wanted, person=person.pk))


def people_rights(people: Iterable[User], item: Any) -> dict[Any, frozenset[str]]:
    """Return the codenames of the rights that each person (by id) has on one item, in one query."""
    listed = list(people)
    everything = {right.codename for right in Right}
    found = _with_view(_pairs(_RIGHTS_OF_PEOPLE, (person.pk for person in listed), everything, item=item))
    return {person.pk: found[person.pk] if has_standing(person) else frozenset() for person in listed}


def workspace_rights(person: User, workspaces: Iterable[Any], asked: Iterable[str]) -> dict[Any, frozenset[str]]:
    """Return which of the asked codenames the person has on each workspace (by id), in at most two queries."""
    wanted = set(asked)
    found = _pairs(_RIGHTS_ON_WORKSPACES, workspaces, wanted, person=person.pk)
    if Right.VIEW.codename in wanted:
        unseen = [workspace for workspace, rights in found.items() if Right.VIEW.codename not in rights]
        for workspace in _let_in(person, unseen) if unseen else ():
            found[workspace] |= {Right.VIEW.codename}
    return found


def _let_in(person: User, workspaces: list[Any]) -> Iterable[Any]:
    narrowed = Workspace.objects.filter(id__in=workspaces).filter(_Condition(person, f"{{id}} IN {_LET_IN}", id="id"))
    return narrowed.values_list("id", flat=True)


def _with_view(found: dict[Any, frozenset[str]]) -> dict[Any, frozenset[str]]:
    """Rule 5."""
    return {key: rights if Right.VIEW.codename in rights else frozenset() for key, rights in found.items()}


def _pairs(sql: str, things: Iterable[Any], asked: set[str], **values_by_name: Any) -> dict[Any, frozenset[str]]:
    listed = list(things)
    text, values = _bind(sql, things=listed, asked=sorted(asked), **values_by_name)
    found: dict[Any, set[str]] = {thing: set() for thing in listed}
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        for thing, codename in cursor.fetchall():
            found[thing].add(codename)
    return {thing: frozenset(rights) for thing, rights in found.items()}


class _Condition(models.Expression):
    """One of the pieces of SQL above as a condition on the rows of a queryset; `columns` fill its braces."""

    output_field = models.BooleanField()
    conditional = True

    def __init__(self, person: User, template: str, **columns: str) -> None:
        super().__init__()
        self.person = person
        self.template = template
        self.names = tuple(columns)
        self.columns: list[Any] = [F(column) for column in columns.values()]

    def get_source_expressions(self) -> list[Any]:
        return self.columns

    def set_source_expressions(self, exprs: Any) -> None:
        self.columns = list(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        columns = {name: compiler.compile(column)[0] for name, column in zip(self.names, self.columns, strict=True)}
        text = self.template.format(**columns, codename="'view'", roles=_ROLES, exceptions=_EXCEPTIONS)
        return _bind(text, person=self.person.pk)


def _bind(sql: str, **more: Any) -> tuple[str, tuple[Any, ...]]:
    """Turn `:name` into placeholders and return their values in order."""
    pairs = [(role, Right(right).codename) for role, rights in ROLE_RIGHTS.items() for right in sorted(rights)]
    values: dict[str, Any] = {
        "now": timezone.now(),
        "roles": [str(role) for role, _ in pairs],
        "codenames": [codename for _, codename in pairs],
        **more,
    }
    names: list[str] = []

    def place(match: re.Match[str]) -> str:
        names.append(match[1])
        return "%s"

    text = re.sub(r"(?<!:):([a-z]+)", place, sql)
    return text, tuple(values[name] for name in names)

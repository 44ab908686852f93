"""The rules of access, in one place. See docs/sharing.md.

1. A person who is not in good standing, or whose platform role is not contributor, has no right on any workspace.
2. The owner of a workspace has every right in it; no exception touches that.
3. A role on the workspace (given to the person or to one of their groups, not expired) gives its rights. A role is one
   of those that are built in, or a permission set of an institution.
4. An exception on an item (not expired) allows or denies one right there and below. The most specific item wins; at
   equal depth deny wins over allow. An exception overrides the role, in either direction.
   A role and an exception that allows may be under a condition (networks, days, hours). While it is not fulfilled, they
   are not there.
5. Nothing without view: whoever may not view an item has no other right on it either.
6. A workspace can be viewed by its owner, by whoever has a role in it, and by whoever an exception lets view one of its
   items. Every other right on the workspace itself comes from rules 2 and 3 alone.

One check, a page of checks and the list of what a person may see are all made of the same three pieces of SQL below, so
they cannot come to different answers. Nothing is remembered between two questions: a revoked right is gone at once.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from core.http import address_of, was_let
from workspaces.permissions import ROLE_RIGHTS, Right

M = TypeVar("M", bound=models.Model)

_NAME = re.compile(r"(?<!:):([a-z]+)")  # `:person` is a value to bind, `::uuid` a cast

_GROUPS = "SELECT member.group_id FROM accounts_user_groups member WHERE member.user_id = :person"
# Whether a condition is fulfilled: asked of the database, so that every rule below asks the same. Of somebody else than
# whoever makes the request it is not known from where they would ask, so no network is theirs. `:anyhow` counts every
# condition as fulfilled, for lists of who may.
_FULFILLED = """(
    (cardinality(under.networks) = 0 OR :address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)"""
_CLOCKS = "sharing_condition under, LATERAL (SELECT :now::timestamptz AT TIME ZONE under.zone AS clock) there"
_HOLDS = f"""((said.expires_at IS NULL OR said.expires_at > :now) AND (said.condition_id IS NULL OR :anyhow
    OR EXISTS (SELECT FROM {_CLOCKS} WHERE under.id = said.condition_id AND {_FULFILLED})))"""

_BUILT_IN = "\n".join(
    f"        WHEN '{role}' THEN ARRAY[{', '.join(sorted(repr(Right(right).codename) for right in rights))}]"
    for role, rights in ROLE_RIGHTS.items()
)
# What a role gives: the rights of a permission set as its row says, those of a built-in role as the program says. A
# permission that is neither gives nothing.
_GIVEN = f"""COALESCE(named.rights::text[], CASE role.codename
{_BUILT_IN}
    END)"""
_NAMED = """JOIN auth_permission role ON role.id = said.permission_id
    LEFT JOIN sharing_permissionset named ON named.permission_id = said.permission_id"""

# Rule 3 as a relation: what roles give the person in which workspaces. `{within}` may narrow down where to look.
_ROLES = f"""(
    SELECT said.content_object_id AS workspace_id, {_GIVEN} AS rights
    FROM sharing_workspaceusergrant said {_NAMED}
    WHERE said.user_id = :person AND {_HOLDS} {{within}}
    UNION ALL
    SELECT said.content_object_id, {_GIVEN}
    FROM sharing_workspacegroupgrant said {_NAMED}
    WHERE said.group_id IN ({_GROUPS}) AND {_HOLDS} {{within}}
)"""  # noqa: S608  constants only; values are bound

# What rule 4 weighs: which rights are allowed or denied to the person on which items.
_EXCEPTIONS = f"""(
    SELECT said.content_object_id AS item_id, about.codename, said.effect
    FROM sharing_itemuserexception said JOIN auth_permission about ON about.id = said.permission_id
    WHERE said.user_id = :person AND {_HOLDS} {{within}}
    UNION ALL
    SELECT said.content_object_id, about.codename, said.effect
    FROM sharing_itemgroupexception said JOIN auth_permission about ON about.id = said.permission_id
    WHERE said.group_id IN ({_GROUPS}) AND {_HOLDS} {{within}}
)"""  # noqa: S608  constants only; values are bound

_ALL_ROLES = _ROLES.format(within="")
_ALL_EXCEPTIONS = _EXCEPTIONS.format(within="")

# Rules 2 to 4 for one right on one item. "deny" sorts after "allow", so descending order lets it win.
_MAY = """(
    {workspace} IN (SELECT owned.id FROM workspaces_workspace owned WHERE owned.owner_id = :person)
    OR COALESCE(
        CASE WHEN EXISTS (SELECT FROM {exceptions} anything) THEN (
            SELECT found.effect = 'allow' FROM {exceptions} found
            WHERE found.codename = {codename} AND found.item_id = ANY({path})
            ORDER BY array_position({path}, found.item_id) DESC, found.effect DESC LIMIT 1
        ) END,
        {workspace} IN (
            SELECT held.workspace_id FROM {roles} held WHERE {codename} = ANY(held.rights)
        )
    )
)"""

# A page of items: look only at roles in their workspaces and at exceptions on their paths.
_RIGHTS_ON_ITEMS = f"""
    WITH item AS MATERIALIZED (SELECT id, workspace_id, path FROM workspaces_item WHERE id = ANY(:things)),
    held_role AS MATERIALIZED {_ROLES.format(within="AND said.content_object_id IN (SELECT workspace_id FROM item)")},
    found_exception AS MATERIALIZED {
    _EXCEPTIONS.format(within="AND said.content_object_id IN (SELECT unnest(path) FROM item)")
}
    SELECT item.id, asked.codename FROM item CROSS JOIN unnest(:asked::text[]) AS asked(codename)
    WHERE {
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
        workspace="item.workspace_id",
        path="item.path",
        codename="asked.codename",
        roles=_ROLES.format(within="AND said.content_object_id = item.workspace_id"),
        exceptions=_EXCEPTIONS.format(within="AND said.content_object_id = ANY(item.path)"),
    ).replace(":person", "asker.id")
}"""  # noqa: S608  constants only; values are bound

# Rules 2 and 3 about many people, many workspaces and one right: who has it where.
_HOLDERS_IN = f"""
    SELECT owned.id, owned.owner_id FROM workspaces_workspace owned WHERE owned.id = ANY(:things)
    UNION
    SELECT held.workspace_id, asker.id FROM unnest(:people::uuid[]) AS asker(id), LATERAL {
    _ROLES.format(within="AND said.content_object_id = ANY(:things)").replace(":person", "asker.id")
} held WHERE :codename = ANY(held.rights)"""  # noqa: S608  constants only; values are bound

_MAY_VIEW = _MAY.format(
    workspace="item.workspace_id", path="item.path", codename="'view'", roles=_ALL_ROLES, exceptions=_ALL_EXCEPTIONS
)

# Rule 6, second half: the workspaces that the person sees because of an exception.
_LET_IN = f"""(
    SELECT item.workspace_id FROM {_ALL_EXCEPTIONS} let JOIN workspaces_item item ON item.id = let.item_id
    WHERE let.codename = 'view' AND let.effect = 'allow' AND item.removed_at IS NULL AND {_MAY_VIEW}
)"""  # noqa: S608  constants only; values are bound

# Rule 2 alone, which no other rule touches, so it is asked first and often is the whole answer.
_OWNED_ITEMS = """
    SELECT item.id, asked.codename
    FROM workspaces_item item JOIN workspaces_workspace owned ON owned.id = item.workspace_id
    CROSS JOIN unnest(:asked::text[]) AS asked(codename)
    WHERE item.id = ANY(:things) AND owned.owner_id = :person
"""
_OWNED_WORKSPACES = """
    SELECT owned.id, asked.codename
    FROM workspaces_workspace owned CROSS JOIN unnest(:asked::text[]) AS asked(codename)
    WHERE owned.id = ANY(:things) AND owned.owner_id = :person
"""

_ROLES_IN_WORKSPACES = f"""
    SELECT held.workspace_id, asked.codename
    FROM {_ROLES.format(within="AND said.content_object_id = ANY(:things)")} held
    CROSS JOIN unnest(:asked::text[]) AS asked(codename)
    WHERE asked.codename = ANY(held.rights)
"""  # noqa: S608  constants only; values are bound

_LET_INTO_WORKSPACES = f"""
    SELECT seen.workspace_id, 'view'::text FROM {_LET_IN} seen WHERE seen.workspace_id = ANY(:things)
"""  # noqa: S608  constants only; values are bound

# What takes the database long is to make ready all that a question might need, so it is cut into steps, and one that
# cannot add anything is left out. The same pair may come twice.
_STEPS = """
#variable_conflict use_column
DECLARE answered bigint;
BEGIN
RETURN QUERY {owned};
GET DIAGNOSTICS answered = ROW_COUNT;
IF answered = cardinality(ask_things) * cardinality(ask_asked) THEN RETURN; END IF;
RETURN QUERY {given};
{more}END
"""
_MORE = "IF 'view' = ANY(ask_asked) THEN RETURN QUERY {only_for_view}; END IF;\n"

_FROM_ROLE = "{id} IN (SELECT held.workspace_id FROM {roles} held WHERE {codename} = ANY(held.rights))"


def has_standing(person: Any) -> bool:
    """Rule 1."""
    return isinstance(person, User) and person.role == User.Role.CONTRIBUTOR and person.in_good_standing


def visible_items(queryset: QuerySet[M], person: User) -> QuerySet[M]:
    """Narrow items to those that the person may view."""
    return queryset.filter(_Condition(person, _MAY, workspace="workspace_id", path="path"))


def items_with_right(queryset: QuerySet[M], person: User, right: Right) -> QuerySet[M]:
    """Narrow items to those on which the person has a right (rule 5: and may view)."""
    asked = _Condition(person, _MAY, codename=right.codename, workspace="workspace_id", path="path")
    return visible_items(queryset, person).filter(asked)


def visible_workspaces(queryset: QuerySet[M], person: User) -> QuerySet[M]:
    """Narrow workspaces to those that the person may view (rule 6)."""
    from_role = _Condition(person, _FROM_ROLE, id="id")
    let_in = _Condition(person, f"{{id}} IN {_LET_IN}", id="id")
    return queryset.filter(Q(owner=person) | Q(from_role) | Q(let_in))


def workspaces_with_right(queryset: QuerySet[M], person: User, right: Right) -> QuerySet[M]:
    """Narrow workspaces to those on which the person has a right that no exception gives (rule 6)."""
    return queryset.filter(Q(owner=person) | Q(_Condition(person, _FROM_ROLE, codename=right.codename, id="id")))


def item_rights(
    person: User, items: Iterable[Any], asked: Iterable[str], *, anyhow: bool = False
) -> dict[Any, frozenset[str]]:
    """Return which of the asked codenames the person has on each item (by id), in one query."""
    wanted = {*asked, Right.VIEW.codename}
    return _with_view(_ask("sharing_rights_on_items", person, items, wanted, anyhow=anyhow))


def workspace_rights(
    person: User, workspaces: Iterable[Any], asked: Iterable[str], *, anyhow: bool = False
) -> dict[Any, frozenset[str]]:
    """Return which of the asked codenames the person has on each workspace (by id), in one query.

    `anyhow` counts every condition as fulfilled, as for `item_rights`: for lists and previews, never to let somebody.
    """
    return _ask("sharing_rights_on_workspaces", person, workspaces, asked, anyhow=anyhow)


def people_rights(people: Iterable[User], item: Any, *, at: datetime | None = None) -> dict[Any, frozenset[str]]:
    """Return the codenames of the rights that each person (by id) has on one item, in one query.

    Conditions count as fulfilled: it is about who may, not about who is asking now. `at` looks at another moment, as
    far as it is known today.
    """
    listed = list(people)
    everything = [right.codename for right in Right]
    things = [person.pk for person in listed]
    text, values = _bind(
        _RIGHTS_OF_PEOPLE, things=things, asked=everything, item=item, anyhow=True, now=at or timezone.now()
    )
    found = _with_view(_pairs(text, values, [person.pk for person in listed]))
    return {person.pk: found[person.pk] if has_standing(person) else frozenset() for person in listed}


def holders_in(people: Iterable[User], workspaces: Iterable[Any], right: Right) -> dict[Any, set[Any]]:
    """Return which of the people (by id) have a right on each workspace (by id) itself, in one query.

    Conditions count as fulfilled, as for `people_rights`. An owner who is not among the people is left out.
    """
    standing = [person.pk for person in people if has_standing(person)]
    things = list(workspaces)
    values = {"things": things, "people": standing, "codename": right.codename, "anyhow": True}
    found: dict[Any, set[Any]] = {workspace: set() for workspace in things}
    with connection.cursor() as cursor:
        cursor.execute(*_bind(_HOLDERS_IN, **values))
        for workspace, person in cursor.fetchall():
            found[workspace] |= {person} & set(standing)
    return found


def fulfilled(person: User, conditions: Iterable[Any]) -> set[Any]:
    """Return which of the conditions (by id) are fulfilled for the person now."""
    listed = list(conditions)
    if not listed:
        return set()
    asked = f"SELECT under.id FROM {_CLOCKS} WHERE under.id = ANY(:things) AND (:anyhow OR {_FULFILLED})"  # noqa: S608  constants only
    with connection.cursor() as cursor:
        cursor.execute(*_bind(asked, things=listed, **_asking(person)))
        return {key for (key,) in cursor.fetchall()}


def functions() -> dict[str, str]:
    """Return the bodies of the two database functions by name.

    One check is planned longer than it runs, and a function keeps its plan for the session. A migration creates them;
    a test holds the database against what is said here, so a change of the rules cannot forget its migration.
    """
    return {
        "sharing_rights_on_items": _body(_OWNED_ITEMS, _RIGHTS_ON_ITEMS),
        "sharing_rights_on_workspaces": _body(
            _OWNED_WORKSPACES, _ROLES_IN_WORKSPACES, only_for_view=_LET_INTO_WORKSPACES
        ),
    }


def _body(owned: str, given: str, *, only_for_view: str = "") -> str:
    owned, given, only_for_view = (re.sub(_NAME, r"ask_\1", sql).strip() for sql in (owned, given, only_for_view))
    more = _MORE.format(only_for_view=only_for_view) if only_for_view else ""
    return _STEPS.format(owned=owned, given=given, more=more)


def _with_view(found: dict[Any, frozenset[str]]) -> dict[Any, frozenset[str]]:
    """Rule 5."""
    return {key: rights if Right.VIEW.codename in rights else frozenset() for key, rights in found.items()}


def _ask(
    function: str, person: User, things: Iterable[Any], asked: Iterable[str], *, anyhow: bool
) -> dict[Any, frozenset[str]]:
    listed = list(things)
    values = ":person::uuid, :things::uuid[], :asked::text[], :now, :address::inet, :anyhow"
    call = f"SELECT * FROM {function}({values})"  # noqa: S608  a name of ours
    asking = _asking(person) | ({"anyhow": True} if anyhow else {})
    return _pairs(*_bind(call, person=person.pk, things=listed, asked=list(asked), **asking), listed)


def _asking(person: User) -> dict[str, Any]:
    """Return what conditions are asked with: from where the person asks, and whether they are past that question."""
    return {"address": address_of(str(person.pk)), "anyhow": was_let(str(person.pk))}


def _pairs(text: str, values: tuple[Any, ...], keys: list[Any]) -> dict[Any, frozenset[str]]:
    found: dict[Any, set[str]] = {key: set() for key in keys}
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        for key, codename in cursor.fetchall():
            found[key].add(codename)
    return {key: frozenset(codenames) for key, codenames in found.items()}


class _Condition(models.Expression):
    """One of the pieces of SQL above, about one right, as a condition on the rows of a queryset.

    `columns` fill its braces.
    """

    output_field = models.BooleanField()
    conditional = True

    def __init__(self, person: User, template: str, *, codename: str = Right.VIEW.codename, **columns: str) -> None:
        super().__init__()
        self.person = person
        self.codename = codename
        self.template = template
        self.names = tuple(columns)
        self.columns: list[Any] = [F(column) for column in columns.values()]

    def get_source_expressions(self) -> list[Any]:
        return self.columns

    def set_source_expressions(self, exprs: Any) -> None:
        self.columns = list(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        columns = {name: compiler.compile(column)[0] for name, column in zip(self.names, self.columns, strict=True)}
        text = self.template.format(
            **columns, codename=f"'{self.codename}'", roles=_ALL_ROLES, exceptions=_ALL_EXCEPTIONS
        )
        return _bind(text, person=self.person.pk, **_asking(self.person))


def _bind(sql: str, **more: Any) -> tuple[str, tuple[Any, ...]]:
    """Turn `:name` into placeholders and return their values in order."""
    text, names = _parsed(sql)
    values: dict[str, Any] = {"now": timezone.now(), "address": None, "anyhow": False, **more}
    return text, tuple(values[name] for name in names)


@lru_cache(256)
def _parsed(sql: str) -> tuple[str, tuple[str, ...]]:
    return re.sub(_NAME, "%s", sql), tuple(re.findall(_NAME, sql))

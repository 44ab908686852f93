"""Invented installations of any size for `bench.permissions`: people by Django, files and their rights by SQL."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from accounts.models import User
from sharing.models import ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from workspaces.models import Item, Workspace
from workspaces.permissions import Right, Role

PEOPLE, GROUPS, WORKSPACES = 1_000, 200, 2_000
GROUPS_A_PERSON = 3
MEMBERS_A_WORKSPACE = 3
FILES_A_FOLDER = 200
EXCEPTIONS_OF_ONE = 200

OUR_TABLES = (
    "sharing_workspaceusergrant", "sharing_workspacegroupgrant",
    "sharing_itemuserexception", "sharing_itemgroupexception",
)  # fmt: skip
GUARDIAN_TABLES = ("guardian_userobjectpermission", "guardian_groupobjectpermission")

# Three folders deep, the lowest full of files; the workspaces are used in turn. `flat` of the files lie in one folder.
_FILES = """
    CREATE TEMP TABLE leaf AS
        SELECT n, ws.id AS workspace, uuidv7() AS top, uuidv7() AS mid, uuidv7() AS id
        FROM generate_series(1, greatest(%(folders)s, 1)) n
        JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM workspaces_workspace) ws
            ON ws.place = 1 + n %% {workspaces};
    INSERT INTO workspaces_item ({columns})
        SELECT top, workspace, NULL, 'folder', 'Study '||n, 'study '||n, ARRAY[top], {rest} FROM leaf
        UNION ALL SELECT mid, workspace, top, 'folder', 'Visit '||n, 'visit '||n, ARRAY[top, mid], {rest} FROM leaf
        UNION ALL SELECT id, workspace, mid, 'folder', 'Site '||n, 'site '||n, ARRAY[top, mid, id], {rest} FROM leaf;
    INSERT INTO workspaces_item ({columns})
        SELECT file, workspace, id, 'file', name, name, ARRAY[top, mid, id, file], {rest}
        FROM (SELECT leaf.*, uuidv7() AS file, 'scan '||lpad(k::text, 7, '0')||'.dcm' AS name
              FROM leaf JOIN generate_series(1, %(files)s) k ON leaf.n = CASE
                  WHEN k <= %(flat)s THEN 1 ELSE 1 + (k - %(flat)s) / {a_folder} %% greatest(%(folders)s, 1) END) made;
    DROP TABLE leaf;
"""
_COLUMNS = "id, workspace_id, parent_id, kind, name, name_key, path, description, created_by_id, created_at, changed_at"
_REST = "'', %(creator)s::uuid, now(), now()"

# One folder in twenty and one file in a thousand, for a random member of a workspace or one of the groups.
_EXCEPTIONS = """
    INSERT INTO sharing_itemuserexception
        (id, content_object_id, user_id, permission_id, effect, granted_by_id, granted_at, purpose, expires_at)
    SELECT uuidv7(), item.id, people.id, %(view)s, CASE WHEN random() < 0.5 THEN 'allow' ELSE 'deny' END,
        %(creator)s::uuid, now(), '', CASE WHEN random() < 0.1 THEN now() - interval '1 day' END
    FROM workspaces_item item
    JOIN (SELECT id, row_number() OVER () AS place FROM accounts_user) people
        ON people.place = 3 + abs(hashtext(item.id::text)) %% ({people} - 5)
    WHERE random() < CASE item.kind WHEN 'folder' THEN 0.05 ELSE 0.001 END;
    INSERT INTO sharing_itemgroupexception
        (id, content_object_id, group_id, permission_id, effect, granted_by_id, granted_at, purpose)
    SELECT uuidv7(), item.id, groups.id, %(download)s, 'deny', %(creator)s::uuid, now(), ''
    FROM workspaces_item item
    JOIN (SELECT id, row_number() OVER () AS place FROM auth_group) groups
        ON groups.place = 1 + abs(hashtext(item.id::text)) %% {groups}
    WHERE item.kind = 'folder' AND random() < 0.02;
"""

# Guardian knows no inheritance: whoever has a role on a workspace needs a row for each of its files.
_GUARDIAN = """
    INSERT INTO guardian_userobjectpermission (object_pk, content_type_id, permission_id, user_id)
    SELECT item.id::text, %(type)s, %(permission)s, held.user_id
    FROM workspaces_item item JOIN sharing_workspaceusergrant held ON held.content_object_id = item.workspace_id;
    INSERT INTO guardian_groupobjectpermission (object_pk, content_type_id, permission_id, group_id)
    SELECT item.id::text, %(type)s, %(permission)s, held.group_id
    FROM workspaces_item item JOIN sharing_workspacegroupgrant held ON held.content_object_id = item.workspace_id;
"""


@dataclass(frozen=True)
class Installation:
    """What was made, and whom to ask about."""

    manager: User
    stranger: User
    exempted: User
    big_folder: Item

    def member_folders(self, count: int) -> list[tuple[User, Item]]:
        """Return members with a full folder of a workspace that they have a role in."""
        grants = WorkspaceUserGrant.objects.filter(content_object__items__kind="folder", expires_at=None)
        found = grants.exclude(user=self.exempted).select_related("user").order_by("id").distinct()[:count]
        return [(grant.user, self._full_folder(grant.content_object_id)) for grant in found]

    def member_files(self, count: int) -> list[tuple[User, Item]]:
        pairs = [(person, Item.objects.filter(parent=folder).first()) for person, folder in self.member_folders(count)]
        return [(person, file) for person, file in pairs if file]

    def folders_of(self, person: User, count: int) -> list[Item]:
        """Return folders whose path carries an exception of the person."""
        mine = ItemUserException.objects.filter(user=person).values_list("content_object", flat=True)[:count]
        return list(Item.objects.filter(pk__in=mine).select_related("workspace"))

    def _full_folder(self, workspace: Any) -> Item:
        lowest = Item.objects.filter(workspace=workspace, kind="folder", path__len=3).select_related("workspace")
        return lowest.earliest("id")


def build(files: int) -> Installation:
    """Fill the scratch database anew."""
    _empty()
    people = _people()
    groups = _groups(people)
    _workspaces(people, groups)
    _files(files, creator=people[0])
    _exempt(people[2])
    _guardian()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    big = Item.objects.filter(kind="folder", path__len=3, name="Site 1").select_related("workspace").get()
    return Installation(manager=people[1], stranger=people[-1], exempted=people[2], big_folder=big)


def table_bytes(tables: tuple[str, ...]) -> int:
    """Return the size of tables with their indexes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(pg_total_relation_size(name)) FROM unnest(%s) AS name", [list(tables)])
        return int(cursor.fetchone()[0])


def _empty() -> None:
    tables = ", ".join(
        (*OUR_TABLES, *GUARDIAN_TABLES, "workspaces_item", "workspaces_workspace", "accounts_user_groups")
    )
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables}, auth_group CASCADE")
    User.objects.all().delete()


def _people() -> list[User]:
    until = datetime.now(UTC) + timedelta(days=300)
    return User.objects.bulk_create(
        User(email=f"p{n}@example.org", name=f"Person {n}", role=User.Role.CONTRIBUTOR, approved_until=until)
        for n in range(PEOPLE)
    )


def _groups(people: list[User]) -> list[Group]:
    """Return the groups; the first is that of the person who manages everything, the last person is in none."""
    groups = Group.objects.bulk_create(Group(name=f"Group {n}") for n in range(GROUPS))
    membership = User.groups.through
    rng = random.Random(1)
    rows = [membership(user=people[1], group=groups[0])]
    for person in people[2:-1]:
        rows += [membership(user=person, group=group) for group in rng.sample(groups[1:], GROUPS_A_PERSON)]
    membership.objects.bulk_create(rows)
    return groups


def _workspaces(people: list[User], groups: list[Group]) -> None:
    rng = random.Random(2)
    members, roles = people[3:-1], _roles()
    made = Workspace.objects.bulk_create(Workspace(name=f"W{n}", owner=rng.choice(members)) for n in range(WORKSPACES))
    by_person, by_group = [], []
    for workspace in made:
        common = {"content_object": workspace, "granted_by": people[0]}
        for person in [*rng.sample(members, MEMBERS_A_WORKSPACE), *([people[2]] if rng.random() < 0.05 else [])]:
            role = rng.choices(list(roles.values()), weights=[6, 3, 1])[0]
            end = datetime.now(UTC) - timedelta(days=1) if rng.random() < 0.05 else None
            by_person.append(WorkspaceUserGrant(user=person, permission=role, expires_at=end, **common))
        by_group.append(WorkspaceGroupGrant(group=groups[0], permission=roles[Role.MANAGER], **common))
        by_group.append(WorkspaceGroupGrant(group=rng.choice(groups[1:]), permission=roles[Role.VISITOR], **common))
    WorkspaceUserGrant.objects.bulk_create(by_person)
    WorkspaceGroupGrant.objects.bulk_create(by_group)


def _roles() -> dict[str, Permission]:
    found = Permission.objects.filter(content_type__app_label="workspaces", content_type__model="workspace")
    by_name = {permission.codename: permission for permission in found}
    return {role: by_name[role] for role in (Role.VISITOR, Role.CONTRIBUTOR, Role.MANAGER)}


def _right(right: Right) -> Permission:
    return Permission.objects.get(
        content_type__app_label="workspaces", content_type__model="item", codename=right.codename
    )


def _files(count: int, *, creator: User) -> None:
    flat = count // 10
    values: dict[str, str | int] = {
        "files": count,
        "flat": flat,
        "folders": (count - flat) // FILES_A_FOLDER,
        "creator": str(creator.pk),
        "view": _right(Right.VIEW).pk,
        "download": _right(Right.DOWNLOAD).pk,
    }
    shape = {"columns": _COLUMNS, "rest": _REST, "a_folder": FILES_A_FOLDER, "workspaces": WORKSPACES}
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_FILES.format(**shape), values)
        cursor.execute(_EXCEPTIONS.format(people=PEOPLE, groups=GROUPS), values)


def _exempt(person: User) -> None:
    """Give one person far more exceptions than anybody has."""
    folders = Item.objects.filter(kind="folder", path__len=3).order_by("id")[:EXCEPTIONS_OF_ONE]
    view, giver = _right(Right.VIEW), User.objects.exclude(pk=person.pk)[0]
    ItemUserException.objects.bulk_create(
        [
            ItemUserException(content_object=item, user=person, permission=view, effect="allow", granted_by=giver)
            for item in folders
        ],
        ignore_conflicts=True,
    )


def _guardian() -> None:
    from bench.guarded import GuardedItem

    type_ = ContentType.objects.get_for_model(GuardedItem)
    permission, _ = Permission.objects.get_or_create(content_type=type_, codename="view", defaults={"name": "view"})
    with connection.cursor() as cursor:
        cursor.execute(_GUARDIAN, {"type": type_.pk, "permission": permission.pk})

"""What was said about downloading is said about printing and copying text too, so that the new rights change little.

Until now whoever viewed text or a table could copy it, and the page of the viewer could be printed. Whoever was kept from
downloading is kept from the new ways as well; whoever was let download by an exception is let print and copy.
"""

from typing import Any

from django.db import migrations

_NEW = {"print": "print", "copy": "copy text"}
_FIELDS = "granted_at, expires_at, purpose, effect, content_object_id, granted_by_id, renewed_by_id, renewed_at, condition_id"
_TABLES = {"sharing_itemuserexception": "user_id", "sharing_itemgroupexception": "group_id"}


def spread(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        for codename, label in _NEW.items():
            # The permissions of new rights are made after all migrations, which is too late for this one.
            cursor.execute(
                "INSERT INTO auth_permission (name, content_type_id, codename)"
                " SELECT %s, id, %s FROM django_content_type WHERE app_label = 'workspaces' AND model = 'item'"
                " ON CONFLICT DO NOTHING",
                [label, codename],
            )
            for table, holder in _TABLES.items():
                cursor.execute(
                    f"INSERT INTO {table} (id, permission_id, {holder}, {_FIELDS})"
                    f" SELECT gen_random_uuid(), new.id, said.{holder}, said."
                    + _FIELDS.replace(", ", ", said.")
                    + f" FROM {table} said JOIN auth_permission about ON about.id = said.permission_id"
                    " JOIN django_content_type kind ON kind.id = about.content_type_id"
                    " JOIN auth_permission new ON new.content_type_id = kind.id AND new.codename = %s"
                    " WHERE about.codename = 'download' AND kind.app_label = 'workspaces' AND kind.model = 'item'"
                    " AND (said.expires_at IS NULL OR said.expires_at > now())"
                    " ON CONFLICT DO NOTHING",
                    [codename],
                )


def take_back(apps: Any, schema_editor: Any) -> None:
    """The program of before knows no such right."""
    with schema_editor.connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(
                f"DELETE FROM {table} WHERE permission_id IN (SELECT id FROM auth_permission WHERE codename = ANY(%s))",
                [list(_NEW)],
            )


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0012_fetched_in"),
        ("workspaces", "0028_rights_to_print_and_copy"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(spread, take_back)]

"""The rights functions ask what a role gives of the database (see sharing/rules.py): a permission set says it in its row."""

from importlib import import_module
from typing import Any

from django.db import migrations

# Frozen: what sharing.rules.functions() said when this was written. A change of the rules is a new migration.
BODIES = {
    "sharing_rights_on_items": """
#variable_conflict use_column
DECLARE answered bigint;
BEGIN
RETURN QUERY SELECT item.id, asked.codename
    FROM workspaces_item item JOIN workspaces_workspace owned ON owned.id = item.workspace_id
    CROSS JOIN unnest(ask_asked::text[]) AS asked(codename)
    WHERE item.id = ANY(ask_things) AND owned.owner_id = ask_person;
GET DIAGNOSTICS answered = ROW_COUNT;
IF answered = cardinality(ask_things) * cardinality(ask_asked) THEN RETURN; END IF;
RETURN QUERY WITH item AS MATERIALIZED (SELECT id, workspace_id, path FROM workspaces_item WHERE id = ANY(ask_things)),
    held_role AS MATERIALIZED (
    SELECT said.content_object_id AS workspace_id, COALESCE(named.rights::text[], CASE role.codename
        WHEN 'look_only' THEN ARRAY['view']
        WHEN 'visitor' THEN ARRAY['download', 'hand_over', 'view']
        WHEN 'contributor' THEN ARRAY['comment', 'copy', 'download', 'edit', 'hand_over', 'print', 'trail', 'upload', 'view']
        WHEN 'manager' THEN ARRAY['comment', 'copy', 'download', 'edit', 'hand_over', 'manage', 'print', 'share', 'trail', 'upload', 'view']
    END) AS rights
    FROM sharing_workspaceusergrant said JOIN auth_permission role ON role.id = said.permission_id
    LEFT JOIN sharing_permissionset named ON named.permission_id = said.permission_id
    WHERE said.user_id = ask_person AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) AND said.content_object_id IN (SELECT workspace_id FROM item)
    UNION ALL
    SELECT said.content_object_id, COALESCE(named.rights::text[], CASE role.codename
        WHEN 'look_only' THEN ARRAY['view']
        WHEN 'visitor' THEN ARRAY['download', 'hand_over', 'view']
        WHEN 'contributor' THEN ARRAY['comment', 'copy', 'download', 'edit', 'hand_over', 'print', 'trail', 'upload', 'view']
        WHEN 'manager' THEN ARRAY['comment', 'copy', 'download', 'edit', 'hand_over', 'manage', 'print', 'share', 'trail', 'upload', 'view']
    END)
    FROM sharing_workspacegroupgrant said JOIN auth_permission role ON role.id = said.permission_id
    LEFT JOIN sharing_permissionset named ON named.permission_id = said.permission_id
    WHERE said.group_id IN (SELECT member.group_id FROM accounts_user_groups member WHERE member.user_id = ask_person) AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) AND said.content_object_id IN (SELECT workspace_id FROM item)
),
    found_exception AS MATERIALIZED (
    SELECT said.content_object_id AS item_id, about.codename, said.effect
    FROM sharing_itemuserexception said JOIN auth_permission about ON about.id = said.permission_id
    WHERE said.user_id = ask_person AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) AND said.content_object_id IN (SELECT unnest(path) FROM item)
    UNION ALL
    SELECT said.content_object_id, about.codename, said.effect
    FROM sharing_itemgroupexception said JOIN auth_permission about ON about.id = said.permission_id
    WHERE said.group_id IN (SELECT member.group_id FROM accounts_user_groups member WHERE member.user_id = ask_person) AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) AND said.content_object_id IN (SELECT unnest(path) FROM item)
)
    SELECT item.id, asked.codename FROM item CROSS JOIN unnest(ask_asked::text[]) AS asked(codename)
    WHERE (
    item.workspace_id IN (SELECT owned.id FROM workspaces_workspace owned WHERE owned.owner_id = ask_person)
    OR COALESCE(
        CASE WHEN EXISTS (SELECT FROM found_exception anything) THEN (
            SELECT found.effect = 'allow' FROM found_exception found
            WHERE found.codename = asked.codename AND found.item_id = ANY(item.path)
            ORDER BY array_position(item.path, found.item_id) DESC, found.effect DESC LIMIT 1
        ) END,
        item.workspace_id IN (
            SELECT held.workspace_id FROM held_role held WHERE asked.codename = ANY(held.rights)
        )
    )
);
END
""",
    "sharing_rights_on_workspaces": """
#variable_conflict use_column
DECLARE answered bigint;
BEGIN
RETURN QUERY SELECT owned.id, asked.codename
    FROM workspaces_workspace owned CROSS JOIN unnest(ask_asked::text[]) AS asked(codename)
    WHERE owned.id = ANY(ask_things) AND owned.owner_id = ask_person;
GET DIAGNOSTICS answered = ROW_COUNT;
IF answered = cardinality(ask_things) * cardinality(ask_asked) THEN RETURN; END IF;
RETURN QUERY SELECT held.workspace_id, asked.codename
    FROM (
    SELECT said.content_object_id AS workspace_id, COALESCE(named.rights::text[], CASE role.codename
        WHEN 'look_only' THEN ARRAY['view']
        WHEN 'visitor' THEN ARRAY['download', 'hand_over', 'view']
        WHEN 'contributor' THEN ARRAY['comment', 'copy', 'download', 'edit', 'hand_over', 'print', 'trail', 'upload', 'view']
        WHEN 'manager' THEN ARRAY['comment', 'copy', 'download', 'edit', 'hand_over', 'manage', 'print', 'share', 'trail', 'upload', 'view']
    END) AS rights
    FROM sharing_workspaceusergrant said JOIN auth_permission role ON role.id = said.permission_id
    LEFT JOIN sharing_permissionset named ON named.permission_id = said.permission_id
    WHERE said.user_id = ask_person AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) AND said.content_object_id = ANY(ask_things)
    UNION ALL
    SELECT said.content_object_id, COALESCE(named.rights::text[], CASE role.codename
        WHEN 'look_only' THEN ARRAY['view']
        WHEN 'visitor' THEN ARRAY['download', 'hand_over', 'view']
        WHEN 'contributor' THEN ARRAY['comment', 'copy', 'download', 'edit', 'hand_over', 'print', 'trail', 'upload', 'view']
        WHEN 'manager' THEN ARRAY['comment', 'copy', 'download', 'edit', 'hand_over', 'manage', 'print', 'share', 'trail', 'upload', 'view']
    END)
    FROM sharing_workspacegroupgrant said JOIN auth_permission role ON role.id = said.permission_id
    LEFT JOIN sharing_permissionset named ON named.permission_id = said.permission_id
    WHERE said.group_id IN (SELECT member.group_id FROM accounts_user_groups member WHERE member.user_id = ask_person) AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) AND said.content_object_id = ANY(ask_things)
) held
    CROSS JOIN unnest(ask_asked::text[]) AS asked(codename)
    WHERE asked.codename = ANY(held.rights);
IF 'view' = ANY(ask_asked) THEN RETURN QUERY SELECT seen.workspace_id, 'view'::text FROM (
    SELECT item.workspace_id FROM (
    SELECT said.content_object_id AS item_id, about.codename, said.effect
    FROM sharing_itemuserexception said JOIN auth_permission about ON about.id = said.permission_id
    WHERE said.user_id = ask_person AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) 
    UNION ALL
    SELECT said.content_object_id, about.codename, said.effect
    FROM sharing_itemgroupexception said JOIN auth_permission about ON about.id = said.permission_id
    WHERE said.group_id IN (SELECT member.group_id FROM accounts_user_groups member WHERE member.user_id = ask_person) AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) 
) let JOIN workspaces_item item ON item.id = let.item_id
    WHERE let.codename = 'view' AND let.effect = 'allow' AND item.removed_at IS NULL AND (
    item.workspace_id IN (SELECT owned.id FROM workspaces_workspace owned WHERE owned.owner_id = ask_person)
    OR COALESCE(
        CASE WHEN EXISTS (SELECT FROM (
    SELECT said.content_object_id AS item_id, about.codename, said.effect
    FROM sharing_itemuserexception said JOIN auth_permission about ON about.id = said.permission_id
    WHERE said.user_id = ask_person AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) 
    UNION ALL
    SELECT said.content_object_id, about.codename, said.effect
    FROM sharing_itemgroupexception said JOIN auth_permission about ON about.id = said.permission_id
    WHERE said.group_id IN (SELECT member.group_id FROM accounts_user_groups member WHERE member.user_id = ask_person) AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) 
) anything) THEN (
            SELECT found.effect = 'allow' FROM (
    SELECT said.content_object_id AS item_id, about.codename, said.effect
    FROM sharing_itemuserexception said JOIN auth_permission about ON about.id = said.permission_id
    WHERE said.user_id = ask_person AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) 
    UNION ALL
    SELECT said.content_object_id, about.codename, said.effect
    FROM sharing_itemgroupexception said JOIN auth_permission about ON about.id = said.permission_id
    WHERE said.group_id IN (SELECT member.group_id FROM accounts_user_groups member WHERE member.user_id = ask_person) AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) 
) found
            WHERE found.codename = 'view' AND found.item_id = ANY(item.path)
            ORDER BY array_position(item.path, found.item_id) DESC, found.effect DESC LIMIT 1
        ) END,
        item.workspace_id IN (
            SELECT held.workspace_id FROM (
    SELECT said.content_object_id AS workspace_id, COALESCE(named.rights::text[], CASE role.codename
        WHEN 'look_only' THEN ARRAY['view']
        WHEN 'visitor' THEN ARRAY['download', 'hand_over', 'view']
        WHEN 'contributor' THEN ARRAY['comment', 'copy', 'download', 'edit', 'hand_over', 'print', 'trail', 'upload', 'view']
        WHEN 'manager' THEN ARRAY['comment', 'copy', 'download', 'edit', 'hand_over', 'manage', 'print', 'share', 'trail', 'upload', 'view']
    END) AS rights
    FROM sharing_workspaceusergrant said JOIN auth_permission role ON role.id = said.permission_id
    LEFT JOIN sharing_permissionset named ON named.permission_id = said.permission_id
    WHERE said.user_id = ask_person AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) 
    UNION ALL
    SELECT said.content_object_id, COALESCE(named.rights::text[], CASE role.codename
        WHEN 'look_only' THEN ARRAY['view']
        WHEN 'visitor' THEN ARRAY['download', 'hand_over', 'view']
        WHEN 'contributor' THEN ARRAY['comment', 'copy', 'download', 'edit', 'hand_over', 'print', 'trail', 'upload', 'view']
        WHEN 'manager' THEN ARRAY['comment', 'copy', 'download', 'edit', 'hand_over', 'manage', 'print', 'share', 'trail', 'upload', 'view']
    END)
    FROM sharing_workspacegroupgrant said JOIN auth_permission role ON role.id = said.permission_id
    LEFT JOIN sharing_permissionset named ON named.permission_id = said.permission_id
    WHERE said.group_id IN (SELECT member.group_id FROM accounts_user_groups member WHERE member.user_id = ask_person) AND ((said.expires_at IS NULL OR said.expires_at > ask_now) AND (said.condition_id IS NULL OR ask_anyhow
    OR EXISTS (SELECT FROM sharing_condition under, LATERAL (SELECT ask_now::timestamptz AT TIME ZONE under.zone AS clock) there WHERE under.id = said.condition_id AND (
    (cardinality(under.networks) = 0 OR ask_address::inet <<= ANY(under.networks::inet[]))
    AND CASE
        WHEN under.starts IS NULL THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        WHEN under.starts < under.ends THEN
            extract(isodow FROM there.clock)::int = ANY(under.days)
            AND there.clock::time >= under.starts AND there.clock::time < under.ends
        WHEN there.clock::time >= under.starts THEN extract(isodow FROM there.clock)::int = ANY(under.days)
        ELSE there.clock::time < under.ends
            AND extract(isodow FROM there.clock - interval '1 day')::int = ANY(under.days)
    END
)))) 
) held WHERE 'view' = ANY(held.rights)
        )
    )
)
) seen WHERE seen.workspace_id = ANY(ask_things); END IF;
END
""",
}

CREATE = """
CREATE OR REPLACE FUNCTION {name}(
    ask_person uuid, ask_things uuid[], ask_asked text[], ask_now timestamptz, ask_address inet, ask_anyhow boolean
) RETURNS TABLE (id uuid, codename text) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
AS $rules${body}$rules$
"""
BEFORE = import_module("sharing.migrations.0014_rules_step_by_step")
_OLD, _NEW = "uuid, uuid[], text[], text[], timestamptz, inet, boolean", "uuid, uuid[], text[], timestamptz, inet, boolean"


def refuse_to_forget(apps: Any, schema_editor: Any) -> None:
    """The program of before knows no such role, and whoever has one would have nothing."""
    if apps.get_model("sharing", "PermissionSet").objects.exists():
        raise RuntimeError("There are permission sets. Give other roles to whoever has one, and delete them, before going back.")


class Migration(migrations.Migration):
    dependencies = [("sharing", "0016_permission_sets")]

    operations = [
        *(
            migrations.RunSQL(CREATE.format(name=name, body=body), f"DROP FUNCTION {name}({_NEW})")
            for name, body in BODIES.items()
        ),
        *(
            migrations.RunSQL(f"DROP FUNCTION {name}({_OLD})", BEFORE.BEFORE.CREATE.format(name=name, body=BEFORE.BODIES[name]))
            for name in BODIES
        ),
        migrations.RunPython(migrations.RunPython.noop, refuse_to_forget),
    ]

"""What stands against opening a version is asked by a function, which keeps its plan (see workspaces/opening.py)."""

from django.db import migrations

# Frozen: what workspaces.opening.STANDING said when this was written. A change of it is a new migration.
BODY = """
#variable_conflict use_column
BEGIN RETURN QUERY
    SELECT file.shredded_at IS NOT NULL, coalesce(scan.state, '')::text, coalesce(scan.finding, '')::text,
        scan.released_at, ask.id IS NOT NULL AND given.id IS NULL, terms.id IS NOT NULL AND agreed.id IS NULL
    FROM workspaces_version version JOIN workspaces_item file ON file.id = version.file_id
    LEFT JOIN workspaces_versionscan scan ON scan.version_id = version.id
    LEFT JOIN workspaces_acknowledgementask ask
        ON ask.version_id = version.id AND ask.withdrawn_at IS NULL AND ask.required
    LEFT JOIN workspaces_acknowledgement given ON given.ask_id = ask.id AND given.person_id = ask_reader
    LEFT JOIN workspaces_terms terms ON terms.workspace_id = file.workspace_id AND terms.ended_at IS NULL
    LEFT JOIN workspaces_termsacknowledgement agreed
        ON agreed.terms_id = terms.id AND agreed.person_id = ask_reader
    WHERE version.id = ask_version;
END
"""

CREATE = f"""
CREATE OR REPLACE FUNCTION workspaces_standing(ask_reader uuid, ask_version uuid)
RETURNS TABLE (
    shredded boolean, state text, finding text, released_at timestamptz, unread boolean, no_terms boolean
) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
AS $standing${BODY}$standing$
"""


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0029_organising")]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION workspaces_standing(uuid, uuid)")]

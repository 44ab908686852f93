"""Words of names and descriptions, found by their beginning, whatever their case and accents.

The functions use nothing but what PostgreSQL has built in, and no dictionary or parser: words are what stands between
spaces and punctuation. They are written in the SQL standard's way, so that they name each other for good whatever the
search path of a restore is. Their cost is about what they take, so that the planner looks into the index
rather than call them for every row. `sharing` has no say here: what somebody may see is asked beside it, as everywhere.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

_MARKS = r"[\u0300-\u036f\u0591-\u05c7\u064b-\u065f]"
# ASCII punctuation and white space, the typographic kind, and the character that stands for what was deceptive.
_APART = "E' \\t\\r\\n!\"#$%&''()*+,-./:;<=>?@[\\\\]^_`{|}~\\u00a1\\u00a7\\u00ab\\u00b7\\u00bb\\u00bf\\u2010\\u2011\\u2012\\u2013\\u2014\\u2018\\u2019\\u201a\\u201c\\u201d\\u201e\\u2022\\u2026\\u3001\\u3002\\uff0c\\ufffd'"

CREATE = rf"""
CREATE OR REPLACE FUNCTION workspaces_folded(said text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
RETURN replace(replace(replace(replace(
    translate(lower(regexp_replace(normalize(said, NFKD), E'{_MARKS}', '', 'g')), E'\u00f8\u0142\u0111\u0127\u0131\u03c2', E'oldhi\u03c3'),
    E'\u00df', 'ss'), E'\u00e6', 'ae'), E'\u0153', 'oe'), E'\u00fe', 'th');

CREATE OR REPLACE FUNCTION workspaces_words_in(said text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
RETURN ARRAY(
    SELECT left(word, 100)
    FROM unnest(string_to_array(translate(workspaces_folded(said), {_APART}, repeat(' ', 64)), ' ')) word
    WHERE word <> ''
);

CREATE OR REPLACE FUNCTION workspaces_words(name text, described text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
RETURN array_to_tsvector(workspaces_words_in(name || ' ' || described));

-- One letter alone stands for itself, or it would find half of everything. No word at all finds nothing.
CREATE OR REPLACE FUNCTION workspaces_asked(said text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
RETURN (
    SELECT string_agg('''' || word || CASE WHEN octet_length(word) > 1 THEN ''':*' ELSE '''' END, ' & ')::tsquery
    FROM unnest(workspaces_words_in(said)) word
);

-- The words of an item begin with the end of its workspace's id. So what the index reads for somebody, and the time it
-- takes, depends on the workspaces they see, and not on what all the others hold.
CREATE OR REPLACE FUNCTION workspaces_item_words(place uuid, name text, described text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
RETURN array_to_tsvector(ARRAY(
    SELECT right(place::text, 12) || word FROM unnest(workspaces_words_in(name || ' ' || described)) word
));

CREATE OR REPLACE FUNCTION workspaces_item_asked(place uuid, said text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
RETURN (
    SELECT string_agg(
        '''' || right(place::text, 12) || word || CASE WHEN octet_length(word) > 1 THEN ''':*' ELSE '''' END, ' & '
    )::tsquery
    FROM unnest(workspaces_words_in(said)) word
);
"""

DROP = """
DROP FUNCTION IF EXISTS workspaces_item_asked(uuid, text);
DROP FUNCTION IF EXISTS workspaces_item_words(uuid, text, text);
DROP FUNCTION IF EXISTS workspaces_asked(text);
DROP FUNCTION IF EXISTS workspaces_words(text, text);
DROP FUNCTION IF EXISTS workspaces_words_in(text);
DROP FUNCTION IF EXISTS workspaces_folded(text);
"""


def words(function, *columns):
    return models.Func(
        *(models.F(column) for column in columns),
        function=function,
        output_field=django.contrib.postgres.search.SearchVectorField(),
    )


class Migration(migrations.Migration):
    # The indexes are built beside the work of others, which cannot be done in a transaction.
    atomic = False

    dependencies = [("workspaces", "0023_viewing_times")]

    operations = [
        migrations.RunSQL(CREATE, DROP),
        # An attempt that was cut off leaves an index that is never used; the next attempt begins anew.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS item_by_words", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="item",
            index=django.contrib.postgres.indexes.GinIndex(
                words("workspaces_item_words", "workspace_id", "name_key", "description"),
                condition=models.Q(removed_at=None),
                name="item_by_words",
            ),
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS workspace_by_words", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="workspace",
            index=django.contrib.postgres.indexes.GinIndex(
                words("workspaces_words", "name", "description"), name="workspace_by_words"
            ),
        ),
    ]

"""No id makes the making of partitions walk through thousands of years.

Ids begin with a time that whoever records chooses: a wrong clock, or somebody with the rights of the web role, may say
the year 10889. Such an entry used to decide how far the partition reaches that the default one becomes. Now nothing
does beyond what is made ahead anyway: what lies later moves on into the new default partition. And an id is made of
any moment: of one that its 48 bits of milliseconds do not reach, the smallest or the largest there is.
"""

from importlib import import_module
from typing import Any

from django.db import migrations

_BEFORE: str = import_module("ledger_bridge.migrations.0018_entries_in_partitions").MAKE

UUID_AT = """
CREATE OR REPLACE FUNCTION ledger_uuid_at(moment timestamp) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(least(greatest(floor(extract(epoch FROM moment) * 1000), 0), 281474976710655)::bigint), 12, '0')
        || repeat('0', 20))::uuid
$$;
"""

_FAR = """
            SELECT id INTO newest FROM ledger_bridge_entry_default ORDER BY id DESC LIMIT 1;
            WHILE ledger_uuid_at(ends) <= newest LOOP
"""
_BOUNDED = """
            SELECT id INTO newest FROM ledger_bridge_entry_default WHERE id < ledger_uuid_at(wanted)
                ORDER BY id DESC LIMIT 1;
            WHILE ends < wanted AND ledger_uuid_at(ends) <= newest LOOP
"""

_NEW_DEFAULT = """
                (LIKE ledger_bridge_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
            ALTER TABLE ledger_bridge_entry ATTACH PARTITION ledger_bridge_entry_default DEFAULT;
"""
# Detached, the old default partition has no trigger for rows any more, and the new one none for statements yet: nothing
# is refused, and nothing is queued a second time.
_WITH_WHAT_IS_LATER = """
                (LIKE ledger_bridge_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
            EXECUTE format('WITH later AS (DELETE FROM %I WHERE id >= $1 RETURNING *)
                INSERT INTO ledger_bridge_entry_default SELECT * FROM later', name) USING ledger_uuid_at(ends);
            ALTER TABLE ledger_bridge_entry ATTACH PARTITION ledger_bridge_entry_default DEFAULT;
"""


def _functions(source: str) -> str:
    """Return the two functions as 0018 makes them, to be put in the place of what is there; grants stay."""
    begin, end = source.index("CREATE FUNCTION ledger_uuid_at"), source.index("REVOKE ALL ON FUNCTION")
    return source[begin:end].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def _changed(source: str) -> str:
    for before, after in ((_FAR, _BOUNDED), (_NEW_DEFAULT, _WITH_WHAT_IS_LATER)):
        if source.count(before) != 1:
            raise ValueError("0018 is not what this migration changes")
        source = source.replace(before, after)
    return source


def _run(schema_editor: Any, source: str) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
        cursor.execute(source.format(schema=schema))


def bound(apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, _changed(_functions(_BEFORE)) + UUID_AT)


def unbound(apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, _functions(_BEFORE))


class Migration(migrations.Migration):
    dependencies = [("ledger_bridge", "0018_entries_in_partitions")]
    operations = [migrations.RunPython(bound, unbound)]

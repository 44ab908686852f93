"""Full tiles lie in files from here on; the database keeps their roots.

Nothing is copied: what the files hold follows from the leaves, and the worker writes them, oldest first, while readers
do without. Going back puts the hashes into the table again, from leaves and roots.
"""

from django.db import migrations

DROP = "ALTER TABLE ledger_bridge_tile DROP COLUMN hashes;"

PUT_BACK = """
ALTER TABLE ledger_bridge_tile ADD COLUMN hashes bytea;
ALTER TABLE ledger_bridge_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
ALTER TABLE ledger_bridge_tile DISABLE TRIGGER tile_no_change;
UPDATE ledger_bridge_tile tile SET hashes = (
    SELECT string_agg(sha256('\\x00'::bytea || leaf.data), ''::bytea ORDER BY leaf.index) FROM ledger_bridge_leaf leaf
    WHERE leaf.index >= tile.number * 256 AND leaf.index < (tile.number + 1) * 256
) WHERE level = 0;
UPDATE ledger_bridge_tile tile SET hashes = (
    SELECT string_agg(below.root, ''::bytea ORDER BY below.number) FROM ledger_bridge_tile below
    WHERE below.level = tile.level - 1
    AND below.number >= tile.number * 256 AND below.number < (tile.number + 1) * 256
) WHERE level > 0;
ALTER TABLE ledger_bridge_tile ENABLE TRIGGER tile_no_change;
ALTER TABLE ledger_bridge_tile ALTER COLUMN hashes SET NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger_bridge", "0014_key_database_mark")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(DROP, PUT_BACK)], [migrations.RemoveField("tile", "hashes")]
        )
    ]

"""Triggers that keep the ledger append-only, and the one that queues every new entry for the sequencer.

UPDATE/DELETE and TRUNCATE are refused by two triggers each, so that a test database may drop the second kind alone.
"""

from django.db import migrations

TABLES = ["entry", "leaf", "tile", "checkpoint"]

REFUSE = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""

QUEUE = """
CREATE FUNCTION ledger_queue_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_bridge_outbox (entry, commitment, seed, workspace_stream, item_stream, actor_stream, person_stream)
    SELECT id, commitment, seed, workspace_stream_id, item_stream_id, actor_stream_id, person_stream_id FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_queue AFTER INSERT ON ledger_bridge_entry
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_queue_entries();
"""


def _guard(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON ledger_bridge_{table}"
        " FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();"
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON ledger_bridge_{table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();"
    )


def _unguard(table: str) -> str:
    return (
        f"DROP TRIGGER {table}_no_change ON ledger_bridge_{table};"
        f"DROP TRIGGER {table}_no_truncate ON ledger_bridge_{table};"
    )


class Migration(migrations.Migration):
    dependencies = [("ledger_bridge", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION ledger_refuse_change();"),
        *[migrations.RunSQL(_guard(table), _unguard(table)) for table in TABLES],
        migrations.RunSQL(
            QUEUE, "DROP TRIGGER ledger_queue ON ledger_bridge_entry; DROP FUNCTION ledger_queue_entries();"
        ),
        migrations.RunSQL(
            "INSERT INTO ledger_bridge_treestate (id, size, frontier) VALUES (1, 0, '')",
            "DELETE FROM ledger_bridge_treestate",
        ),
    ]

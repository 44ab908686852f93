"""One call inserts an entry: the server keeps the plan, where it parsed and planned thirty values for every entry.

Nothing is added to a stream whose subject was erased: a key that a process remembers may be destroyed by now. False
tells the caller, who fetches new keys. The trigger on the table queues the entry, as for every other way into it.
"""

from django.db import migrations

RECORD = """
CREATE FUNCTION ledger_record(
    id uuid, kind text, schema integer, occurred_at timestamptz, recorded_at timestamptz, actor_kind text, outcome text,
    workspace uuid, item uuid, actor uuid, person uuid, actor_institution uuid,
    workspace_stream bigint, item_stream bigint, actor_stream bigint, person_stream bigint,
    made bytea  -- commitment (32), pads (64) and code (32), and behind them what was sealed
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM ledger_bridge_erasedstream
        WHERE stream_id IN (workspace_stream, item_stream, actor_stream, person_stream)
    ) THEN
        RETURN false;
    END IF;
    INSERT INTO ledger_bridge_entry (
        id, kind, schema, occurred_at, recorded_at, actor_kind, outcome, workspace, item, actor, person,
        actor_institution, workspace_stream_id, item_stream_id, actor_stream_id, person_stream_id,
        commitment, pads, code, sealed
    ) VALUES (
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
        substr(made, 1, 32), substr(made, 33, 64), substr(made, 97, 32), substr(made, 129)
    );
    RETURN true;
END $$;
"""
FORGET = """
DROP FUNCTION ledger_record(
    uuid, text, integer, timestamptz, timestamptz, text, text, uuid, uuid, uuid, uuid, uuid, bigint, bigint, bigint,
    bigint, bytea
);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger_bridge", "0015_tiles_in_files")]

    operations = [migrations.RunSQL(RECORD, FORGET)]

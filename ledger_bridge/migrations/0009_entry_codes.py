"""Every new entry carries a code that only `record()` can make; the outbox holds pads instead of seeds.

What waits while this runs gets its code here, and needs the key service for that; an empty outbox does not. Entries in
the log before, and those that wait, have no code of their own: `CodesBegin` says where they end.
"""

from typing import Any

from django.db import migrations, models

QUEUE = """
CREATE OR REPLACE FUNCTION ledger_queue_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_bridge_outbox
        (entry, commitment, pads, code, workspace_stream, item_stream, actor_stream, person_stream)
    SELECT id, commitment, pads, code, workspace_stream_id, item_stream_id, actor_stream_id, person_stream_id
    FROM fresh;
    RETURN NULL;
END $$;
"""

QUEUE_BEFORE = """
CREATE OR REPLACE FUNCTION ledger_queue_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_bridge_outbox
        (entry, commitment, seed, workspace_stream, item_stream, actor_stream, person_stream)
    SELECT id, commitment, seed, workspace_stream_id, item_stream_id, actor_stream_id, person_stream_id FROM fresh;
    RETURN NULL;
END $$;
"""

# Without pads and code an entry is refused at once; those that are there already are let be.
NEW_ENTRIES = """
ALTER TABLE ledger_bridge_entry ADD CONSTRAINT entry_has_code CHECK (
    pads IS NOT NULL AND octet_length(pads) = 64 AND code IS NOT NULL AND octet_length(code) = 32
) NOT VALID;
"""

OUTBOX = """
ALTER TABLE ledger_bridge_outbox DROP CONSTRAINT outbox_lengths;
ALTER TABLE ledger_bridge_outbox DROP COLUMN seed, ALTER COLUMN pads SET NOT NULL, ALTER COLUMN code SET NOT NULL;
ALTER TABLE ledger_bridge_outbox ADD CONSTRAINT outbox_lengths
    CHECK (octet_length(commitment) = 32 AND octet_length(pads) = 64 AND octet_length(code) = 32);
"""

OUTBOX_BEFORE = """
ALTER TABLE ledger_bridge_outbox DROP CONSTRAINT outbox_lengths;
ALTER TABLE ledger_bridge_outbox ADD COLUMN seed bytea,
    ALTER COLUMN pads DROP NOT NULL, ALTER COLUMN code DROP NOT NULL;
UPDATE ledger_bridge_outbox o SET seed = e.seed FROM ledger_bridge_entry e WHERE e.id = o.entry;
ALTER TABLE ledger_bridge_outbox ALTER COLUMN seed SET NOT NULL;
ALTER TABLE ledger_bridge_outbox ADD CONSTRAINT outbox_lengths
    CHECK (octet_length(commitment) = 32 AND octet_length(seed) = 32);
"""

STREAMS = ("workspace_stream", "item_stream", "actor_stream", "person_stream")


def make_codes(apps: Any, schema_editor: Any) -> None:
    from ledger_bridge.entry_codes import codes, message_of, pads_for, set_codes_begin

    waiting = list(apps.get_model("ledger_bridge", "Outbox").objects.order_by("id"))
    tree = apps.get_model("ledger_bridge", "TreeState").objects.first()
    without = (tree.size if tree else 0) + len(waiting)
    if not without:
        return
    made = codes()
    for row in waiting:
        streams = tuple(getattr(row, name) or 0 for name in STREAMS)
        row.pads = pads_for(bytes(row.seed), streams)
        row.code = made.code(message_of(str(row.entry), bytes(row.commitment), row.pads, streams))
        row.save(update_fields=["pads", "code"])
    set_codes_begin(without)


class Migration(migrations.Migration):
    dependencies = [("ledger_bridge", "0008_witnesses")]

    operations = [
        migrations.AddField("entry", "pads", models.BinaryField(null=True)),
        migrations.AddField("entry", "code", models.BinaryField(null=True)),
        migrations.AddField("outbox", "pads", models.BinaryField(null=True)),
        migrations.AddField("outbox", "code", models.BinaryField(null=True)),
        migrations.CreateModel(
            name="Quarantined",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("entry", models.UUIDField(db_index=True)),
                ("record", models.BinaryField()),
                ("found_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={"db_table": "ledger_bridge_quarantine", "verbose_name_plural": "quarantined"},
        ),
        migrations.CreateModel(
            name="CodesBegin",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("index", models.BigIntegerField()),
                ("code", models.BinaryField()),
            ],
            options={"constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="only_one_begin")]},
        ),
        migrations.RunPython(make_codes, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(OUTBOX, OUTBOX_BEFORE)],
            [
                migrations.RemoveField("outbox", "seed"),
                migrations.AlterField("outbox", "pads", models.BinaryField()),
                migrations.AlterField("outbox", "code", models.BinaryField()),
            ],
        ),
        migrations.RunSQL(QUEUE, QUEUE_BEFORE),
        migrations.RunSQL(NEW_ENTRIES, "ALTER TABLE ledger_bridge_entry DROP CONSTRAINT entry_has_code;"),
        migrations.RunSQL(
            "CREATE TRIGGER quarantine_no_change BEFORE UPDATE OR DELETE ON ledger_bridge_quarantine"
            " FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();"
            "CREATE TRIGGER codesbegin_no_change BEFORE UPDATE OR DELETE ON ledger_bridge_codesbegin"
            " FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();",
            "DROP TRIGGER quarantine_no_change ON ledger_bridge_quarantine;"
            "DROP TRIGGER codesbegin_no_change ON ledger_bridge_codesbegin;",
        ),
    ]

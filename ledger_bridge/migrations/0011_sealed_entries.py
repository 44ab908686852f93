"""From here on what an entry is about is sealed with the keys of its subjects (docs/adr/0012-erasure.md).

Streams move under blind ids here, which needs the key service and the database of subject keys where there are any.
Entries from before stay readable and are sealed afterwards by `manage.py ledger_seal_old_entries`: the trigger admits
this one change, once for each of them.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

ADMIT_SEALING = """
CREATE FUNCTION ledger_admit_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.sealed IS NULL AND NEW.sealed IS NOT NULL AND
        (OLD.id, OLD.kind, OLD.schema, OLD.occurred_at, OLD.recorded_at, OLD.actor_kind, OLD.outcome, OLD.commitment,
            OLD.pads, OLD.code, OLD.workspace_stream_id, OLD.item_stream_id, OLD.actor_stream_id, OLD.person_stream_id)
        IS NOT DISTINCT FROM
        (NEW.id, NEW.kind, NEW.schema, NEW.occurred_at, NEW.recorded_at, NEW.actor_kind, NEW.outcome, NEW.commitment,
            NEW.pads, NEW.code, NEW.workspace_stream_id, NEW.item_stream_id, NEW.actor_stream_id, NEW.person_stream_id)
    THEN RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The ledger is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER entry_no_change ON ledger_bridge_entry;
CREATE TRIGGER entry_no_change BEFORE UPDATE OR DELETE ON ledger_bridge_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_admit_sealing();
"""

ADMIT_NOTHING = """
DROP TRIGGER entry_no_change ON ledger_bridge_entry;
CREATE TRIGGER entry_no_change BEFORE UPDATE OR DELETE ON ledger_bridge_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
DROP FUNCTION ledger_admit_sealing();
"""

# Whatever is added or sealed from now on has nothing in clear; the constraint that an old entry meets lets it be.
SEALED = """
ALTER TABLE ledger_bridge_entry ADD CONSTRAINT entry_is_sealed CHECK (
    sealed IS NOT NULL AND seed IS NULL AND detail IS NULL AND version IS NULL AND purpose IS NULL
    AND request_id IS NULL AND source_address IS NULL
) NOT VALID;
"""

# What was sealed does not compress; trying costs more than storing it.
STORAGE = "ALTER TABLE ledger_bridge_entry ALTER COLUMN sealed SET STORAGE EXTERNAL;"


def blind_streams(apps: Any, schema_editor: Any) -> None:
    from ledger_bridge.sealing_old import move_streams

    with schema_editor.connection.cursor() as cursor:
        move_streams(cursor.cursor, blind=True)


def name_streams(apps: Any, schema_editor: Any) -> None:
    from ledger_bridge.sealing_old import move_streams

    with schema_editor.connection.cursor() as cursor:
        move_streams(cursor.cursor, blind=False)


def unseal(apps: Any, schema_editor: Any) -> None:
    from ledger_bridge.sealing_old import unseal_all

    with schema_editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_bridge_entry DISABLE TRIGGER entry_no_change")
        unseal_all(cursor.cursor)
        cursor.execute("ALTER TABLE ledger_bridge_entry ENABLE TRIGGER entry_no_change")


class Migration(migrations.Migration):
    dependencies = [("ledger_bridge", "0010_anchors")]

    operations = [
        migrations.AddField("entry", "sealed", models.BinaryField(null=True)),
        migrations.AlterField("entry", "detail", models.JSONField(null=True)),
        migrations.AlterField("entry", "seed", models.BinaryField(null=True)),
        migrations.AlterModelOptions("entry", {"base_manager_name": "objects"}),
        migrations.CreateModel(
            name="ErasedStream",
            fields=[
                (
                    "stream",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="ledger_bridge.stream",
                    ),
                ),
                ("destroyed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.RunPython(blind_streams, name_streams),
        migrations.RunSQL(ADMIT_SEALING, ADMIT_NOTHING),
        migrations.RunPython(migrations.RunPython.noop, unseal),
        migrations.RunSQL(SEALED, "ALTER TABLE ledger_bridge_entry DROP CONSTRAINT entry_is_sealed;"),
        migrations.AddIndex(
            "entry", models.Index(fields=["id"], condition=models.Q(("sealed", None)), name="entry_unsealed")
        ),
    ]

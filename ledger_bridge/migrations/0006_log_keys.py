"""Which keys sign, or signed, for the log, and for which sizes of the tree."""

from django.db import migrations, models

# A key's row may change once: when it is retired.
GUARD = """
CREATE FUNCTION ledger_retire_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.last IS NULL AND NEW.last IS NOT NULL
        AND (NEW.id, NEW.vkey, NEW.first) = (OLD.id, OLD.vkey, OLD.first) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The key of a log is retired once, and never changed or removed otherwise.';
END $$;
CREATE TRIGGER logkey_retire_only BEFORE UPDATE OR DELETE ON ledger_bridge_logkey
    FOR EACH ROW EXECUTE FUNCTION ledger_retire_only();
"""

UNGUARD = """
DROP TRIGGER logkey_retire_only ON ledger_bridge_logkey;
DROP FUNCTION ledger_retire_only();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger_bridge", "0004_leaf_to_entry")]

    operations = [
        migrations.CreateModel(
            name="LogKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vkey", models.TextField(unique=True)),
                ("first", models.BigIntegerField(default=0)),
                ("last", models.BigIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("first__gte", 0)), name="log_key_begins_somewhere"),
                    models.CheckConstraint(
                        condition=models.Q(("last__isnull", True), ("last__gte", models.F("first")), _connector="OR"),
                        name="log_key_ends_after_it_begins",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]

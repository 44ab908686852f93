"""Cosignatures of witnesses, the checkpoints published with them, and how the witnesses stand."""

from django.db import migrations, models

TABLES = ["cosignature", "publication"]


def _guard(table):
    return (
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON ledger_bridge_{table}"
        " FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();"
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON ledger_bridge_{table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();"
    )


def _unguard(table):
    return (
        f"DROP TRIGGER {table}_no_change ON ledger_bridge_{table};"
        f"DROP TRIGGER {table}_no_truncate ON ledger_bridge_{table};"
    )


class Migration(migrations.Migration):
    dependencies = [("ledger_bridge", "0007_feed_position")]

    operations = [
        migrations.CreateModel(
            name="Publication",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("note", models.TextField()),
                ("witnesses", models.JSONField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="WitnessStanding",
            fields=[
                ("url", models.CharField(max_length=500, primary_key=True, serialize=False)),
                ("size", models.BigIntegerField(default=0)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("not_before", models.DateTimeField(null=True)),
                ("trouble", models.TextField(blank=True, default="")),
                ("answered_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("size", models.BigIntegerField()),
                ("witness", models.CharField(max_length=255)),
                ("line", models.TextField()),
                ("received_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("size", "witness"), name="one_cosignature_per_witness")
                ],
            },
        ),
        *[migrations.RunSQL(_guard(table), _unguard(table)) for table in TABLES],
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger_bridge", "0016_record_in_one_call")]

    operations = [
        migrations.CreateModel(
            name="TagFile",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("first", models.BigIntegerField()),
                ("leaves", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("entry", models.UUIDField()),
                ("kept", models.BooleanField(default=True)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("leaves", "first"), name="one_tag_file_per_span"),
                    models.CheckConstraint(
                        condition=models.Q(("first__gte", 0), ("leaves__gt", 0)), name="tag_file_of_some_leaves"
                    ),
                ],
            },
        ),
    ]

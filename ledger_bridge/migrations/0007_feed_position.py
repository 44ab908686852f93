from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger_bridge", "0006_log_keys")]

    operations = [
        migrations.CreateModel(
            name="FeedPosition",
            fields=[
                ("receiver", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("next_index", models.BigIntegerField(default=0)),
                ("taken_by", models.UUIDField(null=True)),
                ("taken_until", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("retry_at", models.DateTimeField(null=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("next_index__gte", 0)), name="feed_position_not_negative"
                    )
                ],
            },
        ),
    ]

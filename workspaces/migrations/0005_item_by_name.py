from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The index is built beside the work of others, which cannot be done in a transaction.
    atomic = False

    dependencies = [
        ("workspaces", "0004_namesakes"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="item",
            index=models.Index(fields=["name_key"], name="item_by_name", opclasses=["varchar_pattern_ops"]),
        ),
    ]

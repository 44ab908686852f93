"""A name may stand in a folder twice, when whoever gave it the second time could not see the first.

Going back fails while there are such namesakes; rename one of each pair first.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0003_sealed_documents")]

    operations = [
        migrations.AddField(
            model_name="item",
            name="namesake",
            field=models.PositiveSmallIntegerField(default=0, db_default=0, editable=False),
        ),
        migrations.RemoveConstraint(model_name="item", name="one_item_per_name"),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.UniqueConstraint(
                fields=["workspace", "parent", "name_key", "namesake"],
                condition=models.Q(removed_at=None),
                nulls_distinct=False,
                name="one_item_per_name",
            ),
        ),
    ]

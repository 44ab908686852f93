"""Say in which visit a sent copy is being downloaded, so that its parts are one opening."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0011_rules_under_conditions")]

    operations = [
        migrations.AddField(model_name="send", name="fetched_in", field=models.UUIDField(null=True)),
        migrations.AddField(model_name="send", name="fetched_at", field=models.DateTimeField(null=True)),
    ]



from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workspaces', '0022_terms'),
    ]

    operations = [
        migrations.AddField(
            model_name='viewing',
            name='is_told',
            field=models.BooleanField(db_default=False, default=False, help_text='The browser itself says what it shows.'),
        ),
        migrations.AddField(
            model_name='viewing',
            name='shown_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='viewing',
            name='shown_page',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='viewing',
            name='times',
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]

"""A version that was not scanned may be let go as well. Going back holds those again."""

from django.db import migrations, models

HOLD_AGAIN = "UPDATE workspaces_versionscan SET released_at = NULL WHERE state <> 'infected'"


class Migration(migrations.Migration):

    dependencies = [
        ('workspaces', '0014_upload_token'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='versionscan',
            name='only_infected_is_released',
        ),
        migrations.RunSQL(migrations.RunSQL.noop, HOLD_AGAIN),
        migrations.AddConstraint(
            model_name='versionscan',
            constraint=models.CheckConstraint(condition=models.Q(('released_at', None), ('state__in', ['infected', 'not_scanned']), _connector='OR'), name='only_what_was_looked_at_is_released'),
        ),
    ]

from django.db import migrations, models

# Backwards, where one row for each person is left: the one that lasts longest. That takes access away and gives none.
_KEEP_ONE = """
    DELETE FROM sharing_workspaceusergrant gone USING sharing_workspaceusergrant kept
    WHERE gone.user_id = kept.user_id AND gone.content_object_id = kept.content_object_id
        AND (COALESCE(kept.expires_at, 'infinity'), kept.id) > (COALESCE(gone.expires_at, 'infinity'), gone.id)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('sharing', '0003_rights_functions'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='workspaceusergrant',
            name='one_role_per_person',
        ),
        migrations.RunSQL(migrations.RunSQL.noop, _KEEP_ONE),
        migrations.AddConstraint(
            model_name='workspaceusergrant',
            constraint=models.UniqueConstraint(fields=('user', 'content_object', 'permission'), name='one_row_per_person_and_role'),
        ),
    ]

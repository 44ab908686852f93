
import core.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workspaces', '0025_undoing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Participant',
            fields=[
                ('id', models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('pseudonym', models.CharField(max_length=40)),
                ('pseudonym_key', models.CharField(db_index=True, editable=False, max_length=40)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='participants', to='workspaces.workspace')),
            ],
            options={
                'ordering': ['pseudonym_key'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ParticipantMark',
            fields=[
                ('id', models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('marked_at', models.DateTimeField(auto_now_add=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='participant_marks', to='workspaces.item')),
                ('marked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='workspaces.participant')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.UniqueConstraint(fields=('workspace', 'pseudonym_key'), name='one_participant_per_pseudonym'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.CheckConstraint(condition=models.Q(('pseudonym', ''), _negated=True), name='a_participant_has_a_pseudonym'),
        ),
        migrations.AddConstraint(
            model_name='participantmark',
            constraint=models.UniqueConstraint(fields=('item', 'participant'), name='an_item_is_marked_once_for_each'),
        ),
    ]

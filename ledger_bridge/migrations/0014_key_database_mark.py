from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger_bridge', '0013_rolling_check'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeyDatabaseMark',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('mark', models.UUIDField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='only_one_key_database_mark')],
            },
        ),
    ]

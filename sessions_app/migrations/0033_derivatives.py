"""Derivatives of media; those of today are made by the worker for media or by `read_media`."""

import django.db.models.deletion
from django.db import migrations, models


def mark_missing(apps, schema_editor):
    apps.get_model("sessions_app", "DubbingSession").objects.filter(current__isnull=False).update(
        has_missing_derivatives=True
    )


class Migration(migrations.Migration):

    dependencies = [
        ('sessions_app', '0032_tags_stars_and_saved_filters'),
    ]

    operations = [
        migrations.CreateModel(
            name='Derivative',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('maker_version', models.PositiveSmallIntegerField(help_text='Of the program that made it.')),
                ('content', models.BinaryField(blank=True, help_text='Its bytes, if there are few.', null=True)),
                ('sha256', models.CharField(blank=True, help_text='Of its bytes.', max_length=64)),
                ('size', models.PositiveBigIntegerField(default=0, help_text='In bytes.')),
                ('extension', models.CharField(blank=True, max_length=8)),
                ('details', models.JSONField(blank=True, default=dict, help_text='Values that describe it.')),
                ('reason', models.CharField(blank=True, help_text='Why it cannot be made.', max_length=200)),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='dubbingsession',
            name='derived_size',
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False, help_text='Bytes of what was made of its media.'),
        ),
        migrations.AddField(
            model_name='dubbingsession',
            name='has_missing_derivatives',
            field=models.BooleanField(db_default=False, default=False, editable=False, help_text='Whether posters, waveforms or others may be missing that are made of its media.'),
        ),
        migrations.AddField(
            model_name='ownertotals',
            name='derived_size',
            field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='Bytes of what was made of their media, such as posters.'),
        ),
        migrations.AddField(
            model_name='worker',
            name='performs_jobs',
            field=models.BooleanField(db_default=True, default=True, help_text='Whether it performs jobs, or only reads media.'),
        ),
        migrations.AddIndex(
            model_name='dubbingsession',
            index=models.Index(condition=models.Q(('has_missing_derivatives', True)), fields=['id'], name='session_missing_derivatives'),
        ),
        migrations.AddField(
            model_name='derivative',
            name='blob',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='derivative_of', to='sessions_app.blob'),
        ),
        migrations.AddField(
            model_name='derivative',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='derivatives', to='sessions_app.blob'),
        ),
        migrations.AddConstraint(
            model_name='derivative',
            constraint=models.UniqueConstraint(fields=('source', 'kind'), name='derivative_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='derivative',
            constraint=models.CheckConstraint(condition=models.Q(('blob__isnull', True), ('content__isnull', True), _connector='OR'), name='derivative_has_one_place'),
        ),
        migrations.RunPython(mark_missing, migrations.RunPython.noop),
    ]

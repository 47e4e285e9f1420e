"""Totals of owners, columns for the orders and filters of the session list, and its search index.

Migration 0013 fills them.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def drop_session_index(apps, schema_editor):
    """Drop the index of a foreign key that the index of a constraint contains; on SQLite Django would copy all entries."""
    table = "sessions_app_entry"
    with schema_editor.connection.cursor() as cursor:
        constraints = schema_editor.connection.introspection.get_constraints(cursor, table)
    for name, constraint in constraints.items():
        if constraint["columns"] == ["session_id"] and constraint["index"] and not constraint["foreign_key"]:
            schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


def create_session_index(apps, schema_editor):
    schema_editor.execute("CREATE INDEX sessions_app_entry_session_id_0012 ON sessions_app_entry (session_id)")


SEARCH = {
    # The table is FTS5's external content; the triggers are those of its documentation.
    "sqlite": (
        """
        CREATE VIRTUAL TABLE sessions_app_sessiontext_trigrams USING fts5(
            text, content='sessions_app_sessiontext', content_rowid='id', tokenize='trigram case_sensitive 1'
        )
        """,
        """
        CREATE TRIGGER sessions_app_sessiontext_inserted AFTER INSERT ON sessions_app_sessiontext BEGIN
            INSERT INTO sessions_app_sessiontext_trigrams(rowid, text) VALUES (new.id, new.text);
        END
        """,
        """
        CREATE TRIGGER sessions_app_sessiontext_deleted AFTER DELETE ON sessions_app_sessiontext BEGIN
            INSERT INTO sessions_app_sessiontext_trigrams(sessions_app_sessiontext_trigrams, rowid, text)
            VALUES ('delete', old.id, old.text);
        END
        """,
        """
        CREATE TRIGGER sessions_app_sessiontext_updated AFTER UPDATE OF text ON sessions_app_sessiontext BEGIN
            INSERT INTO sessions_app_sessiontext_trigrams(sessions_app_sessiontext_trigrams, rowid, text)
            VALUES ('delete', old.id, old.text);
            INSERT INTO sessions_app_sessiontext_trigrams(rowid, text) VALUES (new.id, new.text);
        END
        """,
    ),
    # The owner is one of the array's elements, so that the index finds the texts of one owner.
    "postgresql": (
        """
        CREATE FUNCTION sessions_app_trigrams(id bigint, text text) RETURNS text[]
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT array_append(
                ARRAY(SELECT DISTINCT substr(text, n, 3) FROM generate_series(1, length(text) - 2) n),
                'owner ' || (id >> 32)::text
            )
        $$
        """,
        """
        CREATE INDEX sessions_app_sessiontext_trigrams ON sessions_app_sessiontext
        USING gin (sessions_app_trigrams(id, text))
        """,
    ),
}
NO_SEARCH = {
    "sqlite": (
        "DROP TRIGGER sessions_app_sessiontext_inserted",
        "DROP TRIGGER sessions_app_sessiontext_deleted",
        "DROP TRIGGER sessions_app_sessiontext_updated",
        "DROP TABLE sessions_app_sessiontext_trigrams",
    ),
    "postgresql": (
        "DROP INDEX sessions_app_sessiontext_trigrams",
        "DROP FUNCTION sessions_app_trigrams(bigint, text)",
    ),
}


def run(statements):
    def execute(apps, schema_editor):
        for statement in statements[schema_editor.connection.vendor]:
            schema_editor.execute(statement, params=None)

    return execute


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('sessions_app', '0011_workers_and_measurements'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnerTotals',
            fields=[
                ('owner', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='totals', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('session_count', models.PositiveBigIntegerField(default=0, help_text='Sessions outside the trash.')),
                ('stored_size', models.PositiveBigIntegerField(default=0, help_text='Bytes added by all versions, also of sessions in the trash.')),
            ],
            options={
                'verbose_name': 'owner totals',
                'verbose_name_plural': 'owner totals',
            },
        ),
        migrations.CreateModel(
            name='SessionLanguage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folded_tag', models.CharField(help_text='Tag in the form used for comparison.', max_length=105)),
                ('tag', models.CharField(help_text='BCP 47 tag, as in the metadata.', max_length=35)),
            ],
        ),
        migrations.CreateModel(
            name='SessionText',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('text', models.TextField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name='dubbingsession',
            name='session_list',
        ),
        migrations.RemoveIndex(
            model_name='job',
            name='job_list',
        ),
        migrations.AddField(
            model_name='dubbingsession',
            name='stage',
            field=models.CharField(choices=[('empty', 'Nothing yet'), ('transcribed', 'Transcribed'), ('translated', 'Translated'), ('voiced', 'Audio generated'), ('dubbed', 'Videos created'), ('completed', 'Completed')], default='empty', editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name='dubbingsession',
            name='total_size',
            field=models.PositiveBigIntegerField(default=0, editable=False, help_text='In bytes; 0 without a version.'),
        ),
        migrations.AddField(
            model_name='version',
            name='file_groups',
            field=models.JSONField(blank=True, default=list, help_text='Category, language, number of files and bytes of each group of files.'),
        ),
        migrations.AddField(
            model_name='version',
            name='history_blob_count',
            field=models.PositiveIntegerField(default=0, help_text='Number of the blobs of this version and all earlier ones.'),
        ),
        migrations.AddField(
            model_name='version',
            name='history_size',
            field=models.PositiveBigIntegerField(default=0, help_text='Bytes of the blobs of this version and all earlier ones, each counted once.'),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_session_index, create_session_index)],
            state_operations=[
                migrations.AlterField(
                    model_name='entry',
                    name='session',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='sessions_app.dubbingsession'),
                ),
            ],
        ),
        migrations.AlterField(
            model_name='job',
            name='owner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='jobs', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='job',
            name='session',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='jobs', to='sessions_app.dubbingsession'),
        ),
        migrations.AddIndex(
            model_name='dubbingsession',
            index=models.Index(condition=models.Q(('trashed_at__isnull', True)), fields=['owner', '-last_updated', '-id'], name='session_list_updated'),
        ),
        migrations.AddIndex(
            model_name='dubbingsession',
            index=models.Index(condition=models.Q(('trashed_at__isnull', True)), fields=['owner', '-created_at', '-id'], name='session_list_created'),
        ),
        migrations.AddIndex(
            model_name='dubbingsession',
            index=models.Index(condition=models.Q(('trashed_at__isnull', True)), fields=['owner', '-last_accessed', '-id'], name='session_list_accessed'),
        ),
        migrations.AddIndex(
            model_name='dubbingsession',
            index=models.Index(condition=models.Q(('trashed_at__isnull', True)), fields=['owner', '-total_size', '-id'], name='session_list_size'),
        ),
        migrations.AddIndex(
            model_name='dubbingsession',
            index=models.Index(condition=models.Q(('trashed_at__isnull', True)), fields=['owner', 'stage', '-last_updated', '-id'], name='session_list_stage'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['session', 'category', 'path'], name='entry_category_list'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['owner', '-created_at', '-id'], name='job_list'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['owner', 'state', '-created_at', '-id'], name='job_state_list'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['session', '-created_at', '-id'], name='job_session_list'),
        ),
        migrations.AddField(
            model_name='sessionlanguage',
            name='owner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sessionlanguage',
            name='session',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='language_rows', to='sessions_app.dubbingsession'),
        ),
        migrations.AddField(
            model_name='sessiontext',
            name='session',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='text', to='sessions_app.dubbingsession'),
        ),
        migrations.AddIndex(
            model_name='sessionlanguage',
            index=models.Index(fields=['owner', 'folded_tag', 'session'], name='session_language_list'),
        ),
        migrations.AddConstraint(
            model_name='sessionlanguage',
            constraint=models.UniqueConstraint(fields=('session', 'folded_tag'), name='session_language_is_unique'),
        ),
        migrations.RunPython(run(SEARCH), run(NO_SEARCH)),
    ]

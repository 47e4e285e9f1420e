"""Index of what is known about sessions, and of the lines of their texts.

The worker or `rebuild_search` fills it.
"""

import django.db.models.deletion
from django.db import migrations, models

INDEXED_TABLES = ("sessions_app_sessiontokens", "sessions_app_textline")


def build_index(table):
    """Return the statements of a table's index on SQLite: FTS5's external content, with the triggers of its documentation.

    The tokenizer only splits at spaces, since tokens contain no other ASCII separators.
    """
    return (
        f"""
        CREATE VIRTUAL TABLE {table}_index USING fts5(
            tokens, content='{table}', content_rowid='id', tokenize='ascii', detail='none', columnsize=0
        )
        """,
        f"""
        CREATE TRIGGER {table}_inserted AFTER INSERT ON {table} BEGIN
            INSERT INTO {table}_index(rowid, tokens) VALUES (new.id, new.tokens);
        END
        """,
        f"""
        CREATE TRIGGER {table}_deleted AFTER DELETE ON {table} BEGIN
            INSERT INTO {table}_index({table}_index, rowid, tokens) VALUES ('delete', old.id, old.tokens);
        END
        """,
        f"""
        CREATE TRIGGER {table}_updated AFTER UPDATE OF tokens ON {table} BEGIN
            INSERT INTO {table}_index({table}_index, rowid, tokens) VALUES ('delete', old.id, old.tokens);
            INSERT INTO {table}_index(rowid, tokens) VALUES (new.id, new.tokens);
        END
        """,
    )


SEARCH = {
    "sqlite": [statement for table in INDEXED_TABLES for statement in build_index(table)],
    # The owner is one of the lexemes of a session, so that the index finds the sessions of one owner.
    "postgresql": [
        """
        CREATE FUNCTION sessions_app_lexemes(tokens text) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT array_to_tsvector(string_to_array(btrim(tokens), ' ')) $$
        """,
        """
        CREATE FUNCTION sessions_app_session_lexemes(id bigint, tokens text) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT array_to_tsvector(array_append(string_to_array(btrim(tokens), ' '), '@' || (id >> 32)::text))
        $$
        """,
        """
        CREATE INDEX sessions_app_sessiontokens_index ON sessions_app_sessiontokens
        USING gin (sessions_app_session_lexemes(id, tokens))
        """,
        """
        CREATE INDEX sessions_app_textline_index ON sessions_app_textline USING gin (sessions_app_lexemes(tokens))
        """,
    ],
}
NO_SEARCH = {
    "sqlite": [
        statement
        for table in INDEXED_TABLES
        for statement in (
            f"DROP TRIGGER {table}_inserted",
            f"DROP TRIGGER {table}_deleted",
            f"DROP TRIGGER {table}_updated",
            f"DROP TABLE {table}_index",
        )
    ],
    "postgresql": [
        "DROP INDEX sessions_app_textline_index",
        "DROP INDEX sessions_app_sessiontokens_index",
        "DROP FUNCTION sessions_app_session_lexemes(bigint, text)",
        "DROP FUNCTION sessions_app_lexemes(text)",
    ],
}


def run(statements):
    def execute(apps, schema_editor):
        for statement in statements[schema_editor.connection.vendor]:
            schema_editor.execute(statement, params=None)

    return execute


def mark_unread(apps, schema_editor):
    apps.get_model("sessions_app", "DubbingSession").objects.filter(current__isnull=False).update(has_unread_texts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0023_entries_by_blob_and_session"),
    ]

    operations = [
        migrations.AddField(
            model_name="blobtimeline",
            name="search_version",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="Of the tokens by which its lines are found; 0 if there are none yet.",
            ),
        ),
        migrations.CreateModel(
            name="SessionTokens",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("tokens", models.TextField()),
                (
                    "session",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="sessions_app.dubbingsession",
                    ),
                ),
            ],
            options={"verbose_name": "session tokens", "verbose_name_plural": "session tokens"},
        ),
        migrations.CreateModel(
            name="TextLine",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("track", models.PositiveSmallIntegerField(help_text="Number of the track in the file, from 0.")),
                ("number", models.PositiveIntegerField(help_text="Number of the line in its track, from 0.")),
                (
                    "start_ms",
                    models.BigIntegerField(blank=True, help_text="Empty in files without times.", null=True),
                ),
                ("text", models.TextField()),
                ("tokens", models.TextField()),
                (
                    "blob",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="text_lines",
                        to="sessions_app.blob",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CurrentText",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="current_text",
                        serialize=False,
                        to="sessions_app.entry",
                    ),
                ),
                (
                    "blob",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="current_texts",
                        to="sessions_app.blob",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="current_texts",
                        to="sessions_app.dubbingsession",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="currenttext",
            constraint=models.UniqueConstraint(fields=("session", "blob"), name="current_text_is_unique"),
        ),
        migrations.RunPython(run(SEARCH), run(NO_SEARCH)),
        migrations.RunPython(mark_unread, migrations.RunPython.noop),
    ]

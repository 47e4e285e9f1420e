"""The search's index has chunks of lines instead of single lines.

The worker or `rebuild_search` fills it; until then sessions are found by what is known about them.
"""

import django.db.models.deletion
from django.db import migrations, models

NEW_INDEX = {
    "sqlite": [
        """
        CREATE VIRTUAL TABLE sessions_app_textchunk_index USING fts5(
            tokens, content='sessions_app_textchunk', content_rowid='id', tokenize='ascii', prefix='1 3 4', columnsize=0
        )
        """,
        """
        CREATE TRIGGER sessions_app_textchunk_inserted AFTER INSERT ON sessions_app_textchunk BEGIN
            INSERT INTO sessions_app_textchunk_index(rowid, tokens) VALUES (new.id, new.tokens);
        END
        """,
        """
        CREATE TRIGGER sessions_app_textchunk_deleted AFTER DELETE ON sessions_app_textchunk BEGIN
            INSERT INTO sessions_app_textchunk_index(sessions_app_textchunk_index, rowid, tokens)
            VALUES ('delete', old.id, old.tokens);
        END
        """,
    ],
    "postgresql": [
        # The costs keep the planner from computing this for each row, and its statistics from doing so in the background.
        """
        CREATE FUNCTION sessions_app_chunk_lexemes(tokens text) RETURNS tsvector
        LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000
        AS $$ BEGIN RETURN array_to_tsvector(string_to_array(btrim(tokens), ' ')); END $$
        """,
        # Without the list of pending rows, which each search would read.
        """
        CREATE INDEX sessions_app_textchunk_index ON sessions_app_textchunk
        USING gin (sessions_app_chunk_lexemes(tokens)) WITH (fastupdate = off)
        """,
        "ALTER INDEX sessions_app_textchunk_index ALTER COLUMN 1 SET STATISTICS 0",
        # Searches compare it with terms; decompressing would take longer than that.
        "ALTER TABLE sessions_app_textchunk ALTER COLUMN folded SET STORAGE EXTERNAL",
    ],
}
NO_NEW_INDEX = {
    "sqlite": [
        "DROP TRIGGER sessions_app_textchunk_inserted",
        "DROP TRIGGER sessions_app_textchunk_deleted",
        "DROP TABLE sessions_app_textchunk_index",
    ],
    "postgresql": [
        "DROP INDEX sessions_app_textchunk_index",
        "DROP FUNCTION sessions_app_chunk_lexemes(text)",
    ],
}
NO_OLD_INDEX = {
    "sqlite": [
        "DROP TRIGGER sessions_app_textline_inserted",
        "DROP TRIGGER sessions_app_textline_deleted",
        "DROP TRIGGER sessions_app_textline_updated",
        "DROP TABLE sessions_app_textline_index",
    ],
    "postgresql": [
        "DROP INDEX sessions_app_textline_index",
        "DROP FUNCTION sessions_app_lexemes(text)",
    ],
}
OLD_INDEX = {
    "sqlite": [
        """
        CREATE VIRTUAL TABLE sessions_app_textline_index USING fts5(
            tokens, content='sessions_app_textline', content_rowid='id', tokenize='ascii', prefix='1 3 4', columnsize=0
        )
        """,
        """
        CREATE TRIGGER sessions_app_textline_inserted AFTER INSERT ON sessions_app_textline BEGIN
            INSERT INTO sessions_app_textline_index(rowid, tokens) VALUES (new.id, new.tokens);
        END
        """,
        """
        CREATE TRIGGER sessions_app_textline_deleted AFTER DELETE ON sessions_app_textline BEGIN
            INSERT INTO sessions_app_textline_index(sessions_app_textline_index, rowid, tokens)
            VALUES ('delete', old.id, old.tokens);
        END
        """,
        """
        CREATE TRIGGER sessions_app_textline_updated AFTER UPDATE OF tokens ON sessions_app_textline BEGIN
            INSERT INTO sessions_app_textline_index(sessions_app_textline_index, rowid, tokens)
            VALUES ('delete', old.id, old.tokens);
            INSERT INTO sessions_app_textline_index(rowid, tokens) VALUES (new.id, new.tokens);
        END
        """,
    ],
    "postgresql": [
        """
        CREATE FUNCTION sessions_app_lexemes(tokens text) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT array_to_tsvector(string_to_array(btrim(tokens), ' ')) $$
        """,
        "CREATE INDEX sessions_app_textline_index ON sessions_app_textline USING gin (sessions_app_lexemes(tokens))",
    ],
}


def run(statements):
    def execute(apps, schema_editor):
        for statement in statements[schema_editor.connection.vendor]:
            schema_editor.execute(statement, params=None)

    return execute


def mark_unread(apps, schema_editor):
    apps.get_model("sessions_app", "BlobTimeline").objects.exclude(search_version=0).update(search_version=0)
    sessions = apps.get_model("sessions_app", "DubbingSession").objects
    sessions.filter(current__isnull=False).update(has_unread_texts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0027_search_phrases"),
    ]

    operations = [
        migrations.RunPython(run(NO_OLD_INDEX), run(OLD_INDEX)),
        migrations.DeleteModel(name="TextLine"),
        migrations.CreateModel(
            name="TextChunk",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("track", models.PositiveSmallIntegerField(help_text="Number of the track in the file, from 0.")),
                ("number", models.PositiveIntegerField(help_text="Number of the first line in its track, from 0.")),
                ("kind", models.CharField(help_text="Of the track.", max_length=20)),
                ("language", models.TextField(blank=True, help_text="As the track states it.")),
                (
                    "folded",
                    models.TextField(help_text="Folded lines, by which it is decided whether one matches."),
                ),
                ("lines", models.TextField(help_text="JSON of start and text of each line, one in a line.")),
                ("tokens", models.TextField(help_text="What the index contains.")),
                (
                    "blob",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="text_chunks",
                        to="sessions_app.blob",
                    ),
                ),
            ],
        ),
        migrations.RunPython(run(NEW_INDEX), run(NO_NEW_INDEX)),
        migrations.RunPython(mark_unread, mark_unread),
    ]

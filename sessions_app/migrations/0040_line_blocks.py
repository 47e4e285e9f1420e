"""Lines as results show them are in a table of their own, in smaller rows."""

import django.db.models.deletion
from django.db import migrations, models

LINES_PER_BLOCK = 32
CHUNKS_PER_STEP = 50
DROP_LINES = "ALTER TABLE sessions_app_textchunk DROP COLUMN lines"
ADD_LINES = "ALTER TABLE sessions_app_textchunk ADD COLUMN lines text NOT NULL DEFAULT ''"


def split_lines(apps, schema_editor):
    block = apps.get_model("sessions_app", "LineBlock")
    for rows in iterate(apps.get_model("sessions_app", "TextChunk").objects.values_list("pk", "lines")):
        block.objects.bulk_create(
            block(pk=key + start, chunk_id=key, lines="\n".join(lines[start : start + LINES_PER_BLOCK]))
            for key, text in rows
            for lines in [text.split("\n")]
            for start in range(0, len(lines), LINES_PER_BLOCK)
        )
    check_now(schema_editor)


def join_lines(apps, schema_editor):
    blocks = apps.get_model("sessions_app", "LineBlock").objects
    chunks = apps.get_model("sessions_app", "TextChunk").objects
    for rows in iterate(chunks.values_list("pk")):
        for (key,) in rows:
            lines = blocks.filter(chunk_id=key).order_by("pk").values_list("lines", flat=True)
            chunks.filter(pk=key).update(lines="\n".join(lines))
    check_now(schema_editor)


def iterate(rows):
    last = -1
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNKS_PER_STEP]):
        yield batch
        last = batch[-1][0]


def check_now(schema_editor):
    """Check the new references: PostgreSQL changes no table for which a check is deferred."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0039_session_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="LineBlock",
            fields=[
                (
                    "id",
                    models.BigIntegerField(help_text="Key of the first line.", primary_key=True, serialize=False),
                ),
                ("lines", models.TextField(help_text="JSON of start and text of each line, one in a line.")),
                (
                    "chunk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="line_blocks",
                        to="sessions_app.textchunk",
                    ),
                ),
            ],
        ),
        migrations.RunPython(split_lines, join_lines),
        # Not by Django, which would copy the table of SQLite without its triggers to add the column again.
        migrations.RunSQL(
            DROP_LINES, ADD_LINES, state_operations=[migrations.RemoveField(model_name="textchunk", name="lines")]
        ),
    ]

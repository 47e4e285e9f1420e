"""The search's index on SQLite knows phrases, and prefixes of 1, 3 and 4 characters."""

from django.db import migrations

INDEXED_TABLES = ("sessions_app_sessiontokens", "sessions_app_textline")


def rebuild(options):
    def execute(apps, schema_editor):
        if schema_editor.connection.vendor != "sqlite":
            return
        for table in INDEXED_TABLES:
            schema_editor.execute(f"DROP TABLE {table}_index")
            schema_editor.execute(
                f"CREATE VIRTUAL TABLE {table}_index USING fts5("
                f"tokens, content='{table}', content_rowid='id', tokenize='ascii', {options}, columnsize=0)"
            )
            schema_editor.execute(f"INSERT INTO {table}_index({table}_index) VALUES ('rebuild')")

    return execute


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0026_empty_files_of_versions"),
    ]

    operations = [
        migrations.RunPython(rebuild("prefix='1 3 4'"), rebuild("detail='none'")),
    ]

"""Make the path as saved the path of each entry; until here it was the `origin`, beside the path in the session's tree.

Two entries of one version never had one origin. Where damaged rows would get one path, all but one keep their path in the tree.
"""

from django.db import migrations, models

ROWS_PER_STATEMENT = 500
NEW_PATH = "COALESCE(NULLIF(origin, ''), path)"


def drop_conflicting_origins(apps, schema_editor):
    """Clear origins until no two entries of a version would get one path."""
    entries = apps.get_model("sessions_app", "Entry").objects
    while conflicting := find_conflicting_entries(schema_editor.connection):
        for start in range(0, len(conflicting), ROWS_PER_STATEMENT):
            entries.filter(pk__in=conflicting[start : start + ROWS_PER_STATEMENT]).update(origin="")
    check_foreign_keys(schema_editor)


def find_conflicting_entries(connection):
    """Return the keys of entries whose origin is the new path of another entry of the same version."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT entry.session_id, shared.new_path, entry.id, entry.origin, entry.added_in, entry.removed_in
            FROM (
                SELECT session_id, {NEW_PATH} AS new_path
                FROM sessions_app_entry
                GROUP BY session_id, {NEW_PATH}
                HAVING COUNT(DISTINCT path) > 1
            ) shared
            JOIN sessions_app_entry entry
                ON entry.session_id = shared.session_id
                AND COALESCE(NULLIF(entry.origin, ''), entry.path) = shared.new_path
            ORDER BY entry.session_id, shared.new_path, entry.id
            """
        )
        rows = cursor.fetchall()
    conflicting = []
    taken = {}
    # Entries at their path in the tree stay there; of the others the earliest gets the path.
    for session, path, pk, origin, added_in, removed_in in sorted(
        rows, key=lambda row: (row[3] != "", row[2])
    ):
        spans = taken.setdefault((session, path), [])
        span = (added_in, removed_in or float("inf"))
        if origin and any(first < span[1] and span[0] < last for first, last in spans):
            conflicting.append(pk)
        else:
            spans.append(span)
    return conflicting


def use_saved_paths(apps, schema_editor):
    schema_editor.execute(
        f"""
        UPDATE sessions_app_entry
        SET path = {NEW_PATH}, role = CASE WHEN category = 'original_video' THEN 'source' ELSE role END
        WHERE origin <> '' OR category = 'original_video'
        """
    )
    check_foreign_keys(schema_editor)


def check_foreign_keys(schema_editor):
    """Check deferred constraints now: PostgreSQL alters no table that waits for such checks."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0015_entry_labels_and_facts"),
    ]

    operations = [
        migrations.RunPython(drop_conflicting_origins, migrations.RunPython.noop),
        # Each row's path is unique before and after, but not while one row after the other is changed.
        migrations.RemoveConstraint(model_name="entry", name="entry_added_once_per_version"),
        migrations.RemoveConstraint(model_name="entry", name="entry_path_is_current_once"),
        migrations.RunPython(use_saved_paths, migrations.RunPython.noop),
        migrations.RemoveField(model_name="entry", name="origin"),
        migrations.AlterField(
            model_name="entry",
            name="path",
            field=models.CharField(help_text="Path in the saved folder.", max_length=1024),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                fields=("session", "path", "added_in"), name="entry_added_once_per_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_in__isnull", True)),
                fields=("session", "path"),
                name="entry_path_is_current_once",
            ),
        ),
    ]

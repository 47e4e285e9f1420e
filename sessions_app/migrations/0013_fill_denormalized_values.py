"""Fill the denormalized values and the search index from the rows that exist.

Set-based where possible: one statement for all sessions. File groups follow from the entries' ranges of versions, so they are added up per session
in one pass over the grouped entries.
"""

import json
from itertools import groupby

from django.db import migrations

ROWS_PER_STATEMENT = 2000
TAG_LENGTH = 35


def fill_sessions(apps, schema_editor):
    schema_editor.execute(
        """
        UPDATE sessions_app_dubbingsession SET
            total_size = (SELECT total_size FROM sessions_app_version WHERE id = current_id),
            stage = (SELECT stage FROM sessions_app_version WHERE id = current_id)
        WHERE current_id IS NOT NULL
        """
    )


def fill_totals(apps, schema_editor):
    schema_editor.execute(
        """
        INSERT INTO sessions_app_ownertotals (owner_id, session_count, stored_size)
        SELECT session.owner_id, SUM(CASE WHEN session.trashed_at IS NULL THEN 1 ELSE 0 END), COALESCE(SUM(stored.size), 0)
        FROM sessions_app_dubbingsession session
        LEFT JOIN (SELECT session_id, SUM(stored_size) AS size FROM sessions_app_version GROUP BY session_id) stored
            ON stored.session_id = session.id AND session.deleted_at IS NULL
        GROUP BY session.owner_id
        """
    )


def fill_texts(apps, schema_editor):
    newline = "chr(10)" if schema_editor.connection.vendor == "postgresql" else "char(10)"
    schema_editor.execute(
        f"""
        INSERT INTO sessions_app_sessiontext (id, session_id, text)
        SELECT (CAST(session.owner_id AS bigint) << 32) | session.id, session.id,
            session.folded_name || {newline} || COALESCE(version.folded_video_name, '')
        FROM sessions_app_dubbingsession session
        LEFT JOIN sessions_app_version version ON version.id = session.current_id
        ORDER BY 1
        """
    )


def fill_languages(apps, schema_editor):
    sessions = apps.get_model("sessions_app", "DubbingSession").objects
    rows = sessions.filter(trashed_at__isnull=True, current__isnull=False).exclude(current__language_tags="")
    languages = apps.get_model("sessions_app", "SessionLanguage")
    batch = []
    for pk, owner, tags in rows.values_list("pk", "owner_id", "current__language_tags").iterator():
        folded = {tag.casefold(): tag for tag in reversed(tags.split()) if len(tag) <= TAG_LENGTH}
        batch += [
            languages(session_id=pk, owner_id=owner, folded_tag=key, tag=tag) for key, tag in folded.items()
        ]
        if len(batch) >= ROWS_PER_STATEMENT:
            languages.objects.bulk_create(batch, batch_size=ROWS_PER_STATEMENT)
            batch = []
    languages.objects.bulk_create(batch, batch_size=ROWS_PER_STATEMENT)


def fill_versions(apps, schema_editor):
    connection = schema_editor.connection
    groups = read(
        connection,
        """
        SELECT entry.session_id, entry.added_in, entry.removed_in, entry.category, entry.language, COUNT(*), SUM(blob.size)
        FROM sessions_app_entry entry JOIN sessions_app_blob blob ON blob.id = entry.blob_id
        GROUP BY 1, 2, 3, 4, 5 ORDER BY 1
        """,
    )
    blobs = read(
        connection,
        """
        SELECT session_id, first, COUNT(*) FROM (
            SELECT session_id, blob_id, MIN(added_in) AS first FROM sessions_app_entry GROUP BY session_id, blob_id
        ) AS added GROUP BY 1, 2 ORDER BY 1
        """,
    )
    versions = read(
        connection,
        "SELECT session_id, number, id, stored_size FROM sessions_app_version ORDER BY session_id, number",
    )
    grouped_entries = {key: list(rows) for key, rows in groupby(groups, key=first)}
    grouped_blobs = {key: {number: count for _, number, count in rows} for key, rows in groupby(blobs, key=first)}
    updates = []
    for session, rows in groupby(versions, key=first):
        updates += count_versions(list(rows), grouped_entries.get(session, []), grouped_blobs.get(session, {}))
    cast = "%s::jsonb" if connection.vendor == "postgresql" else "%s"
    statement = (
        f"UPDATE sessions_app_version SET file_groups = {cast}, history_size = %s, history_blob_count = %s WHERE id = %s"
    )
    with connection.cursor() as cursor:
        for start in range(0, len(updates), ROWS_PER_STATEMENT):
            cursor.executemany(statement, updates[start : start + ROWS_PER_STATEMENT])


def read(connection, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def first(row):
    return row[0]


def count_versions(versions, entries, blobs):
    """Return file groups, history size, number of blobs in the history and id of each version of a session."""
    changes = {}
    for _, added_in, removed_in, category, language, files, size in entries:
        changes.setdefault(added_in, []).append(((category, language), files, int(size)))
        if removed_in is not None:
            changes.setdefault(removed_in, []).append(((category, language), -files, -int(size)))
    groups, history_size, blob_count, updates = {}, 0, 0, []
    for _, number, pk, stored_size in versions:
        for key, files, size in changes.get(number, ()):
            old_files, old_size = groups.get(key, (0, 0))
            groups[key] = (old_files + files, old_size + size)
        history_size += stored_size
        blob_count += blobs.get(number, 0)
        counted = [[*key, files, size] for key, (files, size) in sorted(groups.items()) if files]
        updates.append((json.dumps(counted), history_size, blob_count, pk))
    return updates


def empty(apps, schema_editor):
    """Delete what was filled, so that the migration can run again."""
    for table in ("ownertotals", "sessionlanguage", "sessiontext"):
        schema_editor.execute(f"DELETE FROM sessions_app_{table}")


class Migration(migrations.Migration):

    dependencies = [("sessions_app", "0012_denormalized_values_and_search")]

    operations = [
        migrations.RunPython(fill_sessions, migrations.RunPython.noop),
        migrations.RunPython(fill_totals, empty),
        migrations.RunPython(fill_texts, migrations.RunPython.noop),
        migrations.RunPython(fill_languages, migrations.RunPython.noop),
        migrations.RunPython(fill_versions, migrations.RunPython.noop),
    ]

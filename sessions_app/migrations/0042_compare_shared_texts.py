"""Each language of a shared file is compared by its own lines: the worker fills versions of sessions with such files again."""

from django.db import migrations

SESSIONS_PER_STEP = 500


def let_texts_be_compared(apps, schema_editor):
    timelines = apps.get_model("sessions_app", "BlobTimeline").objects
    shared = timelines.filter(summary__1__isnull=False).values("blob_id")
    entries = apps.get_model("sessions_app", "Entry").objects.filter(blob_id__in=shared)
    ids = list(entries.order_by("session_id").values_list("session_id", flat=True).distinct())
    for start in range(0, len(ids), SESSIONS_PER_STEP):
        step = ids[start : start + SESSIONS_PER_STEP]
        apps.get_model("sessions_app", "Version").objects.filter(session_id__in=step).update(texts_digest="")
        sessions = apps.get_model("sessions_app", "DubbingSession").objects
        sessions.filter(pk__in=step, current__isnull=False).update(has_unread_texts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0041_count_listed_sessions"),
    ]

    operations = [
        migrations.RunPython(let_texts_be_compared, migrations.RunPython.noop),
    ]

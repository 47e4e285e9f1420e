"""Light copies have a worker and a mark of their own; sessions that lacked derivatives may lack copies."""

from django.db import migrations, models


def mark_missing(apps, schema_editor):
    sessions = apps.get_model("sessions_app", "DubbingSession").objects
    sessions.filter(has_missing_derivatives=True).update(has_missing_proxies=True)
    apps.get_model("sessions_app", "Worker").objects.filter(performs_jobs=False).update(reads_media=True)


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0037_preferences"),
    ]

    operations = [
        migrations.AddField(
            model_name="dubbingsession",
            name="has_missing_proxies",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Whether light copies may be missing of videos that browsers do not play.",
            ),
        ),
        migrations.AddField(
            model_name="worker",
            name="makes_proxies",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Whether it makes light copies of videos."
            ),
        ),
        migrations.AddField(
            model_name="worker",
            name="reads_media",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether it reads media and makes posters, waveforms and others.",
            ),
        ),
        migrations.AlterField(
            model_name="worker",
            name="performs_jobs",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Whether it performs jobs, or only works on media.",
            ),
        ),
        migrations.AddIndex(
            model_name="dubbingsession",
            index=models.Index(
                condition=models.Q(("has_missing_proxies", True)), fields=["id"], name="session_missing_proxies"
            ),
        ),
        migrations.RunPython(mark_missing, migrations.RunPython.noop),
    ]

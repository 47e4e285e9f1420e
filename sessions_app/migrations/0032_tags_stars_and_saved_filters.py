"""Tags, stars and saved filters; columns of sessions for the filter of stale results and the order by length."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Max, Q, TextField
from django.db.models.functions import Cast

ROWS_PER_STATEMENT = 500
LIVE = Q(trashed_at__isnull=True)


def fill_stale(apps, schema_editor):
    sessions = apps.get_model("sessions_app", "DubbingSession").objects
    # Few rows contain the word, and it could be a language.
    rows = sessions.alias(cells=Cast("current__matrix", TextField())).filter(cells__contains='"stale"')
    stale = [
        pk
        for pk, matrix in rows.values_list("pk", "current__matrix").iterator()
        if any("stale" in cell for cells in matrix.get("cells", {}).values() for cell in cells.values())
    ]
    for start in range(0, len(stale), ROWS_PER_STATEMENT):
        sessions.filter(pk__in=stale[start : start + ROWS_PER_STATEMENT]).update(has_stale=True)


def fill_durations(apps, schema_editor):
    sessions = apps.get_model("sessions_app", "DubbingSession").objects
    rows = apps.get_model("sessions_app", "Entry").objects.filter(
        removed_in__isnull=True,
        category__in=["original_video", "audio", "final_videos", "mixed_videos"],
        blob__media__duration_ms__isnull=False,
    )
    source = Q(category="original_video", role__in=["", "source"])
    found = rows.values("session").annotate(
        source=Max("blob__media__duration_ms", filter=source), longest=Max("blob__media__duration_ms")
    )
    for row in found.order_by().iterator():
        sessions.filter(pk=row["session"]).update(duration_ms=row["source"] or row["longest"])


def user_key():
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=django.db.models.deletion.CASCADE, related_name="+", db_index=False
    )


def key():
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def session_key(related_name):
    return models.ForeignKey(
        "sessions_app.dubbingsession", on_delete=django.db.models.deletion.CASCADE, related_name=related_name
    )


def folded_name(length):
    return models.CharField(max_length=length, help_text="Name in the form used for comparison: NFC, casefolded.")


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0031_progress_with_media_facts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="dubbingsession",
            name="duration_ms",
            field=models.PositiveBigIntegerField(
                db_default=0,
                default=0,
                editable=False,
                help_text="Length of the source video; 0 if it is unknown.",
            ),
        ),
        migrations.AddField(
            model_name="dubbingsession",
            name="has_stale",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Whether results must be made again, because their inputs changed.",
            ),
        ),
        migrations.AddIndex(
            model_name="dubbingsession",
            index=models.Index(
                condition=LIVE, fields=["owner", "-duration_ms", "-id"], name="session_list_duration"
            ),
        ),
        migrations.AddIndex(
            model_name="dubbingsession",
            index=models.Index(
                condition=Q(trashed_at__isnull=True, has_stale=True),
                fields=["owner", "-last_updated", "-id"],
                name="session_list_stale",
            ),
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", key()),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=50)),
                ("folded_name", folded_name(150)),
                ("owner", user_key()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["owner", "folded_name"], name="tag_name_is_unique"),
                    models.CheckConstraint(condition=~Q(name=""), name="tag_has_a_name"),
                ]
            },
        ),
        migrations.CreateModel(
            name="SessionTag",
            fields=[
                ("id", key()),
                ("session", session_key("tag_rows")),
                (
                    "tag",
                    models.ForeignKey(
                        "sessions_app.tag",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="session_rows",
                        db_index=False,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["tag", "session"], name="session_tag_is_unique")
                ]
            },
        ),
        migrations.CreateModel(
            name="Star",
            fields=[("id", key()), ("session", session_key("stars")), ("user", user_key())],
            options={
                "constraints": [models.UniqueConstraint(fields=["user", "session"], name="star_is_unique")]
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", key()),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("folded_name", folded_name(180)),
                (
                    "query",
                    models.CharField(
                        max_length=1000,
                        help_text="As in the address of the list, such as `stage=dubbed&q=talk`.",
                    ),
                ),
                ("owner", user_key()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["owner", "folded_name"], name="saved_filter_name_is_unique"
                    ),
                    models.CheckConstraint(condition=~Q(name=""), name="saved_filter_has_a_name"),
                ]
            },
        ),
        migrations.RunPython(fill_stale, migrations.RunPython.noop),
        migrations.RunPython(fill_durations, migrations.RunPython.noop),
    ]

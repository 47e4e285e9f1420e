from django.db import migrations, models

MTIME_HELP = "Last modification in nanoseconds since 1970; empty if unknown."


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0014_digests_of_received_bytes"),
    ]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="role",
            field=models.CharField(
                blank=True, help_text="Use of the file within its category.", max_length=20
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="labeled_by",
            field=models.CharField(
                choices=[("recognizer", "recognizer"), ("person", "person")],
                default="recognizer",
                help_text="Who set category, language and role.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="is_executable",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="entry",
            name="mtime_ns",
            field=models.BigIntegerField(blank=True, help_text=MTIME_HELP, null=True),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(("labeled_by__in", ["recognizer", "person"])),
                name="entry_label_author_is_known",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="is_executable",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="upload",
            name="mtime_ns",
            field=models.BigIntegerField(blank=True, help_text=MTIME_HELP, null=True),
        ),
        migrations.AlterField(
            model_name="upload",
            name="members",
            field=models.JSONField(
                blank=True,
                help_text="Files of a pack in order: path, size, sha256, executable, mtime_ns.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="version",
            name="empty_folders",
            field=models.JSONField(
                blank=True, default=list, help_text="Paths of folders without files in the saved folder."
            ),
        ),
    ]

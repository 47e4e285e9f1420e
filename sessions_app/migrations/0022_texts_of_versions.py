"""Texts of versions that their files contain; filled by the worker or by `parse_texts`."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0021_blob_timelines"),
    ]

    operations = [
        migrations.AddField(
            model_name="version",
            name="texts",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Texts of the files that the document has no own ones for.",
            ),
        ),
        migrations.AddField(
            model_name="version",
            name="texts_digest",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Of `texts`; empty until the files were read.",
                max_length=16,
            ),
            preserve_default=False,
        ),
    ]

"""Whether the progress of a version was computed with the facts of its media; that of today was not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0030_media_facts"),
    ]

    operations = [
        migrations.AddField(
            model_name="version",
            name="has_media_facts",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether progress was computed with the facts of all its media.",
            ),
        ),
    ]

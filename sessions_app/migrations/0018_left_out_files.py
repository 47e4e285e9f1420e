from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0017_version_changes"),
    ]

    operations = [
        migrations.AddField(
            model_name="version",
            name="left_out",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Number and first names of files that the save left out, because no session can represent them.",
            ),
        ),
    ]

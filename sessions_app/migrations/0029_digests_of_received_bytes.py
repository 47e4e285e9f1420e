"""Uploads with the digests of their bytes, computed when their parts are joined."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0028_text_chunks")]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="received_sha256",
            field=models.CharField(
                blank=True,
                default="",
                help_text="SHA-256 of the received bytes; empty if the job has to compute it.",
                max_length=64,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="upload",
            name="received_crc32",
            field=models.PositiveBigIntegerField(
                default=0, help_text="CRC-32 of the received bytes, with their SHA-256."
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sessions_app', '0013_fill_denormalized_values'),
    ]

    operations = [
        migrations.AddField(
            model_name='upload',
            name='computed_crc32',
            field=models.PositiveBigIntegerField(blank=True, help_text='Computed together with the SHA-256.', null=True),
        ),
        migrations.AddField(
            model_name='upload',
            name='computed_sha256',
            field=models.CharField(blank=True, db_default='', default='', help_text='Computed by the server while the parts arrived; empty if a job has to compute it.', max_length=64),
        ),
    ]

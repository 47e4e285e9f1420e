from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('sessions_app', '0019_progress_by_language'),
    ]

    operations = [
        migrations.RemoveField(model_name='upload', name='computed_crc32'),
        migrations.RemoveField(model_name='upload', name='computed_sha256'),
    ]

"""Rename Hold to Pin, KeptAnswer to IdempotencyRecord, the job kind "check" to "preview", a few columns, and keys of job results."""

import django.db.models.deletion
from django.db import migrations, models

MODELS = (("hold", "hold"), ("pin", "pin")), (("keptanswer", "kept answer"), ("idempotencyrecord", "idempotency record"))
"""Model and verbose names, old and new. RenameModel renames content types but not the permissions of their models."""

JOB_KINDS = {"check": "preview"}
RESULT_KEYS = {"stored_bytes": "stored_size", "wanted_name": "requested_name"}
"""Keys of job results, also of the sessions in them, old and new. Pages show jobs of any age."""
ERROR_CODES = {"uploads_gone": "uploads_deleted"}
ROWS_PER_STATEMENT = 500


def rename_in_jobs(kinds, keys, codes):
    """PostgreSQL refuses to alter a table one of whose rows was updated twice in the transaction, hence one update for all."""

    def rename(result):
        renamed = {keys.get(key, key): value for key, value in result.items()}
        if isinstance(renamed.get("sessions"), list):
            renamed["sessions"] = [rename(session) for session in renamed["sessions"]]
        return renamed

    def update(apps, schema_editor):
        jobs = apps.get_model("sessions_app", "Job").objects.order_by("pk")
        pks = list(jobs.values_list("pk", flat=True))
        for start in range(0, len(pks), ROWS_PER_STATEMENT):
            batch = list(jobs.filter(pk__in=pks[start : start + ROWS_PER_STATEMENT]))
            for job in batch:
                job.kind = kinds.get(job.kind, job.kind)
                job.error_code = codes.get(job.error_code, job.error_code)
                job.result = rename(job.result)
            jobs.bulk_update(batch, ["kind", "error_code", "result"], batch_size=ROWS_PER_STATEMENT)

    return update


def reverse(names):
    return {new: old for old, new in names.items()}


def rename_permissions(pairs):
    def update(apps, schema_editor):
        permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="sessions_app")
        for (old, _), (new, verbose_name) in pairs:
            for action in ("add", "change", "delete", "view"):
                permissions.filter(codename=f"{action}_{old}").update(
                    codename=f"{action}_{new}", name=f"Can {action} {verbose_name}"
                )

    return update


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('sessions_app', '0004_packs_and_origins'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='job',
            name='job_kind_is_known',
        ),
        migrations.RemoveConstraint(
            model_name='upload',
            name='upload_not_more_than_announced',
        ),
        migrations.RemoveConstraint(
            model_name='hold',
            name='hold_once_per_job',
        ),
        migrations.RemoveConstraint(
            model_name='keptanswer',
            name='answer_kept_once_per_key',
        ),
        migrations.RemoveConstraint(
            model_name='keptanswer',
            name='answer_is_a_success',
        ),
        migrations.RemoveIndex(
            model_name='keptanswer',
            name='answer_age',
        ),
        migrations.RemoveIndex(
            model_name='blob',
            name='blob_condemned',
        ),
        migrations.RemoveIndex(
            model_name='upload',
            name='upload_content',
        ),
        migrations.RenameModel(old_name='Hold', new_name='Pin'),
        migrations.RenameModel(old_name='KeptAnswer', new_name='IdempotencyRecord'),
        migrations.RenameField(model_name='blob', old_name='condemned_at', new_name='unreferenced_since'),
        migrations.RenameField(model_name='upload', old_name='content', new_name='identity'),
        migrations.RenameField(model_name='version', old_name='created_elsewhere_by', new_name='original_author'),
        migrations.RunPython(
            rename_permissions(MODELS), rename_permissions([(new, old) for old, new in MODELS])
        ),
        migrations.AlterField(
            model_name='blob',
            name='unreferenced_since',
            field=models.DateTimeField(blank=True, help_text='When garbage collection first found the blob without references.', null=True),
        ),
        migrations.AlterField(
            model_name='upload',
            name='identity',
            field=models.CharField(blank=True, help_text='SHA-256 of the declared contents, by which a client finds an upload to resume.', max_length=64),
        ),
        migrations.AlterField(
            model_name='version',
            name='original_author',
            field=models.CharField(blank=True, help_text='Author in the portal that the version was imported from.', max_length=150),
        ),
        migrations.AlterField(
            model_name='pin',
            name='blob',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pins', to='sessions_app.blob'),
        ),
        migrations.AlterField(
            model_name='pin',
            name='job',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pins', to='sessions_app.job'),
        ),
        migrations.AlterField(
            model_name='idempotencyrecord',
            name='key',
            field=models.CharField(help_text='Idempotency-Key of the request, chosen by the client.', max_length=255),
        ),
        migrations.AlterField(
            model_name='idempotencyrecord',
            name='status',
            field=models.PositiveSmallIntegerField(help_text='HTTP status of the response.'),
        ),
        migrations.AlterField(
            model_name='idempotencyrecord',
            name='location',
            field=models.CharField(blank=True, help_text='Location header of the response.', max_length=255),
        ),
        migrations.AlterField(
            model_name='idempotencyrecord',
            name='body',
            field=models.TextField(help_text='JSON body of the response.'),
        ),
        migrations.AlterField(
            model_name='accesstoken',
            name='name',
            field=models.CharField(help_text='Device or program that uses the token.', max_length=100),
        ),
        migrations.AlterField(
            model_name='accesstoken',
            name='prefix',
            field=models.CharField(help_text='First characters of the token, for identification.', max_length=16),
        ),
        migrations.AlterField(
            model_name='dubbingsession',
            name='folded_name',
            field=models.CharField(editable=False, help_text='Name in the form used for comparison: NFC, casefolded.', max_length=360),
        ),
        migrations.AlterField(
            model_name='entry',
            name='origin',
            field=models.CharField(blank=True, help_text='Path in the folder that the file was saved from, where it differs from `path`.', max_length=1024),
        ),
        migrations.AlterField(
            model_name='export',
            name='key',
            field=models.CharField(help_text='Key of the object in the store.', max_length=255, unique=True),
        ),
        migrations.AlterField(
            model_name='export',
            name='removed_at',
            field=models.DateTimeField(blank=True, help_text='When the bytes were deleted.', null=True),
        ),
        migrations.AlterField(
            model_name='export',
            name='selection',
            field=models.JSONField(blank=True, default=dict, help_text='Exported part of the version; empty for the whole.'),
        ),
        migrations.AlterField(
            model_name='job',
            name='attempt',
            field=models.PositiveIntegerField(default=0, help_text='Fencing token, incremented at every start.'),
        ),
        migrations.AlterField(
            model_name='job',
            name='error_detail',
            field=models.TextField(blank=True, help_text='Class and traceback for operators.'),
        ),
        migrations.AlterField(
            model_name='job',
            name='error_message',
            field=models.TextField(blank=True, help_text='Sentence for the user.'),
        ),
        migrations.AlterField(
            model_name='job',
            name='kind',
            field=models.CharField(choices=[('save', 'Save'), ('import', 'Import'), ('export', 'Export'), ('preview', 'Import preview')], max_length=10),
        ),
        migrations.AlterField(
            model_name='share',
            name='note',
            field=models.CharField(blank=True, help_text='Recipient or purpose.', max_length=200),
        ),
        migrations.AlterField(
            model_name='upload',
            name='blob',
            field=models.ForeignKey(blank=True, help_text='Set when a job has hashed the bytes.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='uploads', to='sessions_app.blob'),
        ),
        migrations.AlterField(
            model_name='upload',
            name='members',
            field=models.JSONField(blank=True, help_text='Files of a pack in order: path, size, sha256.', null=True),
        ),
        migrations.AlterField(
            model_name='upload',
            name='path',
            field=models.CharField(blank=True, help_text='Path as sent by the client; empty for a pack.', max_length=1024),
        ),
        migrations.AlterField(
            model_name='upload',
            name='sha256',
            field=models.CharField(blank=True, help_text='As declared by the client; the server computes its own.', max_length=64),
        ),
        migrations.AlterField(
            model_name='upload',
            name='size',
            field=models.PositiveBigIntegerField(help_text='In bytes, as declared by the client.'),
        ),
        migrations.AlterField(
            model_name='upload',
            name='store_id',
            field=models.CharField(blank=True, help_text='Id of the multipart upload in the store.', max_length=1024),
        ),
        migrations.AlterField(
            model_name='version',
            name='document',
            field=models.TextField(help_text='metadata.json with paths relative to the session, as JSON text to preserve order.'),
        ),
        migrations.AlterField(
            model_name='version',
            name='folded_video_name',
            field=models.CharField(blank=True, help_text='Video name in the form used for comparison.', max_length=765),
        ),
        migrations.AlterField(
            model_name='version',
            name='language_tags',
            field=models.CharField(blank=True, help_text='BCP-47 tags, each surrounded by spaces.', max_length=2000),
        ),
        migrations.AlterField(
            model_name='version',
            name='restored_from',
            field=models.PositiveIntegerField(blank=True, help_text='Number of the restored version.', null=True),
        ),
        migrations.AlterField(
            model_name='version',
            name='stored_size',
            field=models.PositiveBigIntegerField(help_text='Bytes of blobs that earlier versions of the session do not have.'),
        ),
        migrations.RunPython(
            rename_in_jobs(JOB_KINDS, RESULT_KEYS, ERROR_CODES),
            rename_in_jobs(reverse(JOB_KINDS), reverse(RESULT_KEYS), reverse(ERROR_CODES)),
        ),
        migrations.AddIndex(
            model_name='blob',
            index=models.Index(condition=models.Q(('unreferenced_since__isnull', False)), fields=['unreferenced_since'], name='blob_unreferenced'),
        ),
        migrations.AddIndex(
            model_name='upload',
            index=models.Index(condition=models.Q(('identity', ''), _negated=True), fields=['owner', 'identity'], name='upload_identity'),
        ),
        migrations.AddConstraint(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['save', 'import', 'export', 'preview'])), name='job_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(('received__lte', models.F('size'))), name='upload_received_within_size'),
        ),
        migrations.AddIndex(
            model_name='idempotencyrecord',
            index=models.Index(fields=['created_at'], name='idempotency_age'),
        ),
        migrations.AddConstraint(
            model_name='idempotencyrecord',
            constraint=models.UniqueConstraint(fields=('owner', 'key'), name='idempotency_key_is_unique_per_owner'),
        ),
        migrations.AddConstraint(
            model_name='idempotencyrecord',
            constraint=models.CheckConstraint(condition=models.Q(('status__gte', 200), ('status__lt', 300)), name='idempotency_status_is_success'),
        ),
        migrations.AddConstraint(
            model_name='pin',
            constraint=models.UniqueConstraint(fields=('job', 'blob'), name='pin_is_unique_per_job'),
        ),
    ]

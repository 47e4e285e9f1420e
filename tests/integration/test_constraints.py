"""Constraints of the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, models, transaction

from sessions_app.models import (
    AccessToken,
    Blob,
    CurrentText,
    Derivative,
    DubbingSession,
    Entry,
    Export,
    IdempotencyRecord,
    Job,
    Measurement,
    Pin,
    SavedFilter,
    SessionLanguage,
    SessionTag,
    Star,
    Tag,
    Upload,
    Version,
)
from tests.integration.sketches import (
    blob_of,
    current_of,
    now,
    sketch_export,
    sketch_job,
    sketch_session,
    sketch_token,
)
from tests.world import World


@dataclass
class Rows:
    """One valid row of each model."""

    world: World
    session: DubbingSession
    version: Version
    entry: Entry
    blob: Blob
    job: Job
    export: Export
    pin: Pin
    upload: Upload
    token: AccessToken
    idempotency_record: IdempotencyRecord


@pytest.fixture
def rows(db: None) -> Rows:
    world = World.create()
    session = sketch_session(world.alice)
    job = sketch_job(session)
    blob = blob_of(b"another")
    return Rows(
        world=world,
        session=session,
        version=current_of(session),
        entry=Entry.objects.filter(session=session).earliest("pk"),
        blob=blob,
        job=job,
        export=sketch_export(session),
        pin=Pin.objects.create(job=job, blob=blob),
        upload=Upload.objects.create(
            owner=world.alice, path="a.wav", size=10, created_at=now(), expires_at=now()
        ),
        token=sketch_token(world.alice).token,
        idempotency_record=IdempotencyRecord.objects.create(
            owner=world.alice, key="k-1", fingerprint="0" * 64, status=201, body="{}", created_at=now()
        ),
    )


def change(row: models.Model, **fields: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**fields)


def duplicate(row: models.Model, **fields: Any) -> None:
    """Insert a copy of the row with other fields."""
    values = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key and field.name != "code"
    }
    type(row)._default_manager.create(**{**values, **fields})


CASES: dict[str, Callable[[Rows], object]] = {
    "idempotency_key_is_unique_per_owner": lambda rows: duplicate(rows.idempotency_record),
    "idempotency_status_is_success": lambda rows: change(rows.idempotency_record, status=404),
    "blob_crc32_has_32_bits": lambda rows: change(rows.blob, crc32=2**32),
    "blob_state_is_known": lambda rows: change(rows.blob, state="lost"),
    "derivative_is_unique": lambda rows: [sketch_derivative(rows.blob) for _ in range(2)],
    "derivative_has_one_place": lambda rows: change(sketch_derivative(rows.blob), blob=rows.blob),
    "entry_added_once_per_version": lambda rows: duplicate(rows.entry, removed_in=2),
    "entry_path_is_current_once": lambda rows: duplicate(rows.entry, added_in=2),
    "entry_added_in_a_version": lambda rows: change(rows.entry, added_in=0),
    "entry_removed_after_added": lambda rows: change(rows.entry, removed_in=1),
    "entry_category_is_known": lambda rows: change(rows.entry, category="videos"),
    "entry_label_author_is_known": lambda rows: change(rows.entry, labeled_by="program"),
    "export_has_bytes": lambda rows: change(rows.export, size=0),
    "pin_is_unique_per_job": lambda rows: duplicate(rows.pin),
    "job_state_is_known": lambda rows: change(rows.job, state="paused"),
    "job_kind_is_known": lambda rows: change(rows.job, kind="dub"),
    "job_running_has_a_lease": lambda rows: change(rows.job, state="running"),
    "job_finished_has_a_time": lambda rows: change(rows.job, state="succeeded"),
    "session_name_is_free": lambda rows: duplicate(rows.session),
    "session_has_a_name": lambda rows: change(rows.session, name=""),
    "current_text_is_unique": lambda rows: add_text_twice(rows.entry),
    "session_language_is_unique": lambda rows: add_language_twice(rows.session),
    "session_tag_is_unique": lambda rows: duplicate(
        SessionTag.objects.create(tag=sketch_tag(rows.world.alice), session=rows.session)
    ),
    "tag_name_is_unique": lambda rows: [sketch_tag(rows.world.alice) for _ in range(2)],
    "tag_has_a_name": lambda rows: change(sketch_tag(rows.world.alice), name=""),
    "star_is_unique": lambda rows: duplicate(
        Star.objects.create(user=rows.world.alice, session=rows.session)
    ),
    "saved_filter_name_is_unique": lambda rows: [sketch_filter(rows.world.alice) for _ in range(2)],
    "saved_filter_has_a_name": lambda rows: change(sketch_filter(rows.world.alice), name=""),
    "token_scope_is_known": lambda rows: change(rows.token, scope="all"),
    "upload_received_within_size": lambda rows: change(rows.upload, received=11),
    "upload_state_is_known": lambda rows: change(rows.upload, state="lost"),
    "upload_received_is_complete": lambda rows: change(rows.upload, state="received"),
    "measurement_is_unique": lambda _: measure_twice(),
    "version_number_is_unique": lambda rows: duplicate(rows.version),
    "version_numbers_start_at_1": lambda rows: change(rows.version, number=0),
    "version_stage_is_known": lambda rows: change(rows.version, stage="unknown"),
}


def sketch_derivative(blob: Blob) -> Derivative:
    return Derivative.objects.create(
        source=blob, kind="poster", maker_version=1, content=b"RIFF", size=4, made_at=now()
    )


def sketch_tag(owner: User) -> Tag:
    return Tag.objects.create(owner=owner, name="Urgent", folded_name="urgent")


def sketch_filter(owner: User) -> SavedFilter:
    return SavedFilter.objects.create(owner=owner, name="Mine", folded_name="mine", query="q=talk")


def measure_twice() -> None:
    for _ in range(2):
        Measurement.objects.create(name="blobs", value=1, measured_at=now())


def add_language_twice(session: DubbingSession) -> None:
    for _ in range(2):
        SessionLanguage.objects.create(session=session, owner=session.owner, folded_tag="mi", tag="mi")


def add_text_twice(entry: Entry) -> None:
    for path in ("a.srt", "b.srt"):
        copy = Entry.objects.create(
            session=entry.session, path=path, blob=entry.blob, category=entry.category, added_in=1
        )
        CurrentText.objects.create(entry=copy, session=entry.session, blob=entry.blob)


def test_every_constraint_is_tested_here():
    names = {
        constraint.name
        for model in apps.get_app_config("sessions_app").get_models()
        for constraint in model._meta.constraints
    }

    assert names == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_violation_is_refused(rows: Rows, name: str):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        CASES[name](rows)

    message = str(error.value)
    if name == "job_state_is_known":  # an unknown state violates both constraints; databases name either
        message = message.replace("job_finished_has_a_time", name)
    # SQLite names the columns of a unique constraint rather than the constraint.
    assert name in message or (connection.vendor == "sqlite" and "UNIQUE constraint failed" in message)


def test_a_name_in_the_trash_is_free(rows: Rows):
    duplicate(rows.session, trashed_at=now(), current_id=None)

    assert DubbingSession.objects.filter(folded_name=rows.session.folded_name).count() == 2


def test_a_name_is_free_for_another_owner(rows: Rows):
    duplicate(rows.session, owner_id=rows.world.bob.pk, current_id=None)

    assert DubbingSession.objects.filter(folded_name=rows.session.folded_name).count() == 2


def test_a_finished_job_has_a_time_and_an_unfinished_one_has_none(rows: Rows):
    with pytest.raises(IntegrityError), transaction.atomic():
        change(rows.job, finished_at=now())


def test_referenced_rows_cannot_be_deleted(rows: Rows):
    with pytest.raises(models.ProtectedError):
        rows.entry.blob.delete()
    with pytest.raises(models.ProtectedError):
        rows.blob.delete()
    with pytest.raises(models.ProtectedError):
        rows.world.alice.delete()
    with pytest.raises(models.RestrictedError):
        rows.version.delete()

"""Each stack uses the services of its name, so that no test runs twice on the same ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.db import connection
from storages.backends.s3 import S3Storage

from dubbing_sessions.celery import app


@pytest.mark.django_db
def test_the_database(stack):
    with connection.cursor() as cursor:
        if stack.name == "team":
            cursor.execute("SHOW server_version_num")
            (version,) = cursor.fetchone()
            assert int(version) >= 16_00_00
        else:
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
            assert Path(connection.settings_dict["NAME"]).parent == Path(settings.DATA_DIR)


@pytest.mark.django_db(transaction=True)
def test_threads_see_the_same_database():
    User.objects.create_user("alice")

    def count() -> int:
        try:
            return User.objects.count()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as other:
        assert other.submit(count).result() == 1


def test_the_storage(stack):
    name = default_storage.save("stack/name.txt", ContentFile(stack.name.encode()))

    with default_storage.open(name) as file:
        assert file.read() == stack.name.encode()
    assert isinstance(storages["default"], {"embedded": FileSystemStorage, "team": S3Storage}[stack.name])


def test_the_broker(stack, broker):
    assert broker == app.conf.broker_url
    assert broker.startswith({"embedded": "redis+socket:///", "team": "redis://127.0.0.1:"}[stack.name])
    with app.connection_for_write() as celery:
        celery.ensure_connection(max_retries=1)
        assert celery.connected

"""Content-addressed storage behind the protocols of ``store``."""

from __future__ import annotations

import functools
import os

from django.conf import settings
from django.core.files.storage import storages
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string

from sessions_app.storage.store import BlobStore


@functools.cache
def get_store() -> BlobStore:
    """Return this process's store.

    It is ``BLOB_STORE`` with its options, over the default storage of ``STORAGES``.
    """
    make = import_string(settings.BLOB_STORE)
    store: BlobStore = make(storages["default"], **settings.BLOB_STORE_OPTIONS)
    return store


# A forked worker must not share its parent's connections to the store.
os.register_at_fork(after_in_child=get_store.cache_clear)


@receiver(setting_changed)
def reset_store(*, setting: str, **_: object) -> None:
    if setting in {"BLOB_STORE", "BLOB_STORE_OPTIONS", "MEDIA_ROOT", "STORAGES"}:
        get_store.cache_clear()

"""The Celery application.

Messages contain job ids only; the job's row in the database is the truth.
"""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dubbing_sessions.settings")

app = Celery("dubbing_sessions")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["sessions_app"])

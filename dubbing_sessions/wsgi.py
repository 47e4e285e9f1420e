from __future__ import annotations

import logging
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from dubbing_sessions.env import env_str
from dubbing_sessions.logs import redact_handlers
from dubbing_sessions.metrics_folder import share_metrics_folder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dubbing_sessions.settings")

if env_str("METRICS_TOKEN") or env_str("METRICS_NETWORKS"):
    share_metrics_folder()  # before anything imports prometheus_client
application = get_wsgi_application()
# Paths of requests are in gunicorn's logs, however it was started. Django has configured its own again, if it was set up before.
for name in ("gunicorn.access", "gunicorn.error", *settings.LOGGING["loggers"]):
    redact_handlers(logging.getLogger(name))

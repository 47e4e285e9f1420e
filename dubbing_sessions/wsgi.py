from __future__ import annotations

import logging
import os

from django.core.wsgi import get_wsgi_application

from dubbing_sessions.logs import redact_handlers

# However gunicorn was started: its access and error log contain the paths of requests.
for name in ("gunicorn.access", "gunicorn.error"):
    redact_handlers(logging.getLogger(name))

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dubbing_sessions.settings")

application = get_wsgi_application()

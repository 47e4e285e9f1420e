from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from dubbing_sessions.env import env_str
from dubbing_sessions.logs import redact_web_logs
from dubbing_sessions.metrics_folder import share_metrics_folder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dubbing_sessions.settings")

if env_str("METRICS_TOKEN") or env_str("METRICS_NETWORKS"):
    # Before anything imports prometheus_client; gunicorn's configuration has done so. Of other servers this is a child.
    share_metrics_folder(server_pid=os.getppid())
application = get_wsgi_application()
redact_web_logs()

"""Health checks.

`/healthz`: the process responds. `/readyz`: it can serve pages.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from sessions_app import queue
from sessions_app.http.outages import OUTAGE_RETRY_SECONDS
from sessions_app.models import Worker

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class HealthMiddleware:
    """Middleware that responds to health checks before any other.

    A probe uses the process's own address and plain HTTP, which host checks and redirects to HTTPS would refuse.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response
        self._is_migrated = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match request.path:
            case "/healthz":
                return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})
            case "/readyz":
                return self._readiness()
            case _:
                return self._get_response(request)

    def _readiness(self) -> JsonResponse:
        """Return 503 if no page can be served; without the broker most of them can."""
        database = self._check_database()
        broker = "ok" if queue.is_available() else "unavailable"
        headers = {"Cache-Control": "no-store"}
        checks = {"database": database, "broker": broker}
        if database != "ok":
            status, code = "unavailable", HTTPStatus.SERVICE_UNAVAILABLE
            headers["Retry-After"] = str(OUTAGE_RETRY_SECONDS)
        else:
            status, code = "ok" if broker == "ok" else "degraded", HTTPStatus.OK
            # A portal without is ready: some operators do without facts and previews.
            checks["media"] = "ok" if Worker.objects.is_reading_media() else "no worker"
        return JsonResponse({"status": status, **checks}, status=code, headers=headers)

    def _check_database(self) -> str:
        connection = connections[DEFAULT_DB_ALIAS]
        try:
            connection.close_if_unusable_or_obsolete()
            if not self._is_migrated:  # reading all migrations takes longer than a check may
                executor = MigrationExecutor(connection)
                self._is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error:
            connection.close()
            return "unavailable"
        return "ok" if self._is_migrated else "not migrated"

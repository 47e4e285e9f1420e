"""Prometheus metrics: requests of one server, and figures of the portal."""

from __future__ import annotations

import hmac
import shutil
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from ipaddress import ip_address

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from sessions_app import queue
from sessions_app.http.addresses import client_address
from sessions_app.queries.monitoring import read_figures

GetResponse = Callable[[HttpRequest], HttpResponseBase]

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
REQUESTS_REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "dubbing_http_requests",
    "Responses by route, method and status.",
    ["route", "method", "status"],
    registry=REQUESTS_REGISTRY,
)
SECONDS = Histogram(
    "dubbing_http_request_seconds",
    "Time until a response starts; transfers of bodies are not part of it, uploads are.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
    registry=REQUESTS_REGISTRY,
)


class MetricsMiddleware:
    """Middleware that counts requests, and responds to `/metrics`."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/metrics" and is_enabled():
            return metrics_response(request)
        start = time.perf_counter()
        response = self._get_response(request)
        route = route_of(request)
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        SECONDS.labels(route).observe(time.perf_counter() - start)
        return response


def route_of(request: HttpRequest) -> str:
    """Return the name of the URL pattern.

    Paths contain codes: as labels they would be without limit.
    """
    if request.resolver_match is not None:
        return request.resolver_match.view_name or "unnamed"
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"


def is_enabled() -> bool:
    return bool(settings.METRICS_TOKEN or settings.METRICS_NETWORKS)


def metrics_response(request: HttpRequest) -> HttpResponse:
    """Return all metrics to a caller with the token or from an allowed network."""
    if not _is_allowed(request):
        return HttpResponse(
            "Send METRICS_TOKEN in the header “Authorization: Bearer ...”.",
            content_type="text/plain; charset=utf-8",
            status=HTTPStatus.UNAUTHORIZED,
            headers={"WWW-Authenticate": "Bearer"},
        )
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    parts = [encode(registry) for registry in (_requests_of_all_processes(), _figures())]
    body = b"".join(part.removesuffix(b"# EOF\n") for part in parts)
    if content_type.startswith("application/openmetrics-text"):
        body += b"# EOF\n"
    return HttpResponse(body, content_type=content_type, headers={"Cache-Control": "no-store"})


def _is_allowed(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    address = ip_address(client_address(request))
    return any(address in network for network in settings.METRICS_NETWORKS)


def _requests_of_all_processes() -> CollectorRegistry:
    """Return the requests that the web processes of this server counted."""
    if not settings.METRICS_FOLDER:
        return REQUESTS_REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry, settings.METRICS_FOLDER)  # type: ignore[no-untyped-call]  # ships no types
    return registry


def _figures() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(FiguresCollector())
    return registry


class FiguresCollector(Collector):
    """Figures of the portal, read when they are requested."""

    def collect(self) -> Iterator[Metric]:
        yield _gauge("broker_up", "Whether the broker accepts connections.", float(queue.is_available()))
        if not settings.S3_BUCKET:
            disk = shutil.disk_usage(settings.DATA_DIR)
            yield _gauge("disk_free_bytes", "Free bytes of the disk with the files.", disk.free)
            yield _gauge("disk_bytes", "Size of the disk with the files.", disk.total)
        try:
            figures = list(read_figures(now=timezone.now()))  # noqa: TID251 (the response of a request)
        except Error:
            figures = []
        yield _gauge("database_up", "Whether the database responds.", float(bool(figures)))
        for figure in figures:
            family = CounterMetricFamily if figure.is_counter else GaugeMetricFamily
            metric = family(f"dubbing_{figure.name}", figure.help, labels=figure.labels)
            for labels, value in figure.samples:
                metric.add_metric(labels, value)
            yield metric


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"dubbing_{name}", text, value)

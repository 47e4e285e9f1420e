"""Metrics for Prometheus: who may read them, and what they count."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from sessions_app.models import Job, Measurement, Worker
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.monitoring import COMMIT_DELAY, measure
from tests.integration.sketches import now
from tests.world import PROJECT, World

pytestmark = pytest.mark.either_stack

TOKEN = "a-token-of-the-scraper"


@pytest.fixture
def client(settings: Any) -> Client:
    settings.METRICS_TOKEN = TOKEN
    return Client(raise_request_exception=False)


def read_metrics(client: Client) -> dict[tuple[str, tuple[str, ...]], float]:
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    return {
        (sample.name, tuple(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


@pytest.mark.django_db
@pytest.mark.one_stack
def test_metrics_need_the_token_or_an_allowed_network(client: Client, settings: Any):
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200

    settings.METRICS_NETWORKS = [ip_network("10.0.0.0/8")]
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 401
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="10.0.0.7").status_code == 401
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 200


@pytest.mark.django_db
@pytest.mark.one_stack
def test_there_are_no_metrics_unless_they_are_configured():
    assert Client().get("/metrics").status_code == 404


@pytest.mark.one_stack
def test_requests_are_counted_by_route_method_and_status(world: World, client: Client):
    before = read_metrics(client)

    client.get("/accounts/login/")
    client.get("/api/v1/sessions")
    client.get("/jobs/7d8a7f9e-0000-4000-8000-000000000000/")
    client.get("/no/such/page")

    after = read_metrics(client)
    for labels in (
        ("GET", "account_login", "200"),
        ("GET", "api:list_sessions", "401"),
        ("GET", "job-detail", "302"),
        ("GET", "none", "404"),
    ):
        name = "dubbing_http_requests_total"
        assert after[name, labels] == before.get((name, labels), 0) + 1, labels
    name = "dubbing_http_request_seconds_count"
    assert after[name, ("account_login",)] == before.get((name, ("account_login",)), 0) + 1


def test_jobs_workers_and_the_queue_are_reported(world: World, client: Client):
    version = world.saved(files=PROJECT).current
    assert version is not None
    request_export(version=version, owner=world.alice, now=now() - timedelta(seconds=100))
    Worker.objects.create(name="one@host", processes=3, started_at=now(), seen_at=now())

    metrics = read_metrics(client)

    assert metrics["dubbing_database_up", ()] == 1
    assert metrics["dubbing_broker_up", ()] == 1
    assert metrics["dubbing_jobs", ("export", "queued")] == 1
    assert 99 < metrics["dubbing_queue_age_seconds", ()] < 1000
    assert (metrics["dubbing_workers", ()], metrics["dubbing_worker_processes", ()]) == (1, 3)


def test_work_on_media_is_reported(world: World, client: Client):
    world.saved(files=PROJECT)
    world.start_media_worker()
    assert client.get("/readyz").json()["media"] == "ok"

    metrics = read_metrics(client)

    workers = {labels: value for (name, labels), value in metrics.items() if name == "dubbing_media_workers"}
    lacking = {labels: value for (name, labels), value in metrics.items() if name == "dubbing_media_sessions"}
    assert workers == {("media",): 1, ("proxies",): 0}
    assert lacking == {("facts",): 1, ("previews",): 0, ("proxies",): 0}


def test_each_finished_job_is_counted_once(world: World, client: Client):
    measure(now=world.clock())
    version = world.saved(files=PROJECT).current  # ends one save
    assert version is not None
    world.run(request_export(version=version, owner=world.alice, now=world.clock()))
    for _ in range(3):
        world.clock.forward(seconds=COMMIT_DELAY.total_seconds())
        measure(now=world.clock())

    metrics = read_metrics(client)

    finished = {labels: value for (name, labels), value in metrics.items() if "finished" in name}
    assert finished == {("save", "succeeded"): 1, ("export", "succeeded"): 1}
    assert metrics["dubbing_job_seconds_total", ("export", "succeeded")] >= 0
    assert Job.objects.count() == 2


def test_the_storage_is_measured_every_ten_minutes(world: World, client: Client):
    measure(now=world.clock())
    world.saved(files=PROJECT)
    world.clock.forward(seconds=60)
    measure(now=world.clock())
    assert read_metrics(client)["dubbing_stored_bytes", ()] == 0

    world.clock.forward(seconds=600)
    measure(now=world.clock())

    metrics = read_metrics(client)
    assert metrics["dubbing_stored_blobs", ()] == len(set(PROJECT.values()))
    assert metrics["dubbing_stored_bytes", ()] == sum(map(len, set(PROJECT.values())))
    assert metrics["dubbing_sessions", ()] == 1
    assert Measurement.objects.filter(name="stored_bytes").count() == 1


@pytest.mark.variant
@pytest.mark.one_stack
def test_processes_of_one_server_count_together():
    program = (
        "import dubbing_sessions.wsgi; from django.test import Client\n"
        "client = Client(headers={'Authorization': 'Bearer %s', 'Host': 'localhost'}); client.get('/no/such/page')\n"
        "print(client.get('/metrics').content.decode())"
    )
    environment = {**os.environ, "METRICS_TOKEN": TOKEN}

    counts = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program % TOKEN],
            env=environment,
            cwd=portal_settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=True,
        )
        found = re.search(
            r'^dubbing_http_requests_total\{.*route="none".*\} (.+)$', done.stdout, re.MULTILINE
        )
        assert found is not None, done.stdout
        counts.append(float(found[1]))

    assert counts == [1, 2]

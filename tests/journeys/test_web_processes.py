"""Several web processes: what they share, and what happens when one ends."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.journeys.portal import Portal
from tests.services.processes import Service

pytestmark = pytest.mark.slow

LIMIT = 6


def children_of(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_one_process_reports_the_requests_of_all(portal: Portal):
    settings = {"WEB_PROCESSES": "3", "WEB_THREADS": "16", "METRICS_TOKEN": "a-token-of-the-scraper"}
    with portal.other_web(settings) as (address, service):
        # Kept-alive connections are spread over the processes; with only one a counter could not be incomplete.
        clients = [requests.Session() for _ in range(12)]
        for _ in range(5):
            for client in clients:
                assert client.get(f"{address}/accounts/login/", timeout=60).status_code == 200
        files = list(metrics_folder(service).glob("counter_*.db"))
        counts = {count_sign_in_pages(address) for _ in range(10)}
        os.kill(min(children_of(service.process.pid)), signal.SIGKILL)

        assert len(files) > 1
        assert counts == {60.0}
        portal.wait_for(lambda: count_sign_in_pages(address) == 60.0, condition="nothing is forgotten")


def count_sign_in_pages(address: str) -> float:
    headers = {"Authorization": "Bearer a-token-of-the-scraper", "Connection": "close"}
    response = requests.get(f"{address}/metrics", headers=headers, timeout=60)
    assert response.status_code == 200
    return sum(
        sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
        if sample.name == "dubbing_http_requests_total" and sample.labels["route"] == "account_login"
    )


def metrics_folder(service: Service) -> Path:
    name = f"dubbing-sessions-metrics-{os.getuid()}-{service.process.pid}"
    return Path(tempfile.gettempdir()) / name


def test_processes_share_limits_and_replace_each_other(portal: Portal):
    token = portal.call("create_access_token", owner="alice")
    settings = {"WEB_PROCESSES": "2", "WEB_THREADS": "16", "API_RATE_PER_MINUTE": str(LIMIT)}
    with portal.other_web(settings) as (address, service):
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        url = f"{address}/api/v1/me"
        statuses = [requests.get(url, headers=headers, timeout=60).status_code for _ in range(2 * LIMIT)]
        first = children_of(service.process.pid)
        os.kill(min(first), signal.SIGKILL)

        page = requests.get(f"{address}/accounts/login/", timeout=60)

        assert (statuses.count(200), statuses.count(429)) == (LIMIT, LIMIT)
        assert page.status_code == 200
        portal.wait_for(
            lambda: len(children_of(service.process.pid) - first) == 1, condition="a new web process"
        )

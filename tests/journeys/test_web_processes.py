"""Several web processes: what they share, and what happens when one ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.journeys.portal import Portal

pytestmark = pytest.mark.slow

LIMIT = 6
TOKEN = "a-token-of-the-scraper"
CLOSE = {"Connection": "close"}
"""Each request is on a new connection, so that any process may accept it."""


def children_of(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@pytest.mark.one_stack
def test_one_process_reports_the_requests_of_all(portal: Portal):
    settings = {"WEB_PROCESSES": "3", "WEB_THREADS": "16", "METRICS_TOKEN": TOKEN}
    with portal.other_web(settings) as (address, service):
        requests.get(f"{address}/healthz", timeout=60)
        processes = children_of(service.process.pid)
        for process in processes:
            with paused(processes - {process}):
                for _ in range(2):
                    requests.get(f"{address}/accounts/login/", headers=CLOSE, timeout=60)

        for process in processes:
            with paused(processes - {process}):
                assert count_sign_in_pages(address) == 2 * len(processes)

        os.kill(min(processes), signal.SIGKILL)
        portal.wait_for(
            lambda: len(children_of(service.process.pid) - processes) == 1, condition="a new web process"
        )
        assert count_sign_in_pages(address) == 2 * len(processes)


@contextmanager
def paused(processes: set[int]) -> Iterator[None]:
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def count_sign_in_pages(address: str) -> float:
    headers = {**CLOSE, "Authorization": f"Bearer {TOKEN}"}
    response = requests.get(f"{address}/metrics", headers=headers, timeout=60)
    assert response.status_code == 200
    return sum(
        sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
        if sample.name == "dubbing_http_requests_total" and sample.labels["route"] == "account_login"
    )


@pytest.mark.one_stack
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

"""Several web processes: what they share, and what happens when one ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.journeys.portal import Portal
from tests.services.waits import LIMIT, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.one_stack]

WEB_PROCESSES = 2
RATE = 6
TOKEN = "a-token-of-the-scraper"
CLOSE = {"Connection": "close"}
"""Each request is on a new connection, so that any process may accept it."""


@dataclass(frozen=True)
class Web:
    """A web server of two processes."""

    address: str
    pid: int

    @property
    def processes(self) -> set[int]:
        return {
            int(child) for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        }

    def open_sign_in_page(self) -> requests.Response:
        return requests.get(f"{self.address}/accounts/login/", headers=CLOSE, timeout=LIMIT)

    def count_sign_in_pages(self) -> float:
        """Return the number of requests that the metrics report."""
        headers = {**CLOSE, "Authorization": f"Bearer {TOKEN}"}
        response = requests.get(f"{self.address}/metrics", headers=headers, timeout=LIMIT)
        assert response.status_code == 200
        return sum(
            sample.value
            for family in text_string_to_metric_families(response.text)
            for sample in family.samples
            if sample.name == "dubbing_http_requests_total" and sample.labels["route"] == "account_login"
        )

    def kill_one_process(self, portal: Portal) -> None:
        """Kill a process and wait for its successor."""
        before = self.processes
        os.kill(min(before), signal.SIGKILL)
        portal.wait_for(lambda: len(self.processes - before) == 1, condition="a new web process")


@pytest.fixture(scope="module")
def web(shared_portal: Portal) -> Iterator[Web]:
    settings = {
        "WEB_PROCESSES": str(WEB_PROCESSES),
        "WEB_THREADS": "16",
        "METRICS_TOKEN": TOKEN,
        "API_RATE_PER_MINUTE": str(RATE),
    }
    with shared_portal.other_web(settings) as (address, service):
        web = Web(address, service.process.pid)
        wait_until(lambda: len(web.processes) == WEB_PROCESSES)
        web.open_sign_in_page()
        yield web


def test_one_process_reports_the_requests_of_all(portal: Portal, web: Web):
    processes = web.processes
    before = web.count_sign_in_pages()

    for process in processes:
        with paused(processes - {process}):
            for _ in range(3):
                web.open_sign_in_page()

    for process in processes:
        with paused(processes - {process}):
            assert web.count_sign_in_pages() == before + 3 * len(processes)

    web.kill_one_process(portal)
    assert web.count_sign_in_pages() == before + 3 * len(processes)


@pytest.mark.variant
def test_processes_share_limits_and_replace_each_other(portal: Portal, web: Web):
    headers = {**CLOSE, "Authorization": f"Bearer {portal.call('create_access_token', owner='alice')}"}
    url = f"{web.address}/api/v1/me"

    statuses = [requests.get(url, headers=headers, timeout=LIMIT).status_code for _ in range(2 * RATE)]

    assert (statuses.count(200), statuses.count(429)) == (RATE, RATE)
    web.kill_one_process(portal)
    assert web.open_sign_in_page().status_code == 200


@contextmanager
def paused(processes: set[int]) -> Iterator[None]:
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)

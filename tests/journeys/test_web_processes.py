"""Several web processes: what they share, and what happens when one ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import requests

from tests.journeys.portal import Portal

pytestmark = pytest.mark.slow

LIMIT = 6


def children_of(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


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
